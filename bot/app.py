"""The program once it is put together: what opens it, closes it and hands out its parts."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.commands.context import Context
from bot.errors import DatabaseError
from bot.inbox import AppInbox
from bot.ports import RUNNERS, ChatPlatform, Role
from bot.rounds.channel_lifecycle import ChannelLifecycle
from bot.rounds.delivery.deletions import PostDeletion
from bot.rounds.delivery.edits import DigestHeaderEdits, VoteCountEdits
from bot.rounds.engine import Engine, RemoteEngine, Runs, Services
from bot.rounds.learning.votes import VoteRecorder
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.process.health import EngineHealth, Health
from bot.rounds.process.heartbeat import ProcessRegistry
from bot.rounds.process.metrics import Metrics
from bot.rounds.scheduling.due import Clock
from bot.rounds.service import RoundService
from bot.rounds.webhooks.sending import Webhooks
from bot.rounds.zotero.push import ZoteroPush
from bot.sources.arxiv import fetch_one
from bot.sources.base import Entry
from bot.sources.http import Fetcher
from bot.sources.parser_process import ProcessParser
from config.settings import Settings
from storage import install_state, sources
from storage.channels import ChannelDefaults
from storage.data_lock import DataLock
from storage.database import Database, bounded
from storage.sealing import has_keys
from storage.sources import NamedSource

_CLOSE_SECONDS = 1.0


@dataclass(slots=True)
class App:
    """All that is built from one `Settings`; `prepare` opens connections, `close` closes them."""

    settings: Settings
    database: Database
    clock: Clock
    platforms: Mapping[str, ChatPlatform]
    matches: MatchCache
    services: Services
    recorder: VoteRecorder
    count_edits: VoteCountEdits
    header_edits: DigestHeaderEdits
    metrics: Metrics
    registry: ProcessRegistry
    fetcher: Fetcher
    parser: ProcessParser
    shared: Sequence[NamedSource]
    sample: Sequence[NamedSource]
    defaults: ChannelDefaults
    demo: bool
    lock: DataLock
    zotero: ZoteroPush | None = None
    webhooks: Webhooks | None = None

    async def prepare(self, *, keep_sources: bool = True) -> None:
        """Migrate the database and load the watches and the clock's lead; raises DatabaseError.

        With `keep_sources` the shared sources become those of the settings; servers want that.
        """
        await self.database.migrate()
        await self.clock.load(self.database)
        async with self.database.write() as session:
            made_by_demo = (await install_state.get(session)).demo
            if self.demo and not await install_state.claim_for_demo(session):
                raise DatabaseError(_NOT_THE_DEMOS.format(place=self.database.place))
            await self.matches.load(session)
            if keep_sources:
                await sources.share_only(
                    session, self.sample if made_by_demo or self.demo else self.shared
                )
                if has_keys():
                    await sources.seal_all(session)
                # What was broken may have been mended, by these very settings.
                await sources.wake_broken(session)

    async def refuse_demo_data(self) -> None:
        """Raise DatabaseError where the data is a demo's: its papers and clock are not real."""
        async with self.database.read() as session:
            if (await install_state.get(session)).demo:
                raise DatabaseError(_THE_DEMOS.format(place=self.database.place))

    async def close(self) -> None:
        """Make the last edits, close connections and release the data folder."""
        await self.finish_edits()
        with contextlib.suppress(TimeoutError):
            # It waits for a thread, of which stuck ones may leave none.
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.services.rounds.meanings.close()
        for platform in self.platforms.values():
            await platform.stop()
        await self.fetcher.aclose()
        if self.zotero is not None:
            await self.zotero.aclose()
        if self.webhooks is not None:
            await self.webhooks.aclose()
        if self.services.summaries is not None:
            await self.services.summaries.aclose()
        self.parser.close()
        await self.database.close()
        self.lock.release()

    async def finish_edits(self) -> None:
        """Make the edits that wait, within three seconds and while platforms can be reached."""
        await asyncio.gather(self.count_edits.close(), self.header_edits.close())

    def hold(self, *, make: bool = True) -> bool:
        """Become the one process that works on this data folder; False if another one is.

        Any number of processes may share a Postgres. With `make` the database's file is made.
        """
        if not self.database.embedded:
            return True
        try:
            return self.lock.acquire(make=make)
        except OSError as error:
            raise DatabaseError(unwritable(Path(self.lock.lock_file).parent, error)) from error

    async def served(self) -> bool:
        """Whether other processes run this data's rounds; its schema must be today's."""
        return not self.database.embedded and bool(await self.registry.living(*RUNNERS))

    def engine(self) -> Engine:
        """The durable engine of this process; call `hold` first."""
        every = timedelta(minutes=self.settings.poll_minutes)
        return Engine(self.services, self._engine_url, self.registry, poll_every=every)

    def remote_engine(self) -> RemoteEngine:
        """A way to the engines of the processes that serve this data."""
        return RemoteEngine(self._engine_url, self.database, self.clock)

    @property
    def _engine_url(self) -> str:
        return bounded(self.settings.engine_database)

    def round_service(self, runs: Runs) -> RoundService:
        """What commands ask; its rounds run on `runs`."""

        async def fetch(arxiv_id: str) -> Entry:
            return await fetch_one(self.fetcher, arxiv_id, str(self.settings.arxiv_url))

        return RoundService(self.services, self.matches, runs, fetch, self._deletion)

    @property
    def _deletion(self) -> PostDeletion:
        return PostDeletion(self.database, self.platforms, self.header_edits)

    @property
    def role(self) -> Role:
        """What this process does."""
        return self.registry.role

    def health(self, engine: EngineHealth | None, platforms: Mapping[str, ChatPlatform]) -> Health:
        """How this process does; `platforms` are those that it must be connected to."""
        return Health(
            self.database, engine, platforms, self.matches, self.metrics, self.registry, self.clock
        )

    def inbox(self, runs: Runs) -> AppInbox:
        """What platforms call when people act."""
        starts = self.defaults
        support = self.settings.support or ""
        context = Context(
            self.database,
            self.clock,
            self.round_service(runs),
            starts,
            self.settings.pages,
            support,
            self.zotero,
            self.webhooks,
        )
        lifecycle = ChannelLifecycle(
            self.database,
            self.services.notices,
            self.services.reach,
            defaults=starts,
            window=timedelta(days=self.settings.window_days),
            now=self.clock,
            start_round=runs.run_slot,
        )
        return AppInbox(context, self.recorder, self.count_edits, lifecycle, self._deletion)


_THE_DEMOS = (
    "{place} holds the demo's papers and its own clock: name another folder in "
    "PAPERROUND_DATA_DIR, or go on with paperround demo."
)
_NOT_THE_DEMOS = (
    "{place} is in use and not the demo's: leave PAPERROUND_DATA_DIR and the database URL unset "
    "for the demo, or name an empty folder."
)


def unwritable(folder: Path, error: OSError) -> str:
    """What to do about a folder that cannot be written."""
    return (
        f"The data folder {folder} cannot be written: {error.strerror or error}. "
        "Correct its permissions, or name another in PAPERROUND_DATA_DIR."
    )
