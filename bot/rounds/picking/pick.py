"""Picks papers for one channel and writes them down as posts that are due."""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.contextvars import bound_contextvars

from bot.matching.types import Match
from bot.picks.kinship import Told
from bot.picks.relevance import wanted_by
from bot.picks.selection import BEYOND_FROM, choose, judge
from bot.picks.taste import Taste
from bot.picks.types import Candidate, Pick, Verdict
from bot.rounds.delivery.sender import memo
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.told import tell
from bot.rounds.meaning import Meanings
from bot.rounds.picking.match_cache import MatchCache, WatchMatch
from bot.rounds.picking.nearness import Near, NearnessCache
from bot.rounds.process.metrics import Metrics
from bot.rounds.scheduling.schedule import day_start, parse_schedule
from storage import candidates, channels, claims, posts, watches
from storage.database import Database, lock_channel
from storage.models import Channel, ChannelState, Paper, Post, PostStyle


@dataclass(frozen=True, slots=True)
class Picked:
    """A pick with its paper and the match that made it a candidate, if any watch did.

    `told` is what votes say of it, None where nobody has voted or given a library.
    """

    paper: Paper
    pick: Pick
    found: WatchMatch | None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A paper that a watch matches and that is held back: why, its match, its nearness (-1..1)."""

    verdict: Verdict
    found: WatchMatch
    nearness: float | None


async def keep(
    session: AsyncSession,
    channel: Channel,
    picks: Sequence[Picked],
    *,
    slot_at: datetime,
    now: datetime,
) -> Sequence[Post]:
    """Make the posts of a slot, with the head above them where the channel's style has one."""
    channel.last_slot_at = slot_at
    session.add(channel)
    made = await posts.add(
        session,
        [
            _post(channel, picked, slot_at=slot_at, rank=rank, now=now)
            for rank, picked in enumerate(picks)
        ],
    )
    if made and channel.style is PostStyle.DIGEST:
        await claims.add_header(session, channel, slot_at, head_id(channel, slot_at), now)
    return made


def _post(channel: Channel, picked: Picked, *, slot_at: datetime, rank: int, now: datetime) -> Post:
    assert channel.id is not None
    assert picked.paper.id is not None
    return Post(
        channel_id=channel.id,
        paper_id=picked.paper.id,
        delivery_id=delivery_id(channel, picked.paper),
        kind=picked.pick.kind,
        slot_at=slot_at,
        rank=rank,
        score=picked.found.match.score if picked.found else 0.0,
        match=memo(picked.found, picked.told),
        picked_at=now,
        style=channel.style,
    )


def delivery_id(channel: Channel, paper: Paper) -> str:
    """The mark that a post carries on its platform: 25 characters, the same at every attempt."""
    return _mark(f"{channel.id}|{paper.id}|{paper.key}")


def head_id(channel: Channel, slot_at: datetime) -> str:
    """The mark of the message above a slot's posts, in the same form."""
    return _mark(f"head|{channel.id}|{slot_at.isoformat()}")


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:25]


log = structlog.get_logger(__name__)

# Each takes a session, of which there are few, and time of the one processor that all share.
_CHOOSING_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Picks, the channel as it was when they were chosen, and the newest paper known then."""

    channel: dict[str, Any]
    newest_paper: int
    picks: list[Picked]


class Picker:
    """Makes a channel's picks; sending them is `Delivery`'s work."""

    def __init__(
        self,
        database: Database,
        matches: MatchCache,
        tastes: TasteStore,
        window: timedelta,
        *,
        metrics: Metrics | None = None,
        meanings: Meanings | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self.meanings = meanings or Meanings(database)
        self.nearness = NearnessCache(matches, self.meanings)
        self._database = database
        self._matches = matches
        self.tastes = tastes
        self.window = window
        self._choosing = asyncio.Semaphore(_CHOOSING_AT_ONCE)
        self._reading = asyncio.Lock()

    async def pick(self, channel_id: int, slot_at: datetime, now: datetime) -> list[int]:
        """Make a slot's picks once; returns the ids of its posts in order.

        Asked again for the same slot (after a crash, or by another worker), it returns the posts
        that were made the first time.
        """
        with bound_contextvars(slot=f"{channel_id}:{slot_at:%Y-%m-%dT%H:%M:%S}"):
            try:
                return await self._pick(channel_id, slot_at, now)
            except Exception:
                self._metrics.unpicked()
                log.exception("round.failed", channel_id=channel_id)
                raise

    async def _pick(self, channel_id: int, slot_at: datetime, now: datetime) -> list[int]:
        await self._matches.refresh(now)
        self.tastes.forget_unread(now)
        await self.refresh_nearness(channel_id, patient=True)
        chosen = await self._ahead(channel_id, slot_at, now)
        async with self._database.write() as session:
            await lock_channel(session, channel_id)
            channel = await channels.get(session, channel_id)
            if _is_new(channel, slot_at):
                if chosen is None or not await _holds(session, channel, chosen):
                    taste = await self.tastes.note_silence(session, channel_id, now)
                    chosen = await self._choose(session, channel, taste, now)
                # Not the newest there is by now: what came since was not looked at.
                channel.last_paper_id = max(channel.last_paper_id, chosen.newest_paper)
                made = await keep(session, channel, chosen.picks, slot_at=slot_at, now=now)
                self._metrics.picked([each.pick.kind for each in chosen.picks])
            else:
                made = await posts.list_slot(session, channel_id, slot_at)
        for post in made:
            log.info("picked", post_id=post.id, paper_id=post.paper_id, delivery=post.delivery_id)
        log.info("round", channel=channel.address, papers=len(made))
        return [post.id for post in made if post.id is not None]

    async def _ahead(self, channel_id: int, slot_at: datetime, now: datetime) -> _Chosen | None:
        """Choose before the turn to write comes, for which all channels wait.

        None where that cannot be: the slot's picks are made, or its taste has to learn first.
        """
        async with self._choosing, self._database.read() as session:
            channel = await channels.get(session, channel_id)
            taste = await self.tastes.current(session, channel_id, now)
            if taste is None or not _is_new(channel, slot_at):
                return None
            chosen = await self._choose(session, channel, taste, now)
        for each in chosen.picks:
            if each.found:
                # Read here once, which is kept: it takes longer than all else that is written.
                _ = each.found.match.evidence
        return chosen

    async def rehearse(self, channel_id: int, now: datetime) -> list[Picked]:
        """The picks that a round would make now; nothing is kept."""
        await self._matches.refresh(now)
        await self.refresh_nearness(channel_id)
        async with self._database.read() as session:
            channel = await channels.get(session, channel_id)
            taste = await self.tastes.load(session, channel_id)
            return (await self._choose(session, channel, taste, now)).picks

    async def matched(self, channel_id: int, now: datetime) -> Mapping[int, WatchMatch]:
        """For each paper of the window that a watch of the channel matches, the best match."""
        await self._matches.refresh(now)
        await self.refresh_nearness(channel_id)
        return await self._matches.of_channel(channel_id)

    async def weigh_again(
        self, session: AsyncSession, channel: Channel, now: datetime, only: int | None = None
    ) -> dict[int, Held]:
        """Matching papers of the window that a round would not pick, and why; by id.

        With `only`, no paper but that. Call `refresh_nearness` first.
        """
        assert channel.id is not None
        found = await self._matches.of_channel(channel.id, channel.threshold)
        if only is not None:
            found = {only: found[only]} if only in found else {}
        texts = [watch.text for watch in await watches.list_channel(session, channel.id)]
        near = self.nearness.measure(texts, found.keys())
        taste = await self.tastes.load(session, channel.id)
        pool = await self._matches.papers(found.keys())
        await self._read(taste, pool)
        likings = await asyncio.to_thread(_likings, taste, pool, now)
        held = {}
        for paper, liking in zip(pool, likings, strict=True):
            candidate = candidate_of(paper, found.get(paper.id or 0), near)
            verdict = judge(candidate, liking, threshold=channel.threshold, floor=channel.floor)
            if verdict != "pick":
                held[candidate.id] = Held(verdict, found[candidate.id], candidate.nearness)
        return held

    async def _choose(
        self, session: AsyncSession, channel: Channel, taste: Taste, now: datetime
    ) -> _Chosen:
        assert channel.id is not None
        known, newest = channel.model_dump(), self._matches.newest_paper
        if channel.state is ChannelState.GONE:
            return _Chosen(known, newest, [])
        limit, beyond = await left_today(session, channel, now)
        # Only a paper that may go beyond the watches is worth the reading without a match.
        may_go_beyond = beyond > 0 and taste.votes >= BEYOND_FROM
        least = 0.0 if may_go_beyond else channel.threshold
        found = await self._matches.of_channel(channel.id, least)
        texts = [watch.text for watch in await watches.list_channel(session, channel.id)]
        near = self.nearness.measure(texts, found.keys())
        some = found.keys() | {key for key, one in near.items() if one.open}
        ids = (
            await candidates.candidate_ids(session, channel.id, now - self.window)
            if may_go_beyond
            else await self._eligible(session, channel.id, some, now)
        )
        pool = await self._matches.papers(ids)
        await self._read(taste, pool)
        picks = await asyncio.to_thread(
            choose,
            [candidate_of(paper, found.get(paper.id or 0), near) for paper in pool],
            taste,
            limit=limit,
            threshold=channel.threshold,
            beyond=beyond,
            floor=channel.floor,
            at=now,
            seed=_seed(channel, now),
        )
        by_id = {paper.id: paper for paper in pool}
        picked = [Picked(by_id[pick.id], pick, _found(pick.id, found, near)) for pick in picks]
        if taste.votes > 0:
            picked = await self._with_votes(session, channel.id, picked, now)
        return _Chosen(known, newest, picked)

    async def _read(self, taste: Taste, papers: Sequence[Paper]) -> None:
        """Have papers read for a taste that has a say, which remembers them.

        Thousands that nobody read before take seconds: in a thread, and once for all who ask.
        """
        if taste.votes:
            async with self._reading:
                await asyncio.to_thread(_read_all, taste, papers)

    async def _with_votes(
        self, session: AsyncSession, channel_id: int, picked: Sequence[Picked], now: datetime
    ) -> list[Picked]:
        """The picks with what votes say of them."""
        asked = [
            (one.paper, one.pick.opinion, one.found.watch if one.found else "") for one in picked
        ]
        told = await tell(session, self.meanings, channel_id, asked, now)
        return [replace(one, told=each) for one, each in zip(picked, told, strict=True)]

    async def _eligible(
        self, session: AsyncSession, channel_id: int, some: Set[int], now: datetime
    ) -> Collection[int]:
        """Those of these papers that may be picked."""
        left = some - await posts.picked_from(session, channel_id, min(some, default=0))
        ids = await candidates.candidate_ids(session, channel_id, now - self.window, among=left)
        return [key for key in ids if key in left]

    async def refresh_nearness(self, channel_id: int, *, patient: bool = False) -> None:
        """Take up what is new of the meaning of papers and of this channel's watches.

        Only where `patient`, as a round is, papers that are being encoded are waited for.
        """
        async with self._database.read() as session:
            texts = [watch.text for watch in await watches.list_channel(session, channel_id)]
        await self.nearness.refresh(texts, patient=patient)


def _read_all(taste: Taste, papers: Sequence[Paper]) -> None:
    for paper in papers:
        taste.shared.read(paper)


def _likings(taste: Taste, papers: Sequence[Paper], now: datetime) -> list[float]:
    """What a taste says of papers (-1..1 each); 0 before the first vote."""
    if not taste.votes:
        return [0.0] * len(papers)
    values: list[float] = taste.values([taste.shared.read(paper) for paper in papers], now).tolist()
    return values


def _is_new(channel: Channel, slot_at: datetime) -> bool:
    return channel.last_slot_at is None or channel.last_slot_at < slot_at


async def _holds(session: AsyncSession, channel: Channel, chosen: _Chosen) -> bool:
    """Whether nobody changed the channel or gave it one of these papers since the choice."""
    ids = [each.pick.id for each in chosen.picks]
    same = channel.model_dump() == chosen.channel
    return same and not await posts.are_picked(session, channel.id or 0, ids)


async def left_today(session: AsyncSession, channel: Channel, now: datetime) -> tuple[int, int]:
    """How many papers, and how many beyond the watches, the channel's day still has room for."""
    since = day_start(parse_schedule(channel.schedule), now)
    had = await posts.count_since(session, channel.id or 0, since)
    own = had["watch"] + had["trying"]
    return max(0, channel.post_limit - own), max(0, channel.beyond - had["beyond"])


def candidate_of(paper: Paper, hit: WatchMatch | None, near: Mapping[int, Near]) -> Candidate:
    """A paper as `choose` weighs it, with its best match and its nearness, where it has them."""
    assert paper.id is not None
    one = near.get(paper.id)
    watch = hit.watch if hit else one.watch if one and one.open else ""
    return Candidate(
        id=paper.id,
        paper=paper,
        score=hit.match.score if hit else 0.0,
        topic=watch,
        popularity=float(paper.upvotes or 0),
        nearness=one.nearness if one else None,
        every=bool(hit) and wanted_by(watch).every,
        open=bool(one and one.open),
    )


def _found(
    paper_id: int, found: Mapping[int, WatchMatch], near: Mapping[int, Near]
) -> WatchMatch | None:
    """The match that made a paper a pick, or the watch it is near to, with a score of 0."""
    hit, one = found.get(paper_id), near.get(paper_id)
    if hit is None and one is not None and one.open:
        return WatchMatch(one.watch, Match(0.0, ()))
    return hit


def _seed(channel: Channel, now: datetime) -> int:
    """The same for one channel and local day, so that a rehearsal shows what a round would do."""
    day = now.date().isoformat()
    return int.from_bytes(hashlib.sha256(f"{channel.address}|{day}".encode()).digest()[:4], "big")
