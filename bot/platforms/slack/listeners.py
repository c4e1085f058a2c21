"""What people do in Slack, handed to the inbox: acknowledged first, worked on after."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.chat import Inbox
from bot.platforms.slack.blocks import OPEN_LINK
from bot.platforms.slack.changers import Changers
from bot.platforms.slack.chat import SlackChat
from bot.platforms.slack.chores import Chores, Once
from bot.platforms.slack.forms import Forms
from bot.platforms.slack.home import Homes
from bot.platforms.slack.life import Life
from bot.platforms.slack.payloads import once_key, workspace_of
from bot.platforms.slack.pictures import Pictures
from bot.platforms.slack.reactions import Reactions
from bot.platforms.slack.talk import Talk
from bot.platforms.slack.typed import Typed


class Listeners:
    """Everything that the bot listens to; `close` finishes what is under way."""

    def __init__(self, chat: SlackChat, inbox: Inbox, changers: Changers) -> None:
        self._chat = chat
        self._chores = chores = Chores()
        talk = Talk(chat, inbox, changers)
        forms = Forms(talk, chores)
        self._rooms = (
            Typed(talk, forms, chores),
            forms,
            Pictures(talk, chores),
            Reactions(chat, inbox, chores),
            Homes(inbox, chores),
            Life(chat, inbox, chores),
        )
        self._once = Once()

    def attach(self, app: AsyncApp) -> None:
        """Listen to an app's commands, events and forms."""
        app.use(self.skip_repeated)
        app.use(self.note_organisation)
        app.action(re.compile(f"^{OPEN_LINK}"))(self.on_link)
        for room in self._rooms:
            room.attach(app)

    async def close(self, seconds: float = 5.0) -> None:
        """Finish what is being answered, within so many seconds."""
        await self._chores.finish(seconds)

    async def skip_repeated(
        self, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Acknowledge what Slack delivers again, and do nothing more."""
        if self._once.first(once_key(body)):
            return await next_()
        return BoltResponse(status=200, body="")

    async def note_organisation(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next_: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """Let the workspace of a request be known as one that its organisation's app serves."""
        if context.is_enterprise_install and context.enterprise_id:
            await self._chat.keyring.find(
                workspace_of(body, context.team_id) or None, context.enterprise_id
            )
        return await next_()

    async def on_link(self, ack: AsyncAck) -> None:
        """A link button was pressed: the browser does the rest."""
        await ack()
