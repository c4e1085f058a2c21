"""Measures the joining of a paper's versions: `python -m tests.quality.versions`.

Real pairs are papers that two collections hold under one arXiv id, each with its own words, and
papers that were handed in twice. The condition on identities is left out here: it would only
refuse more.
"""

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np

from bot.meaning.encoder import Floats
from bot.picks.backtest.dataset import ReplayedPaper
from bot.picks.relevance import centred
from bot.picks.shared_model import Meaning
from bot.rounds.picking.meaning_search import SAME
from storage.models import PaperFacts
from storage.paper_versions import are_versions, may_be_versions
from tests.bench.results import QUALITY_PAGE, table, write_section
from tests.quality import curator
from tests.quality.meanings import meaning_of
from tests.shared import SHARED

COMMAND = "python -m tests.quality.versions"
RANDOM = 10_000
LOOKED_UP = 5_000
PREPRINT, JOURNAL = ("arxiv:1",), ("doi:10.1038/1",)


def measure(data: Path) -> str:
    """Versions of one paper: what is joined by itself, and what `why` proposes."""
    arxiv = [_facts(row) for row in _rows(data / "arxiv")]
    daily = {row["id"]: _facts(row) for row in _rows(data / "hf_daily_papers")}
    ids = [row["id"] for row in _rows(data / "arxiv")]
    two_texts = [(daily[key], one) for key, one in zip(ids, arxiv, strict=True) if key in daily]
    retitled = [pair for pair in two_texts if pair[0].title != pair[1].title]
    rng = np.random.default_rng(0)
    random = [(arxiv[a], arxiv[b]) for a, b in _pairs(rng, len(arxiv))]
    namesakes = list(_namesakes(rng, arxiv))
    rows = [
        ["one arXiv id, the words of two collections", *_joined(two_texts)],
        ["of these, titles written differently", *_joined(retitled)],
        ["one title, two arXiv ids (handed in twice)", *_joined(list(_twice(arxiv)))],
        ["random pairs", *_joined(random)],
        ["random pairs of one first author's surname", *_joined(namesakes)],
    ]
    return "\n\n".join(
        (table(["pairs", "number", "joined"], rows), READ, _proposed(data, two_texts))
    )


READ = (
    "All pairs of one title and two ids were read: each is one team's work, handed in again. Such "
    "are not joined in use, for both are preprints; only a preprint and what has a publisher's "
    "identity are."
)


def _proposed(data: Path, two_texts: Sequence[tuple[PaperFacts, PaperFacts]]) -> str:
    """How near real pairs and the nearest other papers are, and what of both is proposed."""
    channel, known = curator.read(data)
    entries = [entry for day in (*known, *channel.days) for entry in day.entries]
    meaning = meaning_of(entries)
    rows = centred(_vectors(entries, meaning), meaning.centre)
    published = {entry.id: day.at for day in (*known, *channel.days) for entry in day.entries}
    changed = [pair for pair in two_texts if _words(pair[0]) != _words(pair[1])]
    left, right = (
        centred(_vectors(texts, meaning_of(texts)), meaning.centre)
        for texts in ([_replayed(pair[side]) for pair in changed] for side in (0, 1))
    )
    near = (left * right).sum(axis=1)
    chosen = np.random.default_rng(0).choice(len(entries), LOOKED_UP, replace=False)
    others = rows[chosen] @ rows.T
    others[np.arange(len(chosen)), chosen] = -1
    nearest = others.argmax(axis=1)
    falsely = [
        (entries[a], entries[b])
        for a, b, how in zip(chosen, nearest, others.max(axis=1), strict=True)
        if how >= SAME
        and may_be_versions(
            _of(entries[a], published), PREPRINT, _of(entries[b], published), JOURNAL
        )
    ]
    shown = "; ".join(f"“{a.title}” and “{b.title}”" for a, b in falsely[:5])
    kept = float((near >= SAME).mean())
    return (
        f"Proposed (nearness of {SAME} or more, one first author's surname, within a year): of "
        f"{len(changed)} real pairs whose words differ {kept:.3f} are near enough (a tenth are "
        f"under {np.quantile(near, 0.1):.2f}). Of {LOOKED_UP:,} papers' nearest other papers "
        f"{len(falsely)} would be proposed{': ' + shown if shown else ''}."
    )


def _joined(pairs: Sequence[tuple[PaperFacts, PaperFacts]]) -> tuple[str, str]:
    joined = sum(are_versions(one, PREPRINT, other, JOURNAL) for one, other in pairs)
    return f"{len(pairs):,}", f"{joined:,}"


def _pairs(rng: np.random.Generator, of: int) -> Iterator[tuple[int, int]]:
    found = 0
    while found < RANDOM:
        one, other = rng.integers(0, of, 2).tolist()
        if one != other:
            found += 1
            yield one, other


def _namesakes(
    rng: np.random.Generator, papers: Sequence[PaperFacts]
) -> Iterator[tuple[PaperFacts, PaperFacts]]:
    groups: defaultdict[str, list[PaperFacts]] = defaultdict(list)
    for paper in papers:
        groups[paper.authors[0].split()[-1].casefold()].append(paper)
    several = [group for group in groups.values() if len(group) > 1]
    for place in rng.integers(0, len(several), RANDOM).tolist():
        one, other = rng.choice(len(several[place]), 2, replace=False)
        yield several[place][one], several[place][other]


def _twice(papers: Sequence[PaperFacts]) -> Iterator[tuple[PaperFacts, PaperFacts]]:
    groups: defaultdict[str, list[PaperFacts]] = defaultdict(list)
    for paper in papers:
        groups[" ".join(paper.title.casefold().split())].append(paper)
    for group in groups.values():
        yield from combinations(group, 2)


def _rows(folder: Path) -> list[dict[str, object]]:
    with gzip.open(folder / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _facts(row: dict) -> PaperFacts:
    return PaperFacts(
        title=row["title"], abstract=row["summary"] or "", authors=list(row["authors"]) or [""]
    )


def _replayed(facts: PaperFacts) -> ReplayedPaper:
    return ReplayedPaper("", facts.title, facts.abstract, tuple(facts.authors))


def _of(entry: ReplayedPaper, published: dict[str, datetime]) -> PaperFacts:
    return PaperFacts(
        title=entry.title, authors=list(entry.authors), published_at=published[entry.id]
    )


def _words(facts: PaperFacts) -> list[str]:
    return f"{facts.title} {facts.abstract}".split()


def _vectors(texts: Sequence[ReplayedPaper], meaning: Meaning) -> Floats:
    found = [meaning.find(meaning.model, one.title, one.abstract) for one in texts]
    return np.array(found, dtype=np.float32)


def main() -> None:
    """Measure and write the section."""
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout")
    body = f"{measure.__doc__}\n\n{measure(SHARED)}"
    write_section(
        QUALITY_PAGE,
        "Versions of one paper",
        body,
        command=COMMAND,
        today=datetime.now(UTC).date(),
    )


if __name__ == "__main__":
    main()
