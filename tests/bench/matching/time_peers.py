"""Times one peer at one number of watches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.matching.cell import (
    TEN,
    Cell,
    Figures,
    measured_batches,
    measured_papers,
    peak_mb,
    read_watches,
    small_papers,
)
from tests.bench.matching.peers import WORKERS, AhoCorasick, Fts5, Peer, Scorer, Tantivy
from tests.bench.matching.watches import Watch
from tests.bench.real import Sample

_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a peer is made, on how many batches it is timed, and how many watches it is given."""

    make: Callable[[Sequence[Watch]], Peer]
    rounds: int = 3
    most_watches: int = 1_000_000
    tens: int = 0
    slow: bool = False


PEERS = {
    "Aho-Corasick": Recipe(AhoCorasick, tens=20),
    "FTS5 porter": Recipe(Fts5, tens=3),
    "tantivy phrase": Recipe(lambda watches: Tantivy(watches, "stemmed phrase")),
    "tantivy fuzzy": Recipe(
        lambda watches: Tantivy(watches, "fuzzy"), rounds=1, most_watches=10_000
    ),
    "cdist partial_ratio": Recipe(
        lambda watches: Scorer(watches, "partial_ratio"), rounds=1, slow=True
    ),
    "cdist token_set_ratio": Recipe(
        lambda watches: Scorer(watches, "token_set_ratio"), rounds=1, slow=True
    ),
}


def measure(cell: Cell) -> Figures:
    """Build the peer of the cell and time it on batches and, where it can, on tens."""
    recipe = PEERS[cell.subject]
    base = peak_mb()
    watches = list(read_watches(cell, count=min(cell.watches, recipe.most_watches)))
    scale = cell.watches / len(watches)
    built: list[Peer] = []
    build_s = cell.timed(lambda: built.append(recipe.make(watches))) * scale
    peer = built[0]
    papers = measured_papers(cell.batch, 0)
    fit = _fitting(peer, papers, cell) if recipe.slow else len(papers)
    batches = measured_batches(fit, recipe.rounds)
    calls = [_call(cell, peer, batch, scale) for batch in batches]
    tens = [_call(cell, peer, ten, scale)[0] for ten in _tens(recipe.tens)]
    sampled = [f"{fit} papers"] if fit < cell.batch else []
    sampled += [f"{len(watches):,} watches"] if scale > 1 else []
    return Figures(
        cell.subject,
        cell.watches,
        build_s,
        unseen=median(took for took, _ in calls),
        tens=median(tens) if tens else 0,
        finds=median(finds for _, finds in calls),
        base_mb=base,
        peak_mb=peak_mb(),
        sampled=" × ".join(sampled),
    )


def _call(
    cell: Cell, peer: Peer, papers: Sequence[Sample], scale: float = 1
) -> tuple[float, float]:
    """µs and finds a paper; the search, but not the loading of papers, is scaled to all watches."""
    finds: list[int] = []
    # Two workers that never wait for each other: the best that a processor's time can say.
    workers = WORKERS if cell.clock == "cpu" and isinstance(peer, Scorer) else 1
    loading = cell.timed(lambda: peer.load(papers))
    searching = cell.timed(lambda: finds.append(peer.search())) * scale / workers
    return (loading + searching) * 1e6 / len(papers), finds[0] * scale / len(papers)


def _fitting(peer: Peer, papers: Sequence[Sample], cell: Cell) -> int:
    """How many of the papers the peer can do in `seconds`, if its time grows with their number."""
    each = _call(cell, peer, papers[:_FEWEST])[0] / 1e6
    return min(len(papers), max(_FEWEST, int(cell.seconds / each)))


def _tens(count: int) -> list[list[Sample]]:
    papers = small_papers(count * TEN)
    return [papers[start : start + TEN] for start in range(0, len(papers), TEN)]
