"""Times our own index the way a running bot drives it: match a batch, then learn its words."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from statistics import median, quantiles

from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.query.suggest import correct
from bot.matching.text.lexicon import Lexicon
from tests.bench.matching.cell import (
    TEN,
    Cell,
    Figures,
    measured_papers,
    peak_mb,
    read_watches,
    small_papers,
    warming_papers,
)
from tests.bench.matching.stages import Stages
from tests.bench.matching.watches import Watch
from tests.bench.real import Sample

_ALONE, _TENS, _CHANGES, _BATCHES = 200, 20, 200, 3
_DEFAULT, _LOWEST = 80.0, 60.0
"""Thresholds: of a new channel, as the peers' cut-off is; and the lowest that one may set."""


def measure(cell: Cell) -> Figures:
    """Build, warm, then time batches, tens, single papers and changes; every paper is new once."""
    base = peak_mb()
    bench = _Bench(cell)
    build_s = cell.timed(bench.build)
    learn = bench.warm()
    unseen_stages, alone_stages = Stages(cell.now), Stages(cell.now)
    batches = [bench.batch(at, unseen_stages) for at in range(_BATCHES)]
    lowest = bench.each(measured_papers(cell.batch, 0), _LOWEST)
    small = iter(small_papers(_ALONE + _TENS * TEN))
    with alone_stages:
        alone = [bench.each(list(islice(small, 1))) for _ in range(_ALONE)]
    tens = [bench.each(list(islice(small, TEN))) for _ in range(_TENS)]
    explain = bench.explain(small_papers(_TENS * TEN))
    index_mb = bench.index.memory() / 1e6
    fresh = list(read_watches(cell, start=cell.watches, count=_CHANGES))
    add, remove = bench.microseconds(bench.add, fresh), bench.microseconds(bench.remove, fresh)
    return Figures(
        cell.subject,
        cell.watches,
        build_s,
        unseen=median(unseen for unseen, _, _ in batches),
        warm=median(warm for _, warm, _ in batches),
        finds=median(finds for _, _, finds in batches),
        tens=median(tens),
        alone=median(alone),
        alone_p95=quantiles(alone, n=20)[-1],
        lowest=lowest,
        explain=explain,
        learn=learn,
        add=add,
        remove=remove,
        base_mb=base,
        peak_mb=peak_mb(),
        index_mb=index_mb,
        shares=unseen_stages.shares(),
        alone_shares=alone_stages.shares(),
    )


class _Bench:
    """One index and its lexicon; times are in µs a paper unless named otherwise."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._lexicon = Lexicon.shipped()
        self.index: WatchIndex[int | str] = WatchIndex(self._lexicon)

    def build(self) -> None:
        """From the texts in storage to the first answer; corrected when added, not again here."""
        watches = enumerate(read_watches(self._cell))
        self.index.add_all((key, parse(watch.text)) for key, watch in watches)
        self._match(small_papers(1))

    def warm(self) -> float:
        """Send papers through that are not timed; how long learning them took."""
        learning = 0.0
        for papers in warming_papers(self._cell.warmed):
            self._match(papers)
            learning += self._cell.timed(partial(self._lexicon.learn, papers))
        return learning * 1e6 / self._cell.warmed

    def batch(self, at: int, stages: Stages) -> tuple[float, float, float]:
        """The time unseen and seen, and finds a paper, of one timed batch; then learn it.

        `stages` note where the time of the unseen papers went.
        """
        papers = measured_papers(self._cell.batch, at)
        with stages:
            unseen = self.each(papers)
        warm = self.each(papers)
        finds = self._match(papers) / len(papers)
        self._lexicon.learn(papers)
        return unseen, warm, finds

    def each(self, papers: Sequence[Sample], threshold: float = _DEFAULT) -> float:
        """The time of one call for these papers."""
        return self._cell.timed(partial(self._match, papers, threshold)) * 1e6 / len(papers)

    def add(self, watch: Watch) -> None:
        """All that adding costs when a person types a watch."""
        self.index.add(watch.text, correct(parse(watch.text), self._lexicon).expression)

    def remove(self, watch: Watch) -> None:
        """Take the watch away again."""
        self.index.remove(watch.text)

    def microseconds(self, change: Callable[[Watch], None], watches: Sequence[Watch]) -> float:
        """The median time of one change, in µs."""
        return median(self._cell.timed(partial(change, watch)) for watch in watches) * 1e6

    def explain(self, papers: Sequence[Sample]) -> float:
        """The µs of one find's evidence, which the index works out when someone reads it."""
        finds = [match for found in self.index.match(papers, _DEFAULT) for match in found.values()]
        return self._cell.timed(lambda: [match.evidence for match in finds]) * 1e6 / len(finds)

    def _match(self, papers: Sequence[Sample], threshold: float = _DEFAULT) -> int:
        """Match, and read every find's key and score; the number of finds."""
        return sum(len(found.scores()) for found in self.index.match(papers, threshold))
