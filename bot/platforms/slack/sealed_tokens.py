"""Tokens of many workspaces: sealed in our database, renewed in time, marked where that fails."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import ChannelGoneError, NotSentError, Obstacle, PlatformError, SettingsError
from bot.platforms.slack.auth import Access, Wire
from bot.platforms.slack.errors import translated, words_for
from storage import channels, installations, workspaces
from storage.database import Database, advisory_lock
from storage.installations import Vault

RENEW_BEFORE = timedelta(hours=2)
"""A token that Slack lets expire is renewed this long before it does."""

_SOON, _HOST_MUST_ACT = 60.0, 600.0
_A_MOMENT = timedelta(seconds=1)
"""Slack's times of events are whole seconds."""

log = structlog.get_logger(__name__)

Record = dict[str, Any]


async def tell_nobody(_: str) -> None:
    """Do nothing with a workspace whose token is lost."""


@dataclass(frozen=True, slots=True)
class _Installed:
    """An installation as it is kept; `problem` says why the app must be installed again."""

    place: str
    record: Record
    problem: str | None

    @property
    def seconds_left(self) -> float:
        """Seconds until the token ends; it never does without a key to renew it."""
        ends = self.record.get("expires_at")
        return math.inf if ends is None else float(ends) - time.time()

    @property
    def is_ending(self) -> bool:
        """Whether the token should be renewed now."""
        renewable = bool(self.record.get("refresh_token"))
        return renewable and self.seconds_left < RENEW_BEFORE.total_seconds()


class SealedTokens:
    """A `Keyring` of installations in the database; `client` is the app's id and secret.

    `install_url` is where people install the app. `lost` is told once of each workspace or
    organisation whose token cannot be renewed any more.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        wire: Wire,
        client: tuple[str, str],
        install_url: str = "",
    ) -> None:
        self._database = database
        self._vault = vault
        self._wire = wire
        self._client = client
        self._install_again = (
            f"install the app again: {install_url}"
            if install_url
            else ("the app has to be installed in the workspace again")
        )
        self.lost: Callable[[str], Awaitable[None]] = tell_nobody
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
            await workspaces.begin_again(session, "slack", place)

    async def find(self, workspace: str | None, organisation: str | None = None) -> Access | None:
        """The access to a workspace, by its own installation or its organisation's.

        Raises NotSentError where the stored tokens cannot be opened or renewed now, and
        ChannelGoneError where the app must be installed again.
        """
        kept = await self._load(workspace, organisation)
        if kept is None:
            return None
        if kept.problem is not None and kept.seconds_left <= 0:
            raise ChannelGoneError(kept.problem, obstacle=Obstacle.REMOVED)
        if kept.problem is None and kept.is_ending:
            kept = await self._renewed(kept, workspace, organisation)
        record = kept.record
        scopes = record.get("scopes")
        return Access(
            token=record["token"],
            bot_user=record["bot_user"],
            bot_id=record["bot_id"],
            workspace=record["workspace"],
            organisation=record["organisation"],
            granted=None if scopes is None else frozenset(scopes),
            installer=record.get("installer"),
        )

    async def renew_all(self) -> None:
        """Renew every token that ends soon, and mark those that cannot be; never raises."""
        async with self._database.read() as session:
            places = await installations.list_platform(session, "slack")
        for place in places:
            try:
                await self.find(None, place)
            except PlatformError as error:
                log.info("token.unusable", workspace=place, reason=str(error))

    async def troubles(self) -> list[str]:
        """The workspaces and organisations that must install the app again, and why."""
        async with self._database.read() as session:
            found = await installations.list_problems(session, "slack")
        return [f"{place}: {problem}" for place, problem in found]

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

    async def served_by(self, organisation: str) -> list[str]:
        """The known workspaces that an organisation's installation serves."""
        async with self._database.read() as session:
            return await channels.list_organisation(session, "slack", organisation)

    async def _load(self, workspace: str | None, organisation: str | None) -> _Installed | None:
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
            return _Installed(row.place, self._vault.unseal(row.sealed), row.problem)
        except SettingsError as error:
            raise NotSentError(str(error), retry_after=_HOST_MUST_ACT) from error

    async def _renewed(
        self, kept: _Installed, workspace: str | None, organisation: str | None
    ) -> _Installed:
        """The installation with a valid token, renewed in the background where time allows."""
        if kept.seconds_left < _SOON:
            return await self._renew(workspace, organisation)
        if time.monotonic() >= self._renew_after.get(kept.place, 0.0):
            self._renew_after[kept.place] = time.monotonic() + _SOON
            task = asyncio.create_task(self._renew_quietly(workspace, organisation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return kept

    async def _renew_quietly(self, workspace: str | None, organisation: str | None) -> None:
        try:
            await self._renew(workspace, organisation)
        except PlatformError as error:
            log.warning("token.not_renewed", workspace=workspace, reason=str(error))
        except Exception:
            # Whoever uses the token when it has ended hears of it.
            log.exception("token.not_renewed", workspace=workspace)

    async def _renew(self, workspace: str | None, organisation: str | None) -> _Installed:
        """Exchange the refresh token, which works once; concurrent callers get the same result.

        Of several processes on one Postgres one does it at a time.
        """
        async with self._renewing, self._database.read() as session:
            await advisory_lock(session, f"slack token {organisation or workspace}")
            kept = await self._load(workspace, organisation)
            if kept is None:
                raise ChannelGoneError(words_for("account_inactive"), obstacle=Obstacle.REMOVED)
            if kept.problem is not None or not kept.is_ending:
                return kept
            try:
                given = await self._exchange(kept.record["refresh_token"])
            except ChannelGoneError as error:
                raise await self._mark(kept, error) from error
            record = kept.record | {
                "token": given["access_token"],
                "refresh_token": given["refresh_token"],
                "expires_at": time.time() + float(given["expires_in"]),
            }
            await self.keep(record)
            return _Installed(kept.place, record, None)

    async def _mark(self, kept: _Installed, error: ChannelGoneError) -> ChannelGoneError:
        """Store that the token is lost, and the first time tell `lost`."""
        reason = str(error).partition(";")[0]
        problem = f"{reason}; {self._install_again}"
        async with self._database.write() as session:
            first = await installations.mark(session, "slack", kept.place, problem)
        if first:
            log.error("token.lost", workspace=kept.place, problem=problem)
            task = asyncio.create_task(self._tell(kept.place))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return ChannelGoneError(problem, obstacle=Obstacle.REMOVED)

    async def _tell(self, place: str) -> None:
        try:
            await self.lost(place)
        except Exception:
            # The mark stands, and whoever looks is told.
            log.exception("token.loss_untold", workspace=place)

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
        except ChannelGoneError:
            raise
        except PlatformError as error:
            # Nothing was sent yet, whatever became of the exchange.
            reason = f"Slack did not renew the app's token: {error}"
            raise NotSentError(reason, retry_after=_SOON) from error
