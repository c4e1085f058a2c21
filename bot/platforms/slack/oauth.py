"""Installing into many workspaces: OAuth V2, tokens sealed in our database, renewed in time."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import NotSentError, PlatformError, SettingsError
from bot.platforms.slack.auth import Access, Wire
from bot.platforms.slack.errors import translated
from storage import channels, installations
from storage.database import Database, advisory_lock
from storage.installations import Vault

INSTALL, REDIRECT, EVENTS = "/slack/install", "/slack/oauth_redirect", "/slack/events"
STATE_LIFE = timedelta(minutes=10)
RENEW_BEFORE = timedelta(hours=2)
"""A token that Slack lets expire is renewed this long before it does."""

_SOON, _HOST_MUST_ACT = 60.0, 600.0
_A_MOMENT = timedelta(seconds=1)
"""Slack's times of events are whole seconds."""

log = structlog.get_logger(__name__)

Record = dict[str, Any]


class SealedTokens:
    """A `Keyring` of installations in the database; `client` is the app's id and secret."""

    def __init__(
        self, database: Database, vault: Vault, wire: Wire, client: tuple[str, str]
    ) -> None:
        self._database = database
        self._vault = vault
        self._wire = wire
        self._client = client
        self._renewing = asyncio.Lock()
        self._renew_after: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(self, record: Record) -> None:
        """Seal and store an installation, for its organisation where it is for all of one."""
        async with self._database.write() as session:
            place = record["organisation"] if record["whole"] else record["workspace"]
            await installations.save(
                session, "slack", place, self._vault.seal(record), datetime.now(UTC)
            )

    async def find(self, workspace: str | None, organisation: str | None = None) -> Access | None:
        """The access to a workspace, by its own installation or its organisation's.

        Raises NotSentError where the stored tokens cannot be opened or renewed now.
        """
        record = await self._load(workspace, organisation)
        if record is None:
            return None
        if _is_ending(record):
            record = await self._renewed(record, workspace, organisation)
        return Access(
            token=record["token"],
            bot_user=record["bot_user"],
            bot_id=record["bot_id"],
            workspace=record["workspace"],
            organisation=record["organisation"],
        )

    async def forget(
        self, workspace: str | None, organisation: str | None, at: datetime
    ) -> list[str]:
        """Delete an installation that ended then; returns the workspaces that it served."""
        place = organisation or workspace
        if place is None:
            return []
        async with self._database.write() as session:
            if not await installations.remove(session, "slack", place, at + _A_MOMENT):
                return []
            if organisation is None:
                return [place]
            return await channels.list_organisation(session, "slack", organisation)

    async def _load(self, workspace: str | None, organisation: str | None) -> Record | None:
        async with self._database.read() as session:
            row = await installations.find(session, "slack", workspace) if workspace else None
            known = workspace and await installations.organisation_of(session, "slack", workspace)
            whole = organisation or known
            if row is None and whole:
                row = await installations.find(session, "slack", whole)
        if row is None:
            return None
        if workspace and organisation and known != organisation:
            async with self._database.write() as session:
                await installations.note_organisation(session, "slack", workspace, organisation)
        try:
            return self._vault.unseal(row.sealed)
        except SettingsError as error:
            raise NotSentError(str(error), retry_after=_HOST_MUST_ACT) from error

    async def _renewed(
        self, record: Record, workspace: str | None, organisation: str | None
    ) -> Record:
        """The record with a good token; while the old one is good, nobody waits for the new one."""
        if _ends_in(record) < _SOON:
            return await self._renew(workspace, organisation)
        place = organisation or workspace or ""
        if time.monotonic() >= self._renew_after.get(place, 0.0):
            self._renew_after[place] = time.monotonic() + _SOON
            task = asyncio.create_task(self._renew_quietly(workspace, organisation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return record

    async def _renew_quietly(self, workspace: str | None, organisation: str | None) -> None:
        try:
            await self._renew(workspace, organisation)
        except PlatformError as error:
            log.warning("token.not_renewed", workspace=workspace, reason=str(error))
        except Exception:
            # Whoever uses the token when it has ended hears of it.
            log.exception("token.not_renewed", workspace=workspace)

    async def _renew(self, workspace: str | None, organisation: str | None) -> Record:
        """Exchange the refresh token, which works once: whoever waited finds it done.

        Of several processes on one Postgres one does it at a time.
        """
        async with self._renewing, self._database.read() as session:
            await advisory_lock(session, f"slack token {organisation or workspace}")
            record = await self._load(workspace, organisation)
            assert record is not None
            if not _is_ending(record):
                return record
            given = await self._exchange(record["refresh_token"])
            record |= {
                "token": given["access_token"],
                "refresh_token": given["refresh_token"],
                "expires_at": time.time() + float(given["expires_in"]),
            }
            await self.keep(record)
            return record

    async def _exchange(self, refresh_token: str) -> AsyncSlackResponse:
        client_id, client_secret = self._client
        try:
            async with translated():
                return await self._wire.client().oauth_v2_access(
                    client_id=client_id,
                    client_secret=client_secret,
                    grant_type="refresh_token",
                    refresh_token=refresh_token,
                )
        except PlatformError as error:
            # Nothing was sent yet, whatever became of the exchange.
            reason = f"Slack did not renew the app's token: {error}"
            raise NotSentError(reason, retry_after=_SOON) from error


class InstallationStore(AsyncInstallationStore):
    """What Bolt's OAuth flow saves, kept by our keyring; a user's own token is never kept."""

    def __init__(self, tokens: SealedTokens) -> None:
        self._tokens = tokens

    async def async_save(self, installation: Installation) -> None:
        """Keep the bot's part of an installation."""
        await self._tokens.keep(
            {
                "token": installation.bot_token,
                "bot_user": installation.bot_user_id,
                "bot_id": installation.bot_id,
                "workspace": installation.team_id,
                "organisation": installation.enterprise_id,
                "whole": bool(installation.is_enterprise_install),
                "refresh_token": installation.bot_refresh_token,
                "expires_at": installation.bot_token_expires_at,
            }
        )


class StateStore(AsyncOAuthStateStore):
    """States that a browser must bring back within ten minutes, once."""

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
        """Whether a state is good; it is used up."""
        async with self._database.write() as session:
            return await installations.consume_state(session, state, self._now())


def build_flow(
    tokens: SealedTokens,
    states: StateStore,
    wire: Wire,
    *,
    client: tuple[str, str],
    scopes: Sequence[str],
    public_url: str,
) -> AsyncOAuthFlow:
    """The install page and the way back from Slack; needs a running loop."""
    settings = AsyncOAuthSettings(
        client_id=client[0],
        client_secret=client[1],
        scopes=scopes,
        user_scopes=[],
        redirect_uri=f"{public_url.rstrip('/')}{REDIRECT}",
        install_path=INSTALL,
        redirect_uri_path=REDIRECT,
        installation_store=InstallationStore(tokens),
        installation_store_bot_only=True,
        state_store=states,
        state_expiration_seconds=int(STATE_LIFE.total_seconds()),
    )
    return AsyncOAuthFlow(client=wire.client(), settings=settings)


def _is_ending(record: Record) -> bool:
    return bool(record.get("refresh_token")) and _ends_in(record) < RENEW_BEFORE.total_seconds()


def _ends_in(record: Record) -> float:
    """Seconds until the token ends."""
    ends = record.get("expires_at")
    return math.inf if ends is None else float(ends) - time.time()
