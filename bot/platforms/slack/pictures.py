"""An answer's picture, shown to the channel by whoever asked for it and presses the button."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.cards.richtext import Line, code, line, slash
from bot.errors import ChannelGoneError, PlatformError
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.blocks import SHARE, line_message
from bot.platforms.slack.errors import said
from bot.platforms.slack.events import read_press, workspace_of
from bot.platforms.slack.mrkdwn import mrkdwn
from bot.platforms.slack.replies import CommandReplies
from bot.ports import ChannelRef, Command, Person, Picture
from bot.text import shorten

_LONGEST_ALT = 1000
_NOT_ALLOWED = line(
    "I may not upload pictures in this workspace. Whoever installs Paperround again can allow it (",
    code("files:write"),
    "); what the picture says stands in the answer.",
)
_LOST = line("The picture could not be shown; what it says stands in the answer.")


class Pictures:
    """Uploads an answer's picture to the channel, when its author presses the button for it."""

    def __init__(self, talk: CommandReplies, background: BackgroundTasks) -> None:
        self._talk = talk
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to the button below an answer that has a picture."""
        app.action(SHARE)(self.on_share)

    async def on_share(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """Show everybody in the channel the picture of a command's answer as it is now."""
        await ack()
        command = read_press(body, workspace_of(body, context.team_id))
        if command is not None:
            self._background.begin(self._share(command))

    async def _share(self, command: Command) -> None:
        # A press shows, and changes nothing, whatever its value.
        reply = await self._talk.inbox.command(replace(command, may_change=False))
        if reply.picture is None:
            return
        told = line(
            f"{command.person.name} asked for ", slash(command.text), ". ", reply.picture.alt
        )
        try:
            await self._show(command.channel, reply.picture, told)
        except ChannelGoneError:
            await self._whisper(command.channel, command.person, self._talk.invitation)
        except PlatformError as error:
            if said(error) == "missing_scope":
                await self._whisper(command.channel, command.person, _NOT_ALLOWED)
                return
            await self._whisper(command.channel, command.person, _LOST)
            raise

    async def _show(self, channel: ChannelRef, picture: Picture, text: Line) -> None:
        async with self._talk.chat.speaking(channel) as client:
            await client.files_upload_v2(
                filename=picture.name,
                content=picture.png,
                title=picture.name,
                alt_txt=shorten(picture.alt, _LONGEST_ALT),
                channel=channel.channel,
                initial_comment=mrkdwn(text),
            )

    async def _whisper(self, channel: ChannelRef, person: Person, text: Line) -> None:
        await self._talk.whisper(channel, person.id, line_message(text))
