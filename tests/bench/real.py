"""Real papers for measuring, read from the data beside the checkout a slice at a time."""

import gzip
import json
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.shared import SHARED


@dataclass(frozen=True, slots=True)
class Sample:
    """A paper as `bot.matching` reads one, without a row behind it."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source: str = ""

    @property
    def text(self) -> str:
        """All that a watch can match, in one string: what the peers are given to search."""
        return f"{self.title}\n{self.abstract}\n{', '.join(self.authors)}"


def shared_data() -> Path:
    """The folder of real data; ends the program with a reason where it is absent."""
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout: there is nothing real to measure on")
    return SHARED


def arxiv(start: int = 0, stop: int | None = None) -> Iterator[Sample]:
    """The arXiv papers of a slice, oldest announcement first (35,194 in all)."""
    with gzip.open(shared_data() / "arxiv" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in islice(lines, start, stop):
            row = json.loads(line)
            yield Sample(
                title=row["title"],
                abstract=row["summary"],
                authors=tuple(row["authors"]),
                categories=tuple(row["categories"]),
                source="arxiv",
            )


def normalised(text: str) -> str:
    """NFKC, casefold, and every run of punctuation or blanks one space: what exact search needs."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.translate(_BLANKS).split())


class _PunctuationToBlank(dict[int, int]):
    """Learns a character when it first comes: more than twice as fast as a regular expression."""

    def __missing__(self, code: int) -> int:
        self[code] = kept = code if chr(code).isalnum() else ord(" ")
        return kept


_BLANKS = _PunctuationToBlank()
