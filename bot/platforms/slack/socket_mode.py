"""Socket Mode: Slack's events over a connection that we open; no public address is needed."""

import asyncio

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler

from bot.errors import PlatformError, SettingsError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.app import Listeners, build_bolt
from bot.platforms.slack.auth import Changers, quiet_logger
from bot.platforms.slack.errors import CLASSES, Refusal, said, translated
from bot.ports import Inbox

_PATIENCE_SECONDS = 60.0


class SocketConnection:
    """One connection with an app-level token; slack_sdk renews it when Slack asks or it breaks.

    `look` is how often, in seconds, it is seen to that the connection stands.
    """

    def __init__(self, app_token: str, changers: Changers, *, look: float = 10.0) -> None:
        self._app_token = app_token
        self._changers = changers
        self._look = look
        self._guard: asyncio.Task[None] | None = None
        self._handler: AsyncSocketModeHandler | None = None
        self._listeners: Listeners | None = None

    async def open(self, chat: SlackChat, inbox: Inbox) -> None:
        """Connect; raises SettingsError for a token that Slack refuses, else PlatformError."""
        await _ask("PAPERROUND_SLACK_BOT_TOKEN", chat)
        self._listeners = Listeners(chat, inbox, self._changers)
        handler = AsyncSocketModeHandler(
            build_bolt(chat.keyring, chat.wire, self._listeners),
            self._app_token,
            logger=quiet_logger(),
            web_client=chat.wire.client(self._app_token),
            ping_interval=self._look,
        )
        self._handler = handler
        try:
            async with translated(), asyncio.timeout(_PATIENCE_SECONDS):
                # Asked for here, since the handler would ask for ever with a token that is wrong.
                handler.client.wss_uri = await handler.client.issue_new_wss_url()
                await handler.connect_async()  # type: ignore[no-untyped-call] # Bolt's
        except PlatformError as error:
            await self.close()
            raise _blamed("PAPERROUND_SLACK_APP_TOKEN", error) from error
        self._guard = asyncio.create_task(_see_to(handler, chat, self._look))

    async def check(self, chat: SlackChat) -> None:
        """Try both tokens and open nothing; raises SettingsError for one that Slack refuses."""
        await _ask("PAPERROUND_SLACK_BOT_TOKEN", chat)
        try:
            async with translated():
                client = chat.wire.client(self._app_token)
                await client.apps_connections_open(app_token=self._app_token)
        except PlatformError as error:
            raise _blamed("PAPERROUND_SLACK_APP_TOKEN", error) from error

    async def connected(self) -> bool:
        """Whether the WebSocket is open (slack_sdk pings it)."""
        return self._handler is not None and await self._handler.client.is_connected()

    async def close(self) -> None:
        """Close the connection, then wait for answers under way."""
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)
            self._guard = None
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call] # Bolt's
            self._handler = None
        if self._listeners is not None:
            await self._listeners.close()


async def _see_to(handler: AsyncSocketModeHandler, chat: SlackChat, every: float) -> None:
    """While the connection is down, drop its address; once it is back, catch up.

    slack_sdk tries the same address again until it works; but Slack's addresses work once and not
    for long, so a try that fails half-way would be the first of endless ones.
    """
    was_down = False
    while True:
        await asyncio.sleep(every)
        down = not await handler.client.is_connected()
        if down:
            handler.client.wss_uri = None
        elif was_down:
            chat.catch_up()
        was_down = down


async def _ask(setting: str, chat: SlackChat) -> None:
    try:
        await chat.keyring.find(None)
    except PlatformError as error:
        raise _blamed(setting, error) from error


def _blamed(setting: str, error: PlatformError) -> Exception:
    """The error itself, or the setting to correct where Slack refuses a token."""
    name = said(error)
    if name in CLASSES[Refusal.HOST] | CLASSES[Refusal.WORKSPACE]:
        return SettingsError(
            f"Slack refuses {setting}: {error}. The app's page is at api.slack.com/apps."
        )
    return error
