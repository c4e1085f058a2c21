"""What commands ask of rounds: previews, reasons, searches and rounds at once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.stats import Stats
from bot.errors import CommandError, SourceError
from bot.matching.evaluate import evaluate
from bot.matching.query.expression import Expression, parse
from bot.matching.query.facts import dated, fact_told, unmet, without_filters
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from bot.picks.kinship import Told
from bot.ports import Person
from bot.rounds.delivery.deletions import PostDeletion
from bot.rounds.engine import Runs, Services
from bot.rounds.learning.stats import read_stats
from bot.rounds.learning.told import tell
from bot.rounds.picking import explain
from bot.rounds.picking.example_watches import MissedBy, missed_by
from bot.rounds.picking.explain import RoundForecast
from bot.rounds.picking.match_cache import LOWEST_THRESHOLD, MatchCache, WatchMatch
from bot.rounds.picking.meaning_search import MeaningSearch, NearPaper
from bot.rounds.picking.pick import delivery_id
from bot.rounds.picking.suggestions import Suggestion
from bot.rounds.scheduling.schedule import Slot
from bot.sources.base import Broken, Entry, Fresh
from bot.sources.registry import LONGEST_NAME, recognise
from storage import candidates, channels, library, papers, posts, sources, watches
from storage.database import lock_channel
from storage.models import Channel, ChannelState, Paper, Post, SourceHealth


@dataclass(frozen=True, slots=True)
class Preview:
    """What a channel, or one expression, would be shown: papers with their match, best first.

    `considered` is how many recent papers were looked at. A paper that no watch matched (one
    "beyond your watches") stands with a match of score 0 and no evidence. `forecast` is there for
    a channel, not for one expression; so is `told`, what votes say of papers by their id.
    """

    found: Sequence[tuple[Paper, Match]]
    considered: int
    forecast: RoundForecast | None = None
    told: Mapping[int, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a round brought to a channel: how many papers, or why none, as a sentence."""

    channel: str
    papers: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a round that somebody asked for picked, in order.

    `troubles` are sentences on the papers that the platform did not take, one for each reason.
    """

    papers: Sequence[Paper]
    troubles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What a threshold lets through of the window: how many papers, and the one just above it."""

    threshold: int
    papers: int
    example: Paper | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything known about one paper in one channel, for `why`.

    `match` is the best match of any watch at 60 or above, with that watch's text; `taste` is the
    taste's value in -1..1 and `told` what votes say; `outcome` is one plain sentence on what
    became of the paper ("It was posted on …", "It is below the threshold of 80.", …). `then` is the
    match for which it was picked, whatever the watches are today; `voted` says whether anybody
    here ever voted, for before the taste is nobody's. `missed` is the watch that would have
    brought a paper that none did. `filtered` are sentences on watches of
    which only a filter fails. `version` is a paper here that may be another version of this one.
    """

    watch: str | None
    match: Match | None
    taste: float
    told: Told
    outcome: str
    then: WatchMatch | None = None
    voted: bool = True
    missed: MissedBy | None = None
    filtered: tuple[str, ...] = ()
    version: Paper | None = None


SEARCHED = 5_000
"""How many of the newest papers a search looks through."""

_OFFERED = 5
_NOTHING = Match(0.0, ())


@dataclass(frozen=True, slots=True)
class RoundService:
    """Answers people's questions from the same parts that make the rounds.

    `fetch_one` asks arXiv for a paper; `runs` runs slots and posts durably; `withdrawal` takes
    posts down.
    """

    services: Services
    matches: MatchCache
    runs: Runs
    fetch_one: Callable[[str], Awaitable[Entry]]
    deletion: PostDeletion

    @property
    def lexicon(self) -> Lexicon:
        """The words this install knows."""
        return self.matches.lexicon

    async def preview(self, channel: Channel, expression: Expression | None) -> Preview:
        """What the expression, or the channel's next round, finds in the window."""
        now = self.services.now()
        await self.matches.refresh(now)
        async with self.services.database.read() as session:
            window = await candidates.readable_ids(
                session, _id(channel), now - self.services.rounds.window
            )
        if expression is not None:
            among = await self.matches.papers(window)
            found = await self.matches.of_expression(expression, among, channel.threshold)
            return Preview(found, len(window))
        picked = await self.services.rounds.rehearse(_id(channel), now)
        pairs = [(one.paper, one.found.match if one.found else _NOTHING) for one in picked]
        told = {one.paper.id or 0: one.told for one in picked if one.told}
        return Preview(pairs, len(window), await self.forecast(channel), told)

    async def reach(self, channel: Channel) -> Channel:
        """The channel as its platform says that it is now: whether it can be posted to."""
        return await self.services.reach.look(channel)

    async def public_name(self, channel: Channel) -> str | None:
        """What a channel is called, or None where others of its workspace may not know of it."""
        return channel.name if await self.services.notices.is_public(channel) else None

    async def forecast(self, channel: Channel) -> RoundForecast:
        """What the channel's next round has to work with."""
        services = self.services
        return await explain.forecast(services.database, services.rounds, channel, services.now())

    async def at_thresholds(
        self, channel: Channel, thresholds: Sequence[int]
    ) -> Sequence[AtThreshold]:
        """What each threshold would let through of the papers that the channel reads now."""
        now = self.services.now()
        await self.matches.refresh(now)
        found = await self.matches.of_channel(_id(channel))
        async with self.services.database.read() as session:
            since = now - self.services.rounds.window
            window = await candidates.readable_ids(session, _id(channel), since)
        matching = [key for key in window if key in found]
        scored = [
            (found[paper.id or 0].match.score, paper)
            for paper in await self.matches.papers(matching)
        ]
        return [_at(threshold, scored) for threshold in thresholds]

    async def judge(self, channel: Channel, paper: Paper) -> Judgement:
        """Why a paper was, or was not, posted in a channel."""
        now, window = self.services.now(), self.services.rounds.window
        await self.matches.refresh(now)
        await self.services.rounds.refresh_nearness(_id(channel))
        async with self.services.database.read() as session:
            texts = [watch.text for watch in await watches.list_channel(session, _id(channel))]
            best = await asyncio.to_thread(_best, texts, paper, self.lexicon)
            filtered = await asyncio.to_thread(
                _filtered, texts, paper, self.lexicon, channel.threshold
            )
            post = await posts.find_paper(session, _id(channel), paper.id or 0)
            taste = await self.services.rounds.tastes.load(session, _id(channel))
            if post:
                outcome = explain.of_post(channel, post)
            else:
                held = await self._held(session, channel, paper, now)
                outcome = await explain.of_unpicked(
                    session, channel, paper, best, held=held, now=now, window=window
                )
            lost = post is None and (best is None or best.match.score < channel.threshold)
            recent = await candidates.readable_ids(session, _id(channel), now - window)
            await self.services.rounds.tastes.read(session, [paper])
            opinion = taste.opinion(paper, now)
            found = explain.picked_for(post) or best
            asked = [(paper, opinion, found.watch if found else "")]
            [told] = await tell(session, self.services.rounds.meanings, _id(channel), asked, now)
        missed = (
            await missed_by(
                paper,
                await self.matches.papers(recent),
                self.matches.of_expression,
                channel.threshold,
            )
            if lost
            else None
        )
        return Judgement(
            watch=best.watch if best else None,
            match=best.match if best else None,
            taste=opinion.value,
            told=told,
            outcome=outcome,
            then=explain.picked_for(post),
            voted=taste.votes > 0,
            missed=missed,
            filtered=filtered,
            version=await self._by_meaning.find_version(_id(channel), paper),
        )

    async def _held(
        self, session: AsyncSession, channel: Channel, paper: Paper, now: datetime
    ) -> str:
        """Why a paper that matches is held back, "" where it is not."""
        key = paper.id or 0
        held = (await self.services.rounds.weigh_again(session, channel, now, only=key)).get(key)
        if held is None:
            return ""
        if held.verdict == "passing" and held.nearness is not None:
            return explain.passing(held.found, paper)
        return explain.DISLIKED

    async def stats(self, channel: Channel) -> Stats:
        """What the votes of a channel come to."""
        async with self.services.database.read() as session:
            return await read_stats(
                session, channel, self.services.rounds.tastes, self.services.now()
            )

    async def search(
        self, channel: Channel, text: str, limit: int
    ) -> Sequence[tuple[Paper, Match]]:
        """Stored papers of the channel's sources that match; raises ExpressionError.

        It looks through the newest `SEARCHED` of them, best match first. A span such as since:7d
        counts back from now.
        """
        expression = dated(parse(text), self.services.now().date())
        async with self.services.database.read() as session:
            newest = await candidates.recent_ids(session, _id(channel), SEARCHED)
            known = {paper.id: paper for paper in await self.matches.papers(newest)}
            older = [each for each in newest if each not in known]
            known |= {paper.id: paper for paper in await papers.get_many(session, older)}
        among = [known[each] for each in newest if each in known]
        found = await self.matches.of_expression(expression, among, LOWEST_THRESHOLD)
        return found[:limit]

    async def search_near(
        self, channel: Channel, text: str, limit: int, *, without: Collection[int] = ()
    ) -> Sequence[NearPaper]:
        """Papers of the channel's sources that are near to plain words in meaning, nearest first.

        Those of the ids `without` are left out. None where meaning is off or does not work.
        """
        try:
            return await self._by_meaning.near_text(_id(channel), text, limit, without=without)
        except CommandError:
            return ()

    async def similar(self, channel: Channel, paper: Paper, limit: int) -> Sequence[NearPaper]:
        """Papers of the channel's sources that are near to one in meaning, nearest first.

        Raises CommandError with a plain sentence where meaning is off or does not work.
        """
        return await self._by_meaning.near_paper(_id(channel), paper, limit)

    @property
    def _by_meaning(self) -> MeaningSearch:
        return MeaningSearch(self.services.database, self.services.rounds.meanings)

    async def round_now(self, channel: Channel) -> Brought:
        """Run a round for one channel; returns what it picked, as far as it stands by now.

        Raises CommandError with the reason where the channel takes no posts.
        """
        await self._reachable(channel)
        post_ids = await self.runs.run_slot(Slot(_id(channel), self.services.now()))
        async with self.services.database.read() as session:
            made = await posts.list_ids(session, post_ids)
            found = await channels.get(session, _id(channel))
        if not made:
            _refuse_lost(found)
        return Brought([paper for _, paper in made], explain.of_troubles([one for one, _ in made]))

    async def _reachable(self, channel: Channel) -> None:
        """Raise CommandError where the platform says that the channel takes no posts."""
        _refuse_lost(await self.reach(channel))

    async def fetch(self, arxiv_id: str) -> Entry:
        """Ask arXiv for one paper; raises SourceError."""
        return await self.fetch_one(arxiv_id)

    async def submit(self, channel: Channel, entry: Entry, by: Person) -> Paper:
        """Store a paper that a person handed in and post it in the channel, once."""
        await self._reachable(channel)
        await self.services.polling.take([entry], "submitted", channel.address, shared=False)
        async with self.services.database.read() as session:
            paper = await papers.find_by_names(session, entry.names)
        assert paper is not None
        await self.submit_known(channel, paper, by)
        return paper

    async def submit_known(self, channel: Channel, paper: Paper, by: Person) -> None:
        """Post a stored paper that a person chose; raises CommandError for one posted already."""
        await self._reachable(channel)
        async with self.services.database.write() as session:
            await lock_channel(session, _id(channel))
            known = await posts.find_paper(session, _id(channel), paper.id or 0)
            if known is not None:
                raise CommandError(explain.of_post(channel, known))
            post = _submitted(channel, paper, by, self.services.now())
            session.add(post)
            await session.flush()
        await self.runs.run_post(post.id or 0)

    async def teach(
        self, channel: Channel, entries: Sequence[Entry], known: Sequence[int], by: Person
    ) -> Sequence[int]:
        """Put a group's own papers into the channel's library; returns the ids of the new ones.

        They are stored like papers of a source that no channel reads, so that none is posted.
        """
        if entries:
            await self.services.polling.take(entries, "library", channel.address, shared=False)
        now = self.services.now()
        async with self.services.database.write() as session:
            await lock_channel(session, _id(channel))
            stored = [await papers.find_by_names(session, entry.names) for entry in entries]
            ids = [*known, *(paper.id or 0 for paper in stored if paper is not None)]
            fresh = await library.add(session, _id(channel), ids, by.id, now)
            if fresh:
                await self.services.rounds.tastes.put_off(session, _id(channel), now)
        return fresh

    async def suggestions(self, channel: Channel) -> list[Suggestion]:
        """Better watches for a channel by its votes, what helps most first."""
        return await self.services.suggester.find(channel)

    async def unteach(self, channel: Channel, paper_ids: Sequence[int]) -> None:
        """Take papers out of the channel's library, and forget what they taught."""
        async with self.services.database.write() as session:
            await lock_channel(session, _id(channel))
            if await library.remove(session, _id(channel), paper_ids):
                now = self.services.now()
                await self.services.rounds.tastes.put_off(session, _id(channel), now)

    async def delete(self, channel: Channel, paper: Paper) -> None:
        """Take a paper's post down; raises CommandError where none stands in the channel."""
        await self.deletion.delete(channel, paper)

    async def add_source(self, channel: Channel, kind: str, spec: str, name: str) -> str:
        """Read a new source for a channel; returns one line on what it holds.

        It is polled once before it is added, and raises SourceError when that fails.
        """
        async with self.services.database.read() as session:
            if not await sources.room_for(session, channel):
                raise CommandError(
                    f"This workspace reads {sources.MOST_OF_WORKSPACE} sources of its own, and no "
                    "more are read for one; remove one first, for example: sources remove 1"
                )
        outcome = await self.services.polling.ask(kind, spec, {})
        if isinstance(outcome, Broken) and len(outcome.offers) == 1:
            # A site's address: the one feed that it announces is what is meant.
            kind, spec, name = recognise(outcome.offers[0])
            outcome = await self.services.polling.ask(kind, spec, {})
        if isinstance(outcome, Broken):
            raise SourceError(f"{name} was not added: {_told(outcome)}")
        name = outcome.advice.title[:LONGEST_NAME] or name
        async with self.services.database.write() as session:
            source = await sources.add(session, kind=kind, spec=spec, name=name)
            await sources.choose(session, channel, source, on=True)
        if source.health is SourceHealth.BROKEN:
            await self.services.polling.poll(source.id or 0)
        elif source.fresh_at is None:
            await self.services.polling.keep(source, outcome)
        held = len(outcome.entries) if isinstance(outcome, Fresh) else 0
        told = f"{name} answers and holds {held} papers; only newer ones will be posted."
        return f"{told} {outcome.advice.note}.".replace("..", ".") if outcome.advice.note else told


def _told(broken: Broken) -> str:
    """Why a source cannot be read, and how to add one of several feeds that a page offers."""
    if not broken.offers:
        return broken.reason
    ways = "; ".join(f"sources add {offer}" for offer in broken.offers[:_OFFERED])
    return f"it is a web page with several feeds. Type one of: {ways}"


def _id(channel: Channel) -> int:
    assert channel.id is not None
    return channel.id


def _at(threshold: int, scored: Sequence[tuple[float, Paper]]) -> AtThreshold:
    passing = [(score, paper) for score, paper in scored if score >= threshold]
    nearest = min(passing, key=lambda pair: (pair[0], pair[1].id or 0), default=None)
    return AtThreshold(threshold, len(passing), nearest[1] if nearest else None)


def _refuse_lost(channel: Channel) -> None:
    if channel.state is ChannelState.GONE:
        raise CommandError(explain.obstructed(channel))


def _best(texts: Sequence[str], paper: Paper, lexicon: Lexicon) -> WatchMatch | None:
    found = [
        WatchMatch(text, match)
        for text in texts
        if (match := evaluate(parse(text), paper, lexicon, LOWEST_THRESHOLD)) is not None
    ]
    return max(found, key=lambda one: one.match.score, default=None)


_MOST_FILTERED = 3


def _filtered(
    texts: Sequence[str], paper: Paper, lexicon: Lexicon, threshold: float
) -> tuple[str, ...]:
    """Sentences on the first watches that would match but for a filter."""
    said: list[str] = []
    for text in texts:
        tree = parse(text)
        failed = unmet(tree, paper)
        rest = without_filters(tree)
        if failed and (rest is None or evaluate(rest, paper, lexicon, threshold)):
            facts = " and ".join(dict.fromkeys(fact_told(one, paper) for one in failed))
            said.append(f"“{text}” would match it, but it has {facts}.")
    return tuple(said[:_MOST_FILTERED])


def _submitted(channel: Channel, paper: Paper, by: Person, now: datetime) -> Post:
    return Post(
        channel_id=_id(channel),
        paper_id=paper.id or 0,
        delivery_id=delivery_id(channel, paper),
        kind="submitted",
        slot_at=now,
        match={"submitted_by": by.name or by.id, "submitter": by.id},
        picked_at=now,
        style=channel.style,
    )
