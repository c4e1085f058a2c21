"""`/papers …` as people type it: received at once, answered when the answer is there."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.blocks import CHOICE, Message, line_message, reply_messages
from bot.platforms.slack.errors import translated
from bot.platforms.slack.events import read_command, read_press, workspace_of
from bot.platforms.slack.manage_form import Forms
from bot.platforms.slack.replies import CommandReplies
from bot.ports import Command

_OK = 200

log = structlog.get_logger(__name__)


class SlashCommand:
    """Answers `/papers …` and the buttons that stand for it; without a verb it opens the form."""

    def __init__(self, talk: CommandReplies, forms: Forms, background: BackgroundTasks) -> None:
        self._talk = talk
        self._forms = forms
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to the command, whatever the host called it from `/papers` on."""
        app.command(re.compile(r"^/papers"))(self.on_command)
        app.action(re.compile(rf"^{CHOICE}_\d+$"))(self.on_choice)

    async def on_command(
        self,
        ack: AsyncAck,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """Acknowledge `/papers …` at once and answer it in the background."""
        await ack()
        command = read_command(body, workspace_of(body, context.team_id))
        if command is not None:
            self._background.begin(self._answer(client, command, body))

    async def on_choice(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """Run the command that the pressed button stands for, as if its presser had typed it."""
        await ack()
        command = read_press(body, workspace_of(body, context.team_id))
        if command is not None and command.text:
            self._background.begin(self._chosen(command, body))

    async def _chosen(self, command: Command, body: Mapping[str, Any]) -> None:
        """Answer a press; a question that one person alone sees gives way to its answer."""
        command, guest = await self._talk.placed(command)
        reply = await self._talk.ask(command, guest=guest)
        private = bool((body.get("container") or {}).get("is_ephemeral"))
        for at, message in enumerate(reply_messages(reply, asked=command.text)):
            if not await self._respond(body, message, instead=private and at == 0):
                break
        if hint := await self._talk.announce(command.channel, reply):
            await self._respond(body, line_message(hint))

    async def _answer(
        self, client: AsyncWebClient, command: Command, body: Mapping[str, Any]
    ) -> None:
        command, guest = await self._talk.placed(command)
        if not command.text and await self._opens(client, command, body, guest=guest):
            return
        reply = await self._talk.ask(command, guest=guest)
        for message in reply_messages(reply, asked=command.text):
            if not await self._respond(body, message):
                break
        if hint := await self._talk.announce(command.channel, reply):
            await self._respond(body, line_message(hint))

    async def _opens(
        self, client: AsyncWebClient, command: Command, body: Mapping[str, Any], *, guest: bool
    ) -> bool:
        """Open the form; False where Slack refused it, and then help is the answer."""
        try:
            await self._forms.open(client, command, str(body.get("trigger_id")), guest=guest)
        except PlatformError as error:
            log.info("form.unopened", reason=str(error))
            return False
        return True

    async def _respond(
        self, body: Mapping[str, Any], message: Message, *, instead: bool = False
    ) -> bool:
        """Answer at the response_url, for one person alone; False on failure.

        `instead` puts the answer in the place of the message whose button was pressed.
        """
        try:
            async with translated():
                answered = await self._talk.chat.wire.webhook(str(body["response_url"])).send(
                    text=message.text,
                    blocks=message.blocks,
                    response_type="ephemeral",
                    replace_original=instead,
                )
        except (PlatformError, SlackClientError, KeyError) as error:
            log.warning("answer.lost", reason=str(error))
            return False
        if answered.status_code != _OK:
            log.warning("answer.refused", status=answered.status_code, body=answered.body[:200])
        return answered.status_code == _OK
