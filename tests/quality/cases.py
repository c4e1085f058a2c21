"""Words as people write them: `python -m tests.quality.cases [--no-write] [--examples N]`.

The handed cases, every Daily Papers title as a watch for its own paper, and what acronyms find; the
tables go to tests/quality/RESULTS.md.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluate
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.query.suggest import correct
from bot.matching.text.acronyms import acronyms
from bot.matching.text.lexicon import Lexicon
from tests.bench.real import Sample, arxiv, shared_data
from tests.bench.results import QUALITY_PAGE, table, write_section

_ACRONYMS = ("TTS", "ASR", "MCP", "RAG", "MoE", "GAN", "CNN", "PET")
_BATCH = 1_000
_READ = 12
_SENSES = Path(__file__).with_name("acronym_senses.json")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all three, print the tables and keep them."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.cases", description=__doc__)
    parser.add_argument("--no-write", dest="write", action="store_false")
    parser.add_argument("--examples", type=int, default=0, help="unconfirmed finds to print")
    asked = parser.parse_args(arguments)
    daily = list(_daily_papers())
    body = "\n\n".join((_cases(), _titles(daily), _senses(daily, asked.examples)))
    print(body)
    if asked.write:
        command = "python -m tests.quality.cases"
        today = datetime.now(UTC).date()
        name = "Matching, words as people write them"
        write_section(QUALITY_PAGE, name, body, command=command, today=today)


def _daily_papers() -> Iterator[Sample]:
    path = shared_data() / "hf_daily_papers" / "papers.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Sample(row["title"], row["summary"], tuple(row["authors"]), source="huggingface")


def _cases() -> str:
    lexicon = Lexicon.shipped()
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong = []
    lines = (shared_data() / "cases" / "matching.jsonl").read_text("utf-8").splitlines()
    for case in map(json.loads, lines):
        total[case["kind"]] += 1
        if _found(case, lexicon) == case["expect"]:
            right[case["kind"]] += 1
        else:
            wrong.append(f"*{case['watch']}* | {case['title']}")
    rows = [[kind, str(right[kind]), str(count)] for kind, count in sorted(total.items())]
    said = f"{right.total()} of {total.total()} handed cases are decided as expected."
    return "\n\n".join([said, table(["kind", "right", "of"], rows), *wrong])


def _found(case: dict, lexicon: Lexicon) -> bool:
    authors, categories = tuple(case.get("authors", ())), tuple(case.get("categories", ()))
    paper = Sample(case["title"], case["abstract"], authors, categories)
    try:
        tree = correct(parse(case["watch"]), lexicon).expression
    except ExpressionError:
        return False
    return evaluate(tree, paper, lexicon) is not None


def _titles(papers: Sequence[Sample]) -> str:
    """How many titles find their own paper, typed as they are and in quotes."""
    lexicon = Lexicon.shipped()
    rows = []
    for name, typed in (("plain words", "{}"), ("in quotes", '"{}"')):
        found = refused = 0
        for paper in papers:
            text = paper.title if typed == "{}" else typed.format(paper.title.replace('"', ""))
            try:
                tree = correct(parse(text), lexicon).expression
            except ExpressionError:
                refused += 1
            else:
                found += evaluate(tree, paper, lexicon) is not None
        rows.append([name, f"{found:,}", f"{len(papers):,}", f"{found / len(papers):.2%}", refused])
    said = "Titles of Daily Papers as watches for their own papers:"
    header = ["typed as", "found", "of", "share", "refused"]
    return f"{said}\n\n{table(header, ([str(cell) for cell in row] for row in rows))}"


def _batches(papers: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    for start in range(0, len(papers), _BATCH):
        yield papers[start : start + _BATCH]


def _senses(daily: Sequence[Sample], examples: int) -> str:
    """What acronyms find in all papers, and of how many finds the paper spells out the sense."""
    lexicon = Lexicon.shipped()
    index: WatchIndex[tuple[str, str]] = WatchIndex(lexicon)
    for short in _ACRONYMS:
        index.add((short, ""), parse(short))
        sense = acronyms().meant(short)
        assert sense is not None
        for text in sense.texts:
            index.add((short, text), parse(f'"{text}"'))
    found: Counter[str] = Counter()
    spelled: Counter[str] = Counter()
    silent: dict[str, list[str]] = {short: [] for short in _ACRONYMS}
    for batch in _batches([*daily, *arxiv()]):
        for paper, matches in zip(batch, index.match(batch, 80), strict=True):
            for short in _ACRONYMS:
                if (short, "") in matches:
                    found[short] += 1
                    sure = any(key[0] == short and key[1] for key in matches)
                    spelled[short] += sure
                    if not sure:
                        silent[short].append(" ".join(paper.title.split()))
    for short, titles in silent.items():
        for title in titles[:: max(1, len(titles) // max(examples, 1))][:examples]:
            print(f"{short}: {title}")
    rows = [
        [
            short,
            f"{found[short]:,}",
            f"{spelled[short]:,}",
            *_precision(short, silent[short], spelled[short]),
        ]
        for short in _ACRONYMS
    ]
    said = (
        "What acronyms alone find in Daily Papers and arXiv, and how many of these papers spell "
        "out the sense that the acronym is read as; the others use it as known. Of those, the "
        f"first {_READ} by sha256 of their title were read (the judgements are in "
        "tests/quality/acronym_senses.json). Precision takes papers that spell the sense out as "
        "right, and of the others the share that was right among those read."
    )
    header = ["watch", "finds", "spelled out", "as known", "read", "right", "precision"]
    return f"{said}\n\n{table(header, rows)}"


def _precision(short: str, silent: Sequence[str], spelled: int) -> list[str]:
    """How many finds do not spell the sense out, how many of them were read and were right.

    The last is the precision of all finds.
    """
    judged: dict[str, bool] = json.loads(_SENSES.read_text("utf-8"))[short]
    read = [judged[title] for title in dict.fromkeys(silent) if title in judged]
    share = sum(read) / max(len(read), 1)
    right = (spelled + share * len(silent)) / max(spelled + len(silent), 1)
    counts = (len(silent), len(read), sum(read))
    return [*(f"{count:,}" for count in counts), f"{right:.1%}"]


if __name__ == "__main__":
    main()
