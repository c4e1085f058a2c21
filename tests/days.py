"""Day after day of an install in virtual time: the real engine, database, votes and commands.

What is not real is the platform, which keeps nothing, the source, and the clock. The engine dates
its own rows by the wall's clock, so they are swept here as old as they are in virtual days.
"""

import asyncio
import gc
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import _lru_cache_wrapper
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from dbos import DBOS
from sqlmodel import col, func, select

from bot.bootstrap import build_app
from bot.ports import ChannelRef, Command, MessageRef, Person, Reaction
from bot.rounds.engine import engine as engine_room
from bot.rounds.engine.client import VERSION
from bot.rounds.engine.workflows import KEPT, sweep
from bot.sources.base import Entry, Fresh, Poll, Quiet
from config.settings import Settings
from storage import channels, sources, watches
from storage.channels import ChannelDefaults
from storage.models import Channel, Paper, Post, PostState, Vote
from tests.fakes import Forgetful, SetClock

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = [Person(f"U{number}", f"U{number}") for number in range(5)]
ASKED = ("list", "search model", "top week", "preview", "settings", "sources status", "stats")

_PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an install holds after a day: objects and bytes in memory, rows, bytes on disk.

    `heavy` are posts whose details are kept; `read` are papers with their abstract.
    """

    day: int
    rss: int
    objects: int
    blocks: int
    window: int
    matches: int
    posts: int
    heavy: int
    papers: int
    read: int
    votes: int
    database: int
    engine: int


class Days:
    """An install that lives between enter and exit, as many days as it is told to.

    Each of `channels` watches `topics`, votes on what it gets, and types commands; `papers` come
    `a_day`; what is `kept` that many days is let go after them.
    """

    def __init__(
        self,
        folder: Path,
        papers: Iterable[Entry],
        topics: Sequence[str],
        *,
        channels: int,
        a_day: int,
        kept: int,
        window: int = 7,
    ) -> None:
        self._folder, self._topics, self._channels = folder, topics, channels
        self.clock = SetClock(FIRST)
        names = ("keep_votes_days", "keep_posts_days", "keep_papers_days")
        settings = Settings(data_dir=folder, huggingface=False, window_days=window)
        # Unchecked: a person may keep no less than a month.
        settings = settings.model_copy(update=dict.fromkeys(names, kept))
        self.app = build_app(settings, platforms={"slack": Forgetful("slack")}, clock=self.clock)
        self.engine = self.app.engine()
        self.inbox = self.app.inbox(self.engine)
        source = _Daily(iter(papers), a_day)
        self.app.services.polling._open = lambda *_: source
        self.day = 0
        self._began: deque[datetime] = deque(maxlen=KEPT.days)

    async def __aenter__(self) -> "Days":
        assert self.app.hold()
        await self.app.prepare(keep_sources=False)
        async with self.app.database.write() as session:
            await sources.add(session, kind="feed", spec="daily", name="Daily", shared=True)
            for number in range(self._channels):
                address = f"slack:T{number % 2}/C{number}"
                made = await channels.add(session, address, ChannelDefaults(), FIRST)
                for topic in self._topics:
                    await watches.add(
                        session, made.id or 0, text=topic, typed=topic, by="U0", now=FIRST
                    )
        engine_room._LOOK_SECONDS, self._looks = 0.02, engine_room._LOOK_SECONDS
        await self.engine.start(tick=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.engine.stop()
        engine_room._LOOK_SECONDS = self._looks
        await self.app.close()

    async def live(self, days: int) -> None:
        """Let so many days pass."""
        for _ in range(days):
            async with asyncio.timeout(_PATIENCE):
                await self._day()

    async def _day(self) -> None:
        self.day += 1
        begin = FIRST + timedelta(days=self.day)
        self.clock.now = begin + timedelta(hours=3)
        await self.engine.tick()
        upkeep = await DBOS.retrieve_workflow_async(f"{VERSION}:upkeep:{begin.date()}")
        await upkeep.get_result(polling_interval_sec=0.01)
        await self._sweep()
        self.clock.now = begin + timedelta(hours=8)
        await self.engine.poll_all()
        self.clock.now = begin + timedelta(hours=9)
        await self.engine.tick()
        posted = await self._delivered()
        self.clock.now = begin + timedelta(hours=12)
        for post, address in posted:
            await self._vote(post, address)
        place = ChannelRef("slack", f"T{self.day % 2}", f"C{self.day % self._channels}")
        asked = ASKED if self.day % 7 == 0 else ASKED[self.day % 6 :][:1]
        for text in ("watch attention heads", *asked, "unwatch attention heads"):
            reply = await self.inbox.command(Command(place, PEOPLE[0], text))
            assert not reply.failed, reply

    async def _sweep(self) -> None:
        if len(self._began) == self._began.maxlen:
            await sweep(self._began[0] + KEPT)
        self._began.append(datetime.now(UTC))

    async def _delivered(self) -> Sequence[tuple[Post, str]]:
        """The day's posts with their channels' addresses, once none is due any more."""
        at = self.clock.now
        while True:
            async with self.app.database.read() as session:
                slots = [each.last_slot_at for each in await channels.list_active(session)]
                statement = (
                    select(Post, Channel.address)
                    .join(Channel, col(Channel.id) == col(Post.channel_id))
                    .where(Post.slot_at == at)
                )
                made = (await session.exec(statement)).all()
            if all(slot == at for slot in slots) and all(
                post.state is PostState.POSTED for post, _ in made
            ):
                return made
            await asyncio.sleep(0.01)

    async def _vote(self, post: Post, address: str) -> None:
        number = post.id or 0
        message = MessageRef(ChannelRef.parse(address), post.message or "")
        emoji = "👎" if number % 3 else "👍"
        vote = Reaction(message, PEOPLE[number % 5], emoji, added=True, at=self.clock.now)
        await self.inbox.reaction(vote)
        if number % 4 == 0:
            await self.inbox.reaction(replace(vote, person=PEOPLE[(number + 1) % 5], emoji="👍"))
            later = self.clock.now + timedelta(minutes=1)
            await self.inbox.reaction(replace(vote, added=False, at=later))

    async def snapshot(self) -> Snapshot:
        """What is held now."""
        gc.collect()
        size = self.app.matches.size
        statements: Mapping[str, Any] = {
            "posts": select(func.count()).select_from(Post),
            "heavy": select(func.count()).select_from(Post).where(col(Post.message).is_not(None)),
            "papers": select(func.count()).select_from(Paper),
            "read": select(func.count()).select_from(Paper).where(Paper.abstract != ""),
            "votes": select(func.count()).select_from(Vote),
        }
        async with self.app.database.read() as session:
            rows = {
                name: (await session.exec(statement)).one()
                for name, statement in statements.items()
            }
        return Snapshot(
            day=self.day,
            rss=_resident(),
            objects=len(gc.get_objects()),
            blocks=sys.getallocatedblocks(),
            window=size.papers,
            matches=size.matches,
            database=self._size("paperround.sqlite"),
            engine=self._size("paperround-engine.sqlite"),
            **rows,
        )

    def _size(self, name: str) -> int:
        return (self._folder / name).stat().st_size


def empty_caches() -> None:
    """Let go of what is only remembered, up to a most, to be faster."""
    for each in gc.get_objects():
        if type(each) is _lru_cache_wrapper and each.cache_info().maxsize is not None:
            each.cache_clear()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


class _Daily:
    """A source that gives the day's entries when it is first asked on a day, dated as of then."""

    def __init__(self, entries: Iterator[Entry], a_day: int) -> None:
        self._entries, self._a_day = entries, a_day

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        if cursor.get("day") == now.date().isoformat():
            return Quiet(cursor)
        news = islice(self._entries, self._a_day)
        entries = [entry.model_copy(update={"published_at": now}) for entry in news]
        return Fresh(entries, {"day": now.date().isoformat()})
