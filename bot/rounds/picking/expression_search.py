"""Expressions of people matched against stored papers: those asked at the same time in one pass."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import is_not

from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import Expression
from bot.matching.text.acronyms import acronyms
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.types import Match
from bot.rounds.picking.match_store import explained, matched
from storage.models import Paper

Found = list[tuple[Paper, Match]]
"""Papers with their match, best first."""


IDLE_SECONDS = 60.0
"""How long after a pass the words of its papers are known: some 20 MB for 5,000 papers."""

_AT_ONCE = 200
"""Papers of one step: a longer one would hold up the event loop, which shares one lock with it."""


@dataclass(frozen=True, slots=True)
class _Ask:
    expression: Expression
    papers: Sequence[Paper]
    threshold: float
    answer: asyncio.Future[Found]


class ExpressionSearch:
    """Matches one expression against many papers.

    A first pass over thousands of papers takes most of a second of processor however few
    expressions it looks for, and one soon after it a third of that: their words are known. What is
    asked during a pass is answered by the next one, all of it together, so that a crowd waits for
    two passes and never takes more than one thread.
    """

    def __init__(self, lexicon: Callable[[], Lexicon]) -> None:
        self._lexicon = lexicon
        self._waiting: list[_Ask] = []
        self._working: asyncio.Task[None] | None = None
        self._index: WatchIndex[int] | None = None
        self._read_with: tuple[object, object] = (None, None)
        self._letting_go: asyncio.TimerHandle | None = None

    async def find(
        self, expression: Expression, papers: Sequence[Paper], threshold: float
    ) -> Found:
        """The papers that the expression matches at or above `threshold`, best first."""
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Ask(expression, papers, threshold, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off(), name="expressions")
        return await answer

    async def _work_off(self) -> None:
        while self._waiting:
            asks, self._waiting = self._waiting, []
            try:
                lexicon = self._lexicon()
                found = await asyncio.to_thread(_pass, asks, self._index_for(lexicon), lexicon)
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                for ask in asks:
                    if not ask.answer.done():
                        ask.answer.set_exception(error)
                continue
            for ask, each in zip(asks, found, strict=True):
                if not ask.answer.done():
                    ask.answer.set_result(each)
        self._let_go_later()

    def _index_for(self, lexicon: Lexicon) -> WatchIndex[int]:
        """The index of the pass before, which knows the papers' words; another for other words."""
        read_with = lexicon, acronyms()
        if self._index is None or any(map(is_not, read_with, self._read_with)):
            self._index, self._read_with = WatchIndex(lexicon), read_with
        return self._index

    def _let_go_later(self) -> None:
        if self._letting_go is not None:
            self._letting_go.cancel()
        loop = asyncio.get_running_loop()
        self._letting_go = loop.call_later(IDLE_SECONDS, self._let_go)

    def _let_go(self) -> None:
        if self._working is None or self._working.done():
            self._index = None


def _pass(asks: Sequence[_Ask], index: WatchIndex[int], lexicon: Lexicon) -> list[Found]:
    """What each ask finds, from one pass over all their papers; the index is left empty."""
    trees = list({str(ask.expression): ask.expression for ask in asks}.values())
    keys = {str(tree): key for key, tree in enumerate(trees)}
    papers = {id(paper): paper for ask in asks for paper in ask.papers}
    index.add_all(enumerate(trees))
    lowest = min(ask.threshold for ask in asks)
    hits: list[dict[int, float]] = [{} for _ in trees]
    union = list(papers.values())
    try:
        for start in range(0, len(union), _AT_ONCE):
            some = union[start : start + _AT_ONCE]
            for paper, scores in zip(some, matched(index, some, lowest), strict=True):
                for key, score in scores:
                    hits[key][id(paper)] = score
    finally:
        for key in range(len(trees)):
            index.remove(key)
    words = KnownWords(lexicon)
    return [_found(ask, hits[keys[str(ask.expression)]], words) for ask in asks]


def _found(ask: _Ask, scores: dict[int, float], words: KnownWords) -> Found:
    pairs = [
        (paper, Match(score, partial(explained, ask.expression, paper, words)))
        for paper in ask.papers
        if (score := scores.get(id(paper), 0.0)) >= ask.threshold
    ]
    return sorted(pairs, key=lambda pair: (-pair[1].score, -(pair[0].id or 0)))
