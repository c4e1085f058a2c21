"""A stand-in for rounds: real matching over papers given to it, and a note of what it was asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot.cards.stats import Stats
from bot.errors import SourceError
from bot.matching.evaluate import evaluate
from bot.matching.query.expression import Expression, parse
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from bot.ports import Person
from bot.rounds.learning.stats import read_stats
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.picking.explain import RoundForecast
from bot.rounds.picking.meaning_search import NearPaper
from bot.rounds.picking.suggestions import Suggestion
from bot.rounds.service import AtThreshold, Brought, Judgement, Preview
from bot.sources.base import Entry
from storage import library, sources, watches
from storage.database import Database
from storage.models import Channel, Paper
from tests import make


@dataclass
class FakeRounds:
    """Answers as `bot.rounds.service` does, without an engine, a platform or a network."""

    database: Database
    lexicon: Lexicon = field(default_factory=Lexicon.shipped)
    papers: list[Paper] = field(default_factory=list)
    picks: list[Paper] = field(default_factory=list)
    near: list[NearPaper] = field(default_factory=list)
    judgement: Judgement | None = None
    entry: Entry | None = None
    better: list[Suggestion] = field(default_factory=list)
    broken: str | None = None
    public: bool = True
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def preview(self, channel: Channel, expression: Expression | None) -> Preview:
        if expression is None:
            pairs = [(paper, Match(0.0, ())) for paper in self.picks]
            return Preview(pairs, len(self.papers), await self.forecast(channel))
        return Preview(self._matching(expression, channel.threshold), len(self.papers))

    async def reach(self, channel: Channel) -> Channel:
        return channel

    async def public_name(self, channel: Channel) -> str | None:
        return channel.name if self.public else None

    async def forecast(self, channel: Channel) -> RoundForecast:
        async with self.database.read() as session:
            watching = len(await watches.list_channel(session, channel.id or 0))
        return RoundForecast(
            watching, len(self.papers), 0, picked=0, waiting=0, left=channel.post_limit
        )

    async def at_thresholds(
        self, channel: Channel, thresholds: Sequence[int]
    ) -> Sequence[AtThreshold]:
        async with self.database.read() as session:
            texts = [one.text for one in await watches.list_channel(session, channel.id or 0)]
        found = [pair for text in texts for pair in self._matching(parse(text), 60)]
        passing = [[pair for pair in found if pair[1].score >= each] for each in thresholds]
        return [
            AtThreshold(each, len(pairs), pairs[-1][0] if pairs else None)
            for each, pairs in zip(thresholds, passing, strict=True)
        ]

    async def judge(self, channel: Channel, paper: Paper) -> Judgement:
        assert self.judgement is not None
        self.asked.append(("judge", channel.address, paper.title))
        return self.judgement

    async def stats(self, channel: Channel) -> Stats:
        async with self.database.read() as session:
            return await read_stats(session, channel, TasteStore(90), make.NOON)

    async def search(
        self, channel: Channel, text: str, limit: int
    ) -> Sequence[tuple[Paper, Match]]:
        return self._matching(parse(text), 60)[:limit]

    async def search_near(
        self, channel: Channel, text: str, limit: int, *, without: Collection[int] = ()
    ) -> Sequence[NearPaper]:
        return [one for one in self.near if one.paper.id not in without][:limit]

    async def similar(self, channel: Channel, paper: Paper, limit: int) -> Sequence[NearPaper]:
        return self.near[:limit]

    async def round_now(self, channel: Channel) -> Brought:
        self.asked.append(("round", channel.address))
        return Brought(self.picks)

    async def fetch(self, arxiv_id: str) -> Entry:
        if self.entry is None or f"arxiv:{arxiv_id}" not in self.entry.names:
            raise SourceError(f"arXiv has no paper {arxiv_id}.")
        return self.entry

    async def submit(self, channel: Channel, entry: Entry, by: Person) -> Paper:
        self.asked.append(("submit", channel.address, entry.title, by.name))
        async with self.database.write() as session:
            return await make.paper(session, entry.title, *entry.names)

    async def submit_known(self, channel: Channel, paper: Paper, by: Person) -> None:
        self.asked.append(("submit known", channel.address, paper.title, by.name))

    async def teach(
        self, channel: Channel, entries: Sequence[Entry], known: Sequence[int], by: Person
    ) -> Sequence[int]:
        async with self.database.write() as session:
            made = [await make.paper(session, each.title, *each.names) for each in entries]
            ids = [*known, *(paper.id or 0 for paper in made)]
            return await library.add(session, channel.id or 0, ids, by.id, make.NOON)

    async def suggestions(self, channel: Channel) -> list[Suggestion]:
        return self.better

    async def unteach(self, channel: Channel, paper_ids: Sequence[int]) -> None:
        async with self.database.write() as session:
            await library.remove(session, channel.id or 0, paper_ids)

    async def delete(self, channel: Channel, paper: Paper) -> None:
        self.asked.append(("delete", channel.address, paper.title))

    async def add_source(self, channel: Channel, kind: str, spec: str, name: str) -> str:
        if self.broken:
            raise SourceError(f"{name} was not added: {self.broken}")
        async with self.database.write() as session:
            source = await sources.add(session, kind=kind, spec=spec, name=name)
            await sources.choose(session, channel, source, on=True)
        return f"{name} answers and holds 7 papers."

    def _matching(self, expression: Expression, threshold: float) -> list[tuple[Paper, Match]]:
        pairs = [
            (each, evaluate(expression, each, self.lexicon, threshold)) for each in self.papers
        ]
        found = [(each, match) for each, match in pairs if match is not None]
        return sorted(found, key=lambda pair: -pair[1].score)
