"""Which keywords are one keyword spelled differently, by means that are not our own.

Two are one where their Porter stems (SQLite's) are the same, or where at least two papers define
one as the acronym of the other, as in "large language models (LLMs)".
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

_DEFINED = re.compile(r"(?P<words>[^()]{3,80})\((?P<short>[A-Za-z]*[A-Z]{2,}s?)\)")
_DEFINITIONS = 2
_LONGEST = 6


def families(keywords: Sequence[str], texts: Iterable[str]) -> list[list[str]]:
    """Group keywords by spelling; `texts` are the papers in which acronyms are defined."""
    by_stems: dict[str, list[str]] = {}
    for keyword, stems in zip(keywords, porter(keywords), strict=True):
        by_stems.setdefault(" ".join(stems), []).append(keyword)
    long_of = dict(_acronyms(by_stems, texts))
    grouped: dict[str, list[str]] = {}
    for key, members in by_stems.items():
        grouped.setdefault(long_of.get(key, key), []).extend(members)
    return list(grouped.values())


def porter(texts: Sequence[str]) -> list[list[str]]:
    """The Porter stems of each text, in order, as SQLite's FTS5 makes them."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE text USING fts5(words, tokenize='porter unicode61')")
    database.execute("CREATE VIRTUAL TABLE stem USING fts5vocab(text, instance)")
    database.executemany("INSERT INTO text (rowid, words) VALUES (?, ?)", enumerate(texts))
    stems: list[list[str]] = [[] for _ in texts]
    for term, row in database.execute("SELECT term, doc FROM stem ORDER BY doc, offset"):
        stems[row].append(term)
    return stems


def _acronyms(known: Iterable[str], texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of (short, long) stems, each known, that enough papers define; the commonest long."""
    known = set(known)
    defined = [found for text in texts for found in _DEFINED.finditer(text)]
    shorts = porter([found["short"] for found in defined])
    longs = porter([found["words"] for found in defined])
    counts: Counter[tuple[str, str]] = Counter()
    for stems, words in zip(shorts, longs, strict=True):
        short = " ".join(stems)
        ends = (" ".join(words[-length:]) for length in range(2, min(_LONGEST, len(words)) + 1))
        # Of nested ends ("language model", "large language model") the longest is meant.
        *_, longest = ("", *(end for end in ends if end in known))
        if longest and short in known:
            counts[short, longest] += 1
    for pair, count in sorted(counts.items(), key=lambda counted: counted[1]):
        if count >= _DEFINITIONS:
            yield pair
