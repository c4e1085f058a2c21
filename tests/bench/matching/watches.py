"""Grows any number of distinct watches from real keywords, author names and combinations.

Of ten watches seven are keywords, two authors and one a combination; once the keywords run out,
two of three are authors, and once those run out too, all are combinations.
"""

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count, cycle
from typing import Literal

from bot.errors import ExpressionError
from bot.matching.query.ast import Phrase
from bot.matching.query.expression import parse
from tests.bench.real import arxiv, normalised, shared_data

Join = Literal["", "AND", "NOT"]

_LONGEST = 60
_LETTER = re.compile(r"[^\W\d_]")
_PLAIN = re.compile(r"[\w\s.+&'/-]+")


@dataclass(frozen=True, slots=True)
class Watch:
    """One watch: its text in our grammar, and its one or two phrases as the peers get them.

    `phrases` are normalised; `join` says how the two of a combination hang together.
    """

    text: str
    phrases: tuple[str, ...]
    join: Join = ""


def grow(size: int, seed: int = 0) -> Iterator[Watch]:
    """The first `size` watches, distinct, the same in every run; smaller sizes are prefixes."""
    words = _keywords()
    kinds = {
        "keyword": (Watch(word, (normalised(word),)) for word in words),
        "author": (Watch(f'author:"{name}"', (normalised(name),)) for name in _authors()),
        "combination": _combinations(words, random.Random(seed)),
    }
    shares = cycle(["keyword"] * 4 + ["author"] + ["keyword"] * 3 + ["author", "combination"])
    for _ in range(size):
        yield _next_of(kinds, shares)


def _next_of(kinds: dict[str, Iterator[Watch]], shares: Iterator[str]) -> Watch:
    while True:
        kind = next(shares)
        if kind in kinds and (watch := next(kinds[kind], None)):
            return watch
        kinds.pop(kind, None)


def _keywords() -> list[str]:
    """Keywords of public bots first, then topics, people's tags and papers' own, shuffled."""
    rows = json.loads((shared_data() / "watches" / "watches_all.json").read_text("utf-8"))
    bots = [row["keyword"] for row in rows if row["kind"] == "config"]
    others = [row["keyword"] for row in rows if row["kind"] != "config"]
    shuffled = sorted({*others, *_paper_keywords()}, key=_shuffle)
    return [text for text in _distinct([*bots, *shuffled]) if _is_watch(text)]


def _is_watch(text: str) -> bool:
    """Tell what a person could watch: some people's tags are stop words alone."""
    try:
        return isinstance(parse(text), Phrase)
    except ExpressionError:
        return False


def _paper_keywords() -> Iterator[str]:
    path = shared_data() / "hf_daily_papers" / "papers.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield from json.loads(line)["ai_keywords"] or ()


def _authors() -> Iterator[str]:
    names = {name for paper in arxiv() for name in paper.authors}
    yield from _distinct(name for name in sorted(names, key=_shuffle) if " " in name)


def _distinct(texts: Iterable[str]) -> Iterator[str]:
    """Names with letters, short, free of our grammar's signs, each once."""
    seen: set[str] = set()
    for text in texts:
        plain = " ".join(text.replace("_", " ").split()).lstrip("-")
        key = normalised(plain)
        fits = _PLAIN.fullmatch(plain) and len(plain) <= _LONGEST and _LETTER.search(plain)
        if fits and len(key) > 1 and key not in seen:
            seen.add(key)
            yield plain


def _combinations(words: list[str], rng: random.Random) -> Iterator[Watch]:
    seen: set[tuple[str, str]] = set()
    for turn in count():
        pair = rng.choice(words), rng.choice(words)
        if pair[0] == pair[1] or pair in seen:
            continue
        seen.add(pair)
        phrases = normalised(pair[0]), normalised(pair[1])
        join: Join = "NOT" if turn % 3 == 0 else "AND"
        text = str(parse(f"({pair[0]}) {join} ({pair[1]})"))
        yield Watch(text, phrases, join)


def _shuffle(text: str) -> bytes:
    return sha256(text.encode()).digest()
