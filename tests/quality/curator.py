"""T2: a curator over time, who wants of each day's arXiv papers what Daily Papers features."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from bot.picks.backtest.dataset import Day, ReplayedChannel, ReplayedPaper

SHOWN = 10
LEARNED_DAYS = 5
FEWEST_A_DAY = 20
UNTIL = "2025-11-01"


def read(folder: Path, seed: int = 0) -> tuple[ReplayedChannel, tuple[Day, ...]]:
    """The days in order, and 5 random ones whose labels all are known beforehand.

    Those days are left out of the channel and dated at its start. Days after `UNTIL` hold too
    few papers to count.
    """
    featured = {row["id"] for row in _rows(folder / "hf_daily_papers" / "papers.jsonl.gz")}
    papers = [
        row for row in _rows(folder / "arxiv" / "papers.jsonl.gz") if row["first_day"] < UNTIL
    ]
    papers.sort(key=lambda row: row["first_day"])
    days = [
        _day(first, tuple(_entry(row) for row in rows), featured)
        for first, rows in groupby(papers, key=lambda row: row["first_day"])
    ]
    days = [day for day in days if len(day.entries) >= FEWEST_A_DAY]
    chosen = set(np.random.default_rng(seed).choice(len(days), LEARNED_DAYS, replace=False))
    rest = tuple(day for number, day in enumerate(days) if number not in chosen)
    known = tuple(replace(days[number], at=rest[0].at) for number in sorted(chosen))
    return ReplayedChannel("curator", (), (), rest), known


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _entry(row: dict[str, Any]) -> ReplayedPaper:
    return ReplayedPaper(
        row["id"],
        row["title"],
        row["summary"],
        tuple(row["authors"]),
        tuple(row["categories"]),
    )


def _day(first: str, entries: tuple[ReplayedPaper, ...], featured: set[str]) -> Day:
    votes = {entry.id: 1 if entry.id in featured else -1 for entry in entries}
    return Day(datetime.fromisoformat(first).replace(tzinfo=UTC), entries, votes, SHOWN)
