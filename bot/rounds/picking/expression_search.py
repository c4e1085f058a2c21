"""Expressions of people matched against stored papers: those asked at the same time in one pass."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.matching.query.expression import Expression
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.types import Match
from bot.rounds.picking.match_store import explained, index_of, matched
from storage.models import Paper

Found = list[tuple[Paper, Match]]
"""Papers with their match, best first."""


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

    A pass over thousands of papers takes most of a second of processor however few expressions it
    looks for. What is asked during a pass is answered by the next one, all of it together, so that
    a crowd waits for two passes and never takes more than one thread.
    """

    def __init__(self, lexicon: Callable[[], Lexicon]) -> None:
        self._lexicon = lexicon
        self._waiting: list[_Ask] = []
        self._working: asyncio.Task[None] | None = None

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
                found = await asyncio.to_thread(_pass, asks, self._lexicon())
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                for ask in asks:
                    if not ask.answer.done():
                        ask.answer.set_exception(error)
                continue
            for ask, each in zip(asks, found, strict=True):
                if not ask.answer.done():
                    ask.answer.set_result(each)


def _pass(asks: Sequence[_Ask], lexicon: Lexicon) -> list[Found]:
    """What each ask finds, from one pass over all their papers."""
    trees = list({str(ask.expression): ask.expression for ask in asks}.values())
    keys = {str(tree): key for key, tree in enumerate(trees)}
    papers = {id(paper): paper for ask in asks for paper in ask.papers}
    index = index_of(lexicon, dict(enumerate(trees)))
    lowest = min(ask.threshold for ask in asks)
    hits: list[dict[int, float]] = [{} for _ in trees]
    union = list(papers.values())
    for start in range(0, len(union), _AT_ONCE):
        some = union[start : start + _AT_ONCE]
        for paper, scores in zip(some, matched(index, some, lowest), strict=True):
            for key, score in scores:
                hits[key][id(paper)] = score
    words = KnownWords(lexicon)
    return [_found(ask, hits[keys[str(ask.expression)]], words) for ask in asks]


def _found(ask: _Ask, scores: dict[int, float], words: KnownWords) -> Found:
    pairs = [
        (paper, Match(score, partial(explained, ask.expression, paper, words)))
        for paper in ask.papers
        if (score := scores.get(id(paper), 0.0)) >= ask.threshold
    ]
    return sorted(pairs, key=lambda pair: (-pair[1].score, -(pair[0].id or 0)))
