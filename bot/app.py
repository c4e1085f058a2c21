"""The composition root: settings in, a working program out. Nothing live is built at import."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from bot.bootstrap import (
    SAMPLE,
    allowed_hosts,
    build_platforms,
    lock_path,
    make_folder,
    opener,
    unwritable,
    wanted_sources,
)
from bot.commands.context import Context
from bot.errors import DatabaseError
from bot.inbox import AppInbox
from bot.ports import RUNNERS, ChatPlatform, Role
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.channel_lifecycle import ChannelLifecycle
from bot.rounds.delivery.deletions import PostDeletion
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.delivery.edits import DigestHeaderEdits, VoteCountEdits
from bot.rounds.engine import Engine, RemoteEngine, Runs, Services
from bot.rounds.learning.shared_models import SharedModels
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.training import ModelTraining
from bot.rounds.learning.votes import VoteRecorder
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.pick import Picker
from bot.rounds.polling import Polling
from bot.rounds.process.health import EngineHealth, Health
from bot.rounds.process.heartbeat import ProcessRegistry
from bot.rounds.process.metrics import Metrics
from bot.rounds.retention import Kept, Retention, Upkeep
from bot.rounds.scheduling.due import Clock
from bot.rounds.service import RoundService
from bot.sources.arxiv import fetch_one
from bot.sources.base import Entry
from bot.sources.http import Fetcher
from config.settings import Settings
from storage import install_state, sources
from storage.channels import ChannelDefaults
from storage.database import Database, bounded


@dataclass(slots=True)
class App:
    """Everything that is built from one `Settings`; `prepare` opens it, `close` lets go."""

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
    demo: bool
    lock: FileLock

    async def prepare(self, *, keep_sources: bool = True) -> None:
        """Migrate the database and take up what it keeps; raises DatabaseError.

        `keep_sources` makes the shared sources those of the settings: for whoever serves.
        """
        await self.database.migrate()
        await self.clock.load(self.database)
        async with self.database.write() as session:
            made_by_demo = (await install_state.get(session)).demo
            if self.demo and not await install_state.claim_for_demo(session):
                raise DatabaseError(_NOT_THE_DEMOS.format(place=self.database.place))
            await self.matches.load(session)
            if keep_sources:
                wanted = SAMPLE if self.demo or made_by_demo else wanted_sources(self.settings)
                await sources.share_only(session, wanted)

    async def refuse_demo_data(self) -> None:
        """Raise DatabaseError where the data is a demo's: its papers and clock are not real."""
        async with self.database.read() as session:
            if (await install_state.get(session)).demo:
                raise DatabaseError(_THE_DEMOS.format(place=self.database.place))

    async def close(self) -> None:
        """Make the last edits, close connections and release the data folder."""
        await self.finish_edits()
        for platform in self.platforms.values():
            await platform.stop()
        await self.fetcher.aclose()
        await self.database.close()
        self.lock.release()

    async def finish_edits(self) -> None:
        """Make the edits that wait, within three seconds and while platforms can be reached."""
        await asyncio.gather(self.count_edits.close(), self.header_edits.close())

    def hold(self) -> bool:
        """Become the one process that works on this data folder; False if another one is.

        Any number of processes may share a Postgres.
        """
        if not self.database.embedded:
            return True
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise DatabaseError(unwritable(Path(self.lock.lock_file).parent, error)) from error
        return True

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

    def desk(self, runs: Runs) -> RoundService:
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
        starts = defaults(self.settings)
        context = Context(self.database, self.clock, self.desk(runs), starts)
        lifecycle = ChannelLifecycle(
            self.database,
            self.services.notices,
            defaults=starts,
            window=timedelta(days=self.settings.window_days),
            now=self.clock,
        )
        return AppInbox(context, self.recorder, self.count_edits, lifecycle, self._deletion)


_SHOW_VOTES = frozenset({"slack"})
"""Platforms whose posts are edited to show the votes; the others count them by themselves."""

_THE_DEMOS = (
    "{place} holds the demo's papers and its own clock: name another folder in "
    "PAPERROUND_DATA_DIR, or go on with paperround demo."
)
_NOT_THE_DEMOS = (
    "{place} is in use and not the demo's: leave PAPERROUND_DATA_DIR and the database URL unset "
    "for the demo, or name an empty folder."
)


def build_app(
    settings: Settings,
    *,
    platforms: Mapping[str, ChatPlatform] | None = None,
    clock: Clock | None = None,
    demo: bool = False,
    patient: bool = True,
    role: Role = Role.ALL,
) -> App:
    """Put the program together; opens no connection and starts nothing.

    A server is `patient` with sources that do not answer; a command somebody waits for is not.
    """
    make_folder(settings)
    database = Database(settings.database)
    clock = clock or Clock()
    registry = ProcessRegistry(database, clock, role=role)
    fetcher = Fetcher(allow_hosts=allowed_hosts(settings), attempts=3 if patient else 1)
    matches = MatchCache(database, timedelta(days=settings.window_days))
    bases = SharedModels(sharing=settings.share_across_workspaces)
    tastes, metrics = TasteStore(settings.half_life_days, bases), Metrics()
    rounds = Picker(database, matches, tastes, timedelta(days=settings.window_days), metrics)
    if platforms is None:
        platforms = build_platforms(settings, database, clock, registry, demo=demo)
    services = Services(
        database=database,
        rounds=rounds,
        delivery=Delivery(
            database,
            platforms,
            clock,
            registry.name,
            repeat_unknown=settings.unknown_outcome == "repeat",
            metrics=metrics,
        ),
        polling=Polling(database, opener(settings, fetcher), clock, metrics),
        notices=AdminNotices(database, platforms),
        upkeep=Upkeep(
            Retention(database, tastes, _kept(settings), timedelta(days=settings.window_days)),
            ModelTraining(database, bases, tastes),
        ),
        now=clock,
    )
    return App(
        settings=settings,
        database=database,
        clock=clock,
        platforms=platforms,
        matches=matches,
        services=services,
        recorder=VoteRecorder(database, tastes, _meanings(settings), metrics),
        count_edits=VoteCountEdits(database, platforms, shown_on=_SHOW_VOTES),
        header_edits=DigestHeaderEdits(database, platforms),
        metrics=metrics,
        registry=registry,
        fetcher=fetcher,
        demo=demo,
        lock=FileLock(lock_path(settings)),
    )


def defaults(settings: Settings) -> ChannelDefaults:
    """The shared settings that a new channel starts with."""
    return ChannelDefaults(
        schedule=settings.schedule,
        post_limit=settings.limit,
        threshold=settings.threshold,
        beyond=settings.beyond,
    )


def _kept(settings: Settings) -> Kept:
    return Kept(
        votes=timedelta(days=settings.keep_votes_days),
        posts=timedelta(days=settings.keep_posts_days),
        papers=timedelta(days=settings.keep_papers_days),
    )


def _meanings(settings: Settings) -> dict[str, int]:
    """What each emoji counts; a chat's own one may be written as there, :party_parrot:."""
    both = dict.fromkeys(settings.votes_down, -1) | dict.fromkeys(settings.votes_up, 1)
    return {emoji.strip(":"): value for emoji, value in both.items()}
