"""A button that asks for the end of its command: a form of one field, sent as if it were typed."""

import json
import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.blocks import ASK, line_message, reply_messages
from bot.platforms.slack.errors import translated
from bot.platforms.slack.events import read_press, workspace_of
from bot.platforms.slack.manage_form import person_of
from bot.platforms.slack.replies import CommandReplies
from bot.ports import ChannelRef, Command

ASKED = "asked"
"""The callback of the form."""

_FIELD, _LONGEST = "typed", 3000

log = structlog.get_logger(__name__)


def ask_view(asks: str, command: str, channel: str) -> dict[str, Any]:
    """A form with one field, which remembers the command that it ends and the channel's id."""
    field = PlainTextInputElement(
        action_id="value", multiline=True, max_length=_LONGEST, focus_on_load=True
    )
    view = View(
        type="modal",
        callback_id=ASKED,
        title="Paperround",
        submit="Go",
        close="Cancel",
        private_metadata=json.dumps({"channel": channel, "command": command}),
        blocks=[InputBlock(block_id=_FIELD, label=asks, element=field)],
    )
    return view.to_dict()


class AskForms:
    """Opens the form below a button that asks, and runs the command that comes of it."""

    def __init__(self, talk: CommandReplies, background: BackgroundTasks) -> None:
        self._talk = talk
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to the buttons and to the form."""
        app.action(re.compile(rf"^{ASK}_\d+$"))(self.on_press)
        app.view(ASKED)(self.on_sent)

    async def on_press(
        self,
        ack: AsyncAck,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """Open the form for whoever pressed the button."""
        await ack()
        pressed = read_press(body, workspace_of(body, context.team_id))
        if pressed is not None:
            self._background.begin(self._open(client, pressed, str(body.get("trigger_id"))))

    async def on_sent(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """Run the command with what was typed at its end, and answer the person alone."""
        await ack()
        view = body["view"]
        try:
            kept = json.loads(view.get("private_metadata") or "")
            channel, command = str(kept["channel"]), str(kept["command"])
            typed = str(view["state"]["values"][_FIELD]["value"]["value"] or "").strip()
        except (ValueError, KeyError, TypeError):
            log.info("form.unread", view=view.get("id"))
            return
        place = ChannelRef("slack", workspace_of(body, context.team_id), channel)
        wanted = Command(place, person_of(body), f"{command} {typed}".strip())
        self._background.begin(self._run(wanted))

    async def _open(self, client: AsyncWebClient, pressed: Command, trigger: str) -> None:
        asks, _, command = pressed.text.partition("\n")
        try:
            view = ask_view(asks, command, pressed.channel.channel)
            async with translated():
                await client.views_open(trigger_id=trigger, view=view)
        except PlatformError as error:
            log.info("form.unopened", reason=str(error))

    async def _run(self, command: Command) -> None:
        command, guest = await self._talk.placed(command)
        reply = await self._talk.ask(command, guest=guest)
        for message in reply_messages(reply, asked=command.text):
            await self._talk.whisper(command.channel, command.person.id, message)
        if hint := await self._talk.announce(command.channel, reply):
            await self._talk.whisper(command.channel, command.person.id, line_message(hint))
