"""Installing into many workspaces: OAuth V2, by a browser that comes back with a state."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from slack_bolt import BoltResponse
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.platforms.slack.auth import Wire
from bot.platforms.slack.pages import SAFE, Pages
from bot.platforms.slack.sealed_tokens import Record, SealedTokens
from storage import installations
from storage.database import Database

INSTALL, REDIRECT, EVENTS = "/slack/install", "/slack/oauth_redirect", "/slack/events"
DIRECT, PRIVACY, TERMS, ICON = (
    f"{INSTALL}/direct",
    "/slack/privacy",
    "/slack/terms",
    "/slack/icon.svg",
)
STATE_LIFE = timedelta(minutes=10)

log = structlog.get_logger(__name__)

Installed = Callable[[Record], None]
"""What is told of each new installation, after it was kept; returns at once."""


class InstallationStore(AsyncInstallationStore):
    """Saves installations from Bolt's OAuth flow in the keyring; a user's own token is dropped."""

    def __init__(self, tokens: SealedTokens, installed: Installed) -> None:
        self._tokens = tokens
        self._installed = installed

    async def async_save(self, installation: Installation) -> None:
        """Keep the bot's part of an installation."""
        record: Record = {
            "token": installation.bot_token,
            "bot_user": installation.bot_user_id,
            "bot_id": installation.bot_id,
            "workspace": installation.team_id,
            "organisation": installation.enterprise_id,
            "whole": bool(installation.is_enterprise_install),
            "refresh_token": installation.bot_refresh_token,
            "expires_at": installation.bot_token_expires_at,
            "installer": installation.user_id,
            "scopes": list(installation.bot_scopes or ()),
        }
        await self._tokens.keep(record)
        self._installed(record)


class StateStore(AsyncOAuthStateStore):
    """OAuth states: each is valid once, for ten minutes."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def async_issue(self, *_: object, **__: object) -> str:
        """A new state."""
        state = secrets.token_urlsafe(32)
        async with self._database.write() as session:
            await installations.issue_state(session, state, self._now() + STATE_LIFE)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether a state is valid; afterwards it is not."""
        async with self._database.write() as session:
            return await installations.consume_state(session, state, self._now())


def build_flow(
    tokens: SealedTokens,
    states: StateStore,
    wire: Wire,
    installed: Installed,
    *,
    client: tuple[str, str],
    scopes: Sequence[str],
    public_url: str,
    pages: Pages,
) -> AsyncOAuthFlow:
    """Bolt's OAuth flow, which ends on one of `pages`; needs a running event loop."""
    settings = AsyncOAuthSettings(
        client_id=client[0],
        client_secret=client[1],
        scopes=scopes,
        user_scopes=[],
        redirect_uri=f"{public_url.rstrip('/')}{REDIRECT}",
        install_path=DIRECT,
        install_page_rendering_enabled=False,
        callback_options=_ends_on(pages),
        redirect_uri_path=REDIRECT,
        installation_store=InstallationStore(tokens, installed),
        installation_store_bot_only=True,
        state_store=states,
        state_expiration_seconds=int(STATE_LIFE.total_seconds()),
    )
    return AsyncOAuthFlow(client=wire.client(), settings=settings)


def _ends_on(pages: Pages) -> AsyncCallbackOptions:
    """Bolt's callbacks for success and failure; no text of the address reaches the page."""

    async def done(args: AsyncSuccessArgs) -> BoltResponse:
        made = args.installation
        page = pages.done(made.team_name or made.enterprise_name, made.app_id, made.team_id)
        return _html(200, page)

    async def failed(args: AsyncFailureArgs) -> BoltResponse:
        log.info("install.failed", reason=args.reason)
        return _html(args.suggested_status_code, pages.failed(args.reason))

    return AsyncCallbackOptions(done, failed)


def _html(status: int, page: str) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {"Content-Type": "text/html; charset=utf-8", **SAFE}
    return BoltResponse(status=status, body=page, headers=headers)
