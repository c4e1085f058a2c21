"""Real papers and watches for tests, read from beside the checkout."""

import gzip
import json
from functools import cache
from itertools import islice

from tests.matching.paper import Text
from tests.shared import SHARED


@cache
def papers(start: int, stop: int) -> list[Text]:
    assert SHARED is not None
    with gzip.open(SHARED / "arxiv" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [_paper(json.loads(line)) for line in islice(lines, start, stop)]


def _paper(row: dict) -> Text:
    return Text(row["title"], row["summary"], row["authors"], row["categories"])


@cache
def keywords() -> list[str]:
    assert SHARED is not None
    rows = json.loads((SHARED / "watches" / "watches_all.json").read_text("utf-8"))
    return list(dict.fromkeys(row["keyword"] for row in rows))
