"""Times our own index the way a running bot drives it: match a batch, then learn its words."""

from functools import partial
from itertools import islice
from statistics import median, quantiles
from time import perf_counter

from bot.matching.correct import correct
from bot.matching.expression import parse
from bot.matching.index import WatchIndex
from bot.matching.lexicon import Lexicon
from tests.bench.matching.cell import (
    TEN,
    Cell,
    Figures,
    measured_papers,
    peak_mb,
    read_watches,
    small_papers,
    timed,
    warming_papers,
)
from tests.bench.matching.watches import Watch
from tests.bench.real import Sample

_ALONE, _TENS, _CHANGES = 200, 20, 200
_LOWEST = 60.0


def measure(cell: Cell) -> Figures:
    """Build, warm, then time batches, tens, single papers and changes; every paper is new once."""
    base = peak_mb()
    lexicon = Lexicon.shipped()
    index = WatchIndex(lexicon)
    build_s = timed(lambda: _build(index, cell))
    learn = [_warm(index, lexicon, cell)]
    batches = [_batch(index, lexicon, cell, at) for at in range(3)]
    small = iter(small_papers(_ALONE + _TENS * TEN))
    alone = [_each(index, list(islice(small, 1))) for _ in range(_ALONE)]
    tens = [_each(index, list(islice(small, TEN))) for _ in range(_TENS)]
    index_mb = index.memory() / 1e6
    add, remove = _changes(index, lexicon, read_watches(cell, start=cell.watches, count=_CHANGES))
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
        learn=median(learn),
        add=add,
        remove=remove,
        base_mb=base,
        peak_mb=peak_mb(),
        index_mb=index_mb,
    )


def _build(index: WatchIndex, cell: Cell) -> None:
    """From the texts in storage to the first answer; corrected when added, so not again here."""
    for key, watch in enumerate(read_watches(cell)):
        index.add(key, parse(watch.text))
    index.match(small_papers(1), threshold=_LOWEST)


def _warm(index: WatchIndex, lexicon: Lexicon, cell: Cell) -> float:
    """Send papers through that are not timed; µs a paper of learning them."""
    learning = 0.0
    for papers in warming_papers(cell.warmed):
        index.match(papers, threshold=_LOWEST)
        learning += timed(partial(lexicon.learn, papers))
    return learning * 1e6 / cell.warmed


def _batch(index: WatchIndex, lexicon: Lexicon, cell: Cell, at: int) -> tuple[float, float, float]:
    """µs a paper unseen and seen, and finds a paper, of one timed batch; then learn it."""
    papers = measured_papers(cell.batch, at)
    start = perf_counter()
    found = index.match(papers, threshold=_LOWEST)
    unseen = perf_counter() - start
    warm = timed(lambda: index.match(papers, threshold=_LOWEST))
    lexicon.learn(papers)
    each = 1e6 / len(papers)
    return unseen * each, warm * each, sum(map(len, found)) / len(papers)


def _each(index: WatchIndex, papers: list[Sample]) -> float:
    return timed(lambda: index.match(papers, threshold=_LOWEST)) * 1e6 / len(papers)


def _changes(index: WatchIndex, lexicon: Lexicon, fresh: list[Watch]) -> tuple[float, float]:
    """Median µs to parse, correct and add a watch, and to remove it again."""
    added = [timed(partial(_add, index, lexicon, watch)) for watch in fresh]
    removed = [timed(partial(index.remove, watch.text)) for watch in fresh]
    return median(added) * 1e6, median(removed) * 1e6


def _add(index: WatchIndex, lexicon: Lexicon, watch: Watch) -> None:
    index.add(watch.text, correct(parse(watch.text), lexicon).expression)
