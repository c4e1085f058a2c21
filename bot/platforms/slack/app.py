"""The Bolt app: signatures checked, events acknowledged and handed to the inbox."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult

from bot.errors import ChannelGoneError, NotSentError, PlatformError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.ask_form import AskForms
from bot.platforms.slack.auth import Changers, Keyring, Wire, quiet_logger
from bot.platforms.slack.background import BackgroundTasks, Once
from bot.platforms.slack.blocks import OPEN_LINK
from bot.platforms.slack.commands import SlashCommand
from bot.platforms.slack.events import once_key, workspace_of
from bot.platforms.slack.home import Homes
from bot.platforms.slack.lifecycle import Lifecycle
from bot.platforms.slack.manage_form import Forms
from bot.platforms.slack.manage_view import notice_view
from bot.platforms.slack.pictures import Pictures
from bot.platforms.slack.reactions import Reactions
from bot.platforms.slack.replies import CommandReplies
from bot.ports import Inbox
from storage.database import AWAY

log = structlog.get_logger(__name__)


class Listeners:
    """All listeners of the Bolt app; `close` waits for the work that they started."""

    def __init__(self, chat: SlackChat, inbox: Inbox, changers: Changers) -> None:
        self._chat = chat
        self._background = background = BackgroundTasks()
        talk = CommandReplies(chat, inbox, changers)
        forms = Forms(talk, background)
        lifecycle = Lifecycle(chat, inbox, background)
        self._rooms = (
            SlashCommand(talk, forms, background),
            AskForms(talk, background),
            forms,
            Pictures(talk, background),
            Reactions(chat, inbox, background),
            Homes(inbox, background),
            lifecycle,
        )
        self.installed = lifecycle.installed
        self._once = Once()

    def attach(self, app: AsyncApp) -> None:
        """Listen to an app's commands, events and forms."""
        app.error(self.on_error)
        app.use(self.skip_repeated)
        app.use(self.note_organisation)
        app.action(re.compile(f"^{OPEN_LINK}"))(self.on_link)
        for room in self._rooms:
            room.attach(app)

    async def close(self, seconds: float = 5.0) -> None:
        """Wait for answers under way, at most `seconds`, then cancel the rest."""
        await self._background.finish(seconds)

    async def skip_repeated(
        self, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Acknowledge an event that Slack delivers a second time, and stop there."""
        if self._once.first(once_key(body)):
            return await next_()
        return BoltResponse(status=200, body="")

    async def note_organisation(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next_: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """Remember that a workspace is served by its organisation's installation."""
        if context.is_enterprise_install and context.enterprise_id:
            await self._chat.keyring.find(
                workspace_of(body, context.team_id) or None, context.enterprise_id
            )
        return await next_()

    async def on_error(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Answer what cannot be served: with the reason where somebody waits for an answer.

        Events of a workspace that has to install the app again are acknowledged, for Slack would
        send them again and then stop sending any; those that may be served soon are not.
        """
        if isinstance(error, AWAY):
            error = NotSentError("its database does not answer; try again in a minute")
        if not isinstance(error, PlatformError):
            log.error("slack.listener_failed", exc_info=error)
            return BoltResponse(status=500, body="")
        log.warning("slack.unserved", reason=str(error))
        told = f"Paperround cannot work here now: {error}."
        if "command" in body:
            return BoltResponse(status=200, body=told)
        if body.get("type") == "view_submission":
            return BoltResponse(
                status=200, body={"response_action": "update", "view": notice_view(told)}
            )
        final = isinstance(error, ChannelGoneError) or body.get("type") == "block_actions"
        return BoltResponse(status=200 if final else 503, body="")

    async def on_link(self, ack: AsyncAck) -> None:
        """A link button was pressed: the browser does the rest."""
        await ack()


def build_bolt(
    keyring: Keyring, wire: Wire, listeners: Listeners, signing_secret: str = ""
) -> AsyncApp:
    """The Bolt app; it takes tokens and the bot's ids from `keyring`, without asking Slack."""

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult | None:
        organisation = context.enterprise_id if context.is_enterprise_install else None
        access = await keyring.find(context.team_id, organisation)
        if access is None:
            return None
        return AuthorizeResult(
            enterprise_id=access.organisation,
            team_id=context.team_id,
            bot_token=access.token,
            bot_user_id=access.bot_user,
            bot_id=access.bot_id,
        )

    app = AsyncApp(
        name="paperround",
        logger=quiet_logger(),
        client=wire.client(),
        signing_secret=signing_secret,
        authorize=authorize,  # type: ignore[arg-type] # None is Bolt's own "not installed"
    )
    listeners.attach(app)
    return app
