"""`paperround match`: papers in a file against watches, without a database."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bot.errors import CommandError, PaperroundError
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import Expression, parse
from bot.matching.query.suggest import alternatives, correct, first_found
from bot.matching.text.lexicon import Lexicon
from bot.sources.base import Entry
from bot.sources.files import read_file
from bot.sources.paper_ids import public_id

_BATCH = 500


class _Readable:
    """An entry as matching reads it: a file has no source of its own."""

    source = "import"

    def __init__(self, entry: Entry) -> None:
        self.id = entry.given_id or public_id(entry.names[0])
        self.title = entry.title
        self.abstract = entry.abstract
        self.authors = entry.authors
        self.categories = entry.categories


def match_file(papers: Path, typed: Sequence[str], watches: Path | None, threshold: int) -> int:
    """Print one JSON line for each match; returns 1 where a line of a file was refused.

    Watches are those `typed`, or a file's. Corrections of their typos, typed ones that match
    nothing and refused lines go to standard error.
    """
    if bool(typed) == (watches is not None):
        raise CommandError("Give either --watch EXPRESSION, once or more, or --watches FILE.")
    lexicon = Lexicon.shipped()
    expressions, bad = _read_watches(typed or _lines(watches), lexicon, typed=bool(typed))
    fresh = read_file(papers)
    for one in fresh.refused:
        _complain(f"{one.where}: {one.why}")
    readable = [_Readable(entry) for entry in fresh.entries]
    silent = dict(expressions) if typed else {}
    for text, record in _matches(expressions, readable, lexicon, threshold):
        silent.pop(text, None)
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    for expression in silent.values():
        _suggest(expression, readable, lexicon, threshold)
    return 1 if bad or fresh.refused else 0


def _suggest(
    expression: Expression, papers: Sequence[_Readable], lexicon: Lexicon, threshold: int
) -> None:
    """Say what a watch that matches nothing here may have been meant as."""
    better = first_found(alternatives(expression, lexicon), papers, lexicon, threshold)
    perhaps = f"; perhaps you meant {better[0]}, which matches {better[1]}" if better else ""
    _complain(f"nothing matches {expression}{perhaps}")


def _lines(path: Path | None) -> list[str]:
    assert path is not None
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from error


def _read_watches(
    texts: Sequence[str], lexicon: Lexicon, *, typed: bool
) -> tuple[dict[str, Expression], int]:
    """The readable expressions by their text, and how many were not; a typed one raises instead."""
    found: dict[str, Expression] = {}
    bad = 0
    for number, text in enumerate(texts, 1):
        if not (text.strip() or typed):
            continue
        try:
            corrected = correct(parse(text), lexicon)
        except PaperroundError as error:
            if typed:
                raise
            bad += 1
            _complain(f"watch on line {number}: {error}")
            continue
        for wrong, known in corrected.corrections:
            _complain(f"watching {known} (you typed {wrong}; put it in quotes to keep it)")
        found[text.strip()] = corrected.expression
    return found, bad


def _matches(
    expressions: dict[str, Expression],
    papers: Sequence[_Readable],
    lexicon: Lexicon,
    threshold: int,
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each match's watch, as written, and what is said of it."""
    index: WatchIndex[str] = WatchIndex(lexicon)
    for text, expression in expressions.items():
        index.add(text, expression)
    for start in range(0, len(papers), _BATCH):
        batch = papers[start : start + _BATCH]
        for paper, found in zip(batch, index.match(batch, threshold), strict=True):
            for text, match in found.items():
                yield (
                    text,
                    {
                        "id": paper.id,
                        "watch": text,
                        "score": round(match.score, 1),
                        "evidence": [asdict(each) for each in match.evidence],
                    },
                )


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
