"""Counts the shipped lexicon anew: `python -m tests.matching.count_words`.

It reads titles and abstracts beside the checkout and keeps nothing but words and in how many papers
each was seen, rounded down to a power of two.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.matching.text.tokenizer import analyse
from bot.matching.text.word_lists import FUNCTION_WORDS
from tests.shared import SHARED

TARGET = Path(__file__).resolve().parents[2] / "bot" / "matching" / "text" / "lexicon.txt"
LEAST, LEAST_SHORT = 10, 30
MISSPELT = {"avaliable"}


def texts(folder: Path) -> Iterator[str]:
    for name in ("arxiv/papers.jsonl.gz", "hf_daily_papers/papers.jsonl.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            for paper in map(json.loads, lines):
                yield f"{paper['title']} {paper['summary']}"
    yield from (folder / "citeulike_a/citeutitles.txt").read_text("utf-8", "replace").splitlines()


def frequencies(folder: Path) -> Counter[str]:
    seen: Counter[str] = Counter()
    for text in texts(folder):
        pieces = (piece for raw in set(text.split()) for piece in analyse(raw).pieces)
        seen.update({piece.term for piece in pieces if piece.part == "word"})
    return seen


def shipped(seen: Counter[str]) -> str:
    by_count: dict[int, list[str]] = {}
    for word, count in seen.items():
        least = LEAST if len(word) > 3 else LEAST_SHORT
        fit = 3 <= len(word) <= 20 and word.isascii() and word.isalpha() and count >= least
        if fit and word not in FUNCTION_WORDS and word not in MISSPELT:
            by_count.setdefault(1 << (count.bit_length() - 1), []).append(word)
    lines = (f"{count} {' '.join(sorted(words))}" for count, words in sorted(by_count.items()))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    assert SHARED is not None, "no ../shared/data beside the checkout"
    TARGET.write_text(shipped(frequencies(SHARED)), encoding="utf-8")
