"""Our own matching as a scorer, driven the way the product drives it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from bot.errors import ExpressionError
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.query.suggest import correct
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from tests.quality.matching.judged import Judged, Scores

THRESHOLD = 80.0
"""The default of a channel, and what our figures are reported at."""

_LOWEST = 60.0
_BATCH = 1000


@dataclass
class Ours:
    """What our matching found: scores from 60 up (0 below), and the matches behind them.

    `matches` is keyed by (topic row, paper row); `refused` are topics that are no valid watch,
    which then match nothing.
    """

    scores: Scores
    matches: dict[tuple[int, int], Match] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def score(task: Judged) -> Ours:
    """Every topic as a watch typed in plain words, on every paper, in one index.

    The lexicon has learned the task's papers, as it has learned a running bot's; it never sees
    a judgement.
    """
    lexicon = Lexicon.shipped()
    lexicon.learn(task.papers)
    ours = Ours(np.zeros((len(task.topics), len(task.papers)), dtype=np.float32))
    index = _watching(task.topics, lexicon, ours.refused)
    for start in range(0, len(task.papers), _BATCH):
        batch = list(islice(task.papers, start, start + _BATCH))
        for place, found in enumerate(index.match(batch, threshold=_LOWEST), start):
            for row, match in found.items():
                ours.scores[row, place] = match.score
                ours.matches[row, place] = match
    return ours


def _watching(topics: Sequence[str], lexicon: Lexicon, refused: list[str]) -> WatchIndex:
    index = WatchIndex(lexicon)
    for row, topic in enumerate(topics):
        try:
            index.add(row, correct(parse(topic), lexicon).expression)
        except ExpressionError:
            refused.append(topic)
    return index
