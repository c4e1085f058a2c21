"""A person's command and its answer: who may change settings, and what the channel is told."""

from dataclasses import replace

import structlog
from slack_sdk.errors import SlackApiError

from bot.cards.richtext import Line, code, line
from bot.errors import ChannelGoneError, PlatformError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import Changers, client_for
from bot.platforms.slack.blocks import Message
from bot.ports import ChannelRef, Command, Inbox, Overview, Person, Reply

log = structlog.get_logger(__name__)


class CommandReplies:
    """Carries commands from Slack's people to the inbox; `guest` is somebody of another company."""

    invitation = line(
        "I cannot post in this channel yet. Type ",
        code("/invite @Paperround"),
        " here, and papers will come.",
    )

    def __init__(self, chat: SlackChat, inbox: Inbox, changers: Changers) -> None:
        self.chat = chat
        self.inbox = inbox
        self._changers = changers

    async def placed(self, command: Command) -> tuple[Command, bool]:
        """The command in the workspace that our token is for, and whether its author is a guest.

        Slack names the author's own workspace, which in a channel shared with another company
        need not be the one that has the app.
        """
        access = await self.chat.keyring.find(command.channel.workspace)
        home = access.workspace if access and not access.organisation else None
        if home in (None, command.channel.workspace):
            return command, False
        there = tuple(
            replace(each, channel=replace(each.channel, workspace=home))
            for each in command.links_to
        )
        place = replace(command.channel, workspace=home)
        return replace(command, channel=place, links_to=there), True

    async def ask(self, command: Command, *, guest: bool = False) -> Reply:
        """The answer to a command, with the platform's word on whether the person may change."""
        allowed = await self.may_change(command.channel, command.person, guest=guest)
        return await self.inbox.command(replace(command, may_change=allowed))

    async def may_change(self, channel: ChannelRef, person: Person, *, guest: bool = False) -> bool:
        """Whether a person may change a channel's shared settings."""
        client = await client_for(self.chat.keyring, self.chat.wire, channel.workspace)
        return await self._changers.may_change(client, person.id, guest=guest)

    async def whisper(self, channel: ChannelRef, person: str, message: Message) -> None:
        """Say something that one person alone sees in a channel; best effort, never raises.

        Where the bot is not in the channel, the person is told in a direct message.
        """
        text, blocks = message.text, message.blocks
        try:
            async with self.chat.speaking(channel) as client:
                try:
                    await client.chat_postEphemeral(
                        channel=channel.channel, user=person, text=text, blocks=blocks
                    )
                except SlackApiError:
                    await client.chat_postMessage(
                        channel=person, text=text, blocks=blocks, unfurl_links=False
                    )
        except PlatformError as error:
            log.info("whisper.lost", channel=str(channel), reason=str(error))

    async def overview(self, channel: ChannelRef) -> Overview:
        """What a channel is set to."""
        return await self.inbox.overview(channel)

    async def announce(self, channel: ChannelRef, reply: Reply) -> Line:
        """Announce a change in the channel; returns a hint where that failed, or ()."""
        if reply.announcement is None:
            return ()
        try:
            await self.chat.announce(channel, reply.announcement)
        except ChannelGoneError:
            return self.invitation
        except PlatformError as error:
            log.warning("announcement.lost", channel=str(channel), reason=str(error))
        return ()
