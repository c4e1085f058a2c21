"""Papers, topics, and which paper someone else has said belongs to which topic."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.real import Sample, shared_data
from tests.quality.matching.spellings import families

Scores = NDArray[np.float32]
"""Of shape (topics, papers), at least 0, higher is better; 0 is no match."""

_FEWEST = 5
_CACM_RECORD = re.compile(r"\.I (\d+)")
_CACM_FIELD = re.compile(r"\.([A-Z])")


@dataclass(frozen=True)
class Judged:
    """One task: `wanted` is of shape (topics, papers), true where the judge wanted the paper.

    `filter` says in a sentence which topics were taken, and what counts as wanted.
    """

    name: str
    filter: str
    papers: tuple[Sample, ...]
    topics: tuple[str, ...]
    wanted: NDArray[np.bool_]


def tags() -> Judged:
    """M1: CiteULike-a's tags against its titles; what nobody tagged so counts as unwanted."""
    folder = shared_data() / "citeulike_a"
    names, titles = _lines(folder / "tags.dat"), _lines(folder / "citeutitles.txt")
    tagged: dict[str, set[int]] = {}
    for paper, row in enumerate(_lines(folder / "item-tag.dat")):
        for tag in row.split()[1:]:
            tagged.setdefault(names[int(tag)], set()).add(paper)
    return _judged(
        "M1",
        "tags of 3 or more characters on 20-300 papers; wanted = tagged so; texts are titles; "
        "hyphens and underscores of a tag are blanks, for every method",
        tuple(Sample(title) for title in titles),
        [
            (re.sub("[-_]+", " ", tag), papers)
            for tag, papers in sorted(tagged.items())
            if len(tag) >= 3 and 20 <= len(papers) <= 300
        ],
    )


def queries() -> Judged:
    """M2: CACM's title queries against titles, abstracts and keywords, with full judgements."""
    folder = shared_data() / "cacm"
    records = dict(_cacm_records(folder / "cacm.all"))
    place = {number: at for at, number in enumerate(records)}
    texts = dict(line.split(maxsplit=1) for line in _lines(folder / "title.query"))
    judged: dict[str, set[int]] = {}
    for line in _lines(folder / "cacm.qrels"):
        query, _, number, _ = line.split()
        judged.setdefault(texts[query.zfill(2)], set()).add(place[int(number)])
    return _judged(
        "M2",
        "CACM's title queries that have judgements; texts are title, abstract and keywords",
        tuple(records.values()),
        list(judged.items()),
    )


def keywords() -> Judged:
    """M3: the keywords that Daily Papers gave its papers, against titles and abstracts."""
    papers, carried = _keyworded()
    return _judged(
        "M3",
        f"keywords on {_FEWEST} or more papers of the raw days, case folded; wanted = papers "
        "carrying that very spelling; papers without any keyword are left out; texts are title "
        "and abstract",
        papers,
        [(keyword, at) for keyword, at in carried.items() if len(at) >= _FEWEST],
    )


def spelled_keywords() -> Judged:
    """M3S: the same, where "LLMs", "LLM" and "large language models" are one keyword."""
    papers, carried = _keyworded()
    texts = [f"{paper.title}. {paper.abstract}" for paper in papers]
    topics = []
    for family in families(list(carried), texts):
        places = set().union(*(carried[keyword] for keyword in family))
        commonest = max(family, key=lambda keyword: (len(carried[keyword]), keyword))
        topics.append((commonest, places))
    return _judged(
        "M3S",
        "as M3, but wanted = papers carrying the keyword in any spelling: the same Porter stems, "
        "or an acronym and its long form as two or more papers define it; the watch is the "
        f"commonest spelling; {_FEWEST} or more papers",
        papers,
        [(keyword, at) for keyword, at in topics if len(at) >= _FEWEST],
    )


TASKS = {"M1": tags, "M2": queries, "M3": keywords, "M3S": spelled_keywords}


def _keyworded() -> tuple[tuple[Sample, ...], dict[str, set[int]]]:
    """The papers that have keywords, and where each keyword stands among them."""
    papers = [paper for paper in _daily_papers() if paper.get("ai_keywords")]
    carried: dict[str, set[int]] = {}
    for place, paper in enumerate(papers):
        for keyword in paper["ai_keywords"]:
            carried.setdefault(" ".join(keyword.casefold().split()), set()).add(place)
    samples = tuple(Sample(paper["title"], paper["summary"]) for paper in papers)
    return samples, dict(sorted(carried.items()))


def _judged(
    name: str, rule: str, papers: tuple[Sample, ...], topics: Sequence[tuple[str, set[int]]]
) -> Judged:
    wanted = np.zeros((len(topics), len(papers)), dtype=bool)
    for row, (_, places) in enumerate(topics):
        wanted[row, list(places)] = True
    return Judged(name, rule, papers, tuple(text for text, _ in topics), wanted)


def _cacm_records(path: Path) -> Iterator[tuple[int, Sample]]:
    """Records start at ".I <number>" only: one stray ".I" stands inside a record."""
    number, field = 0, ""
    parts: dict[str, list[str]] = {}
    for line in [*_lines(path), ".I 0"]:
        if start := _CACM_RECORD.fullmatch(line):
            if number:
                yield number, _cacm_sample(parts)
            number, field, parts = int(start[1]), "", {}
        elif start := _CACM_FIELD.fullmatch(line):
            field = start[1]
        else:
            parts.setdefault(field, []).append(line)


def _cacm_sample(parts: Mapping[str, list[str]]) -> Sample:
    title, *rest = ("\n".join(parts.get(field, ())) for field in "TWK")
    return Sample(title, "\n\n".join(part for part in rest if part))


def _daily_papers() -> list[dict[str, Any]]:
    """The raw days' papers, each once; entries that are no objects (a bad archive) are left out."""
    papers: dict[str, dict[str, Any]] = {}
    for day in sorted((shared_data() / "hf_daily_papers" / "days").glob("*.json")):
        for entry in json.loads(day.read_text("utf-8")):
            if isinstance(entry, dict) and isinstance(entry["paper"], dict):
                papers[entry["paper"]["id"]] = entry["paper"]
    return list(papers.values())


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", errors="replace").removesuffix("\n").split("\n")
