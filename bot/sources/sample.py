"""The bundled sample digest: real papers, summarised in our own words, for a demo without network.

Where authors' names or upvotes are unknown here, they are left out rather than invented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any

from bot.sources.base import Entry, Fresh, Poll, Quiet
from bot.sources.paper_ids import names_of

_FEATURED = time(7, tzinfo=UTC)
_SAMPLE = "sample-"


@dataclass(frozen=True, slots=True)
class SampleChannel:
    """A channel of the demo: its name, its watch expressions and its posts a day."""

    name: str
    watches: tuple[str, ...]
    limit: int


CHANNELS = (
    SampleChannel(
        "general",
        ("large language models", "scaling laws", "agents", "reinforcement learning"),
        limit=3,
    ),
    SampleChannel(
        "efficient-training",
        ("distributed training", "fine-tuning", "LoRA", "model serving"),
        limit=2,
    ),
    SampleChannel(
        "recommendation-and-retrieval",
        ("recommendation", "retrieval", "vector search", "embeddings"),
        limit=2,
    ),
)
"""The demo's channels; on every day of the digest each of them has something to match."""


class SampleDigest:
    """A source whose days lie around its first poll: some history at once, then a day a day.

    `zone` says when a day begins. The cursor is `{"start": ISO date, "given": day}`, where day 0
    is the date of the first poll. A clock set back gives nothing twice.
    """

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Give the entries of all days up to `now` (aware) that were not given before."""
        today = now.astimezone(self._zone).date()
        start = date.fromisoformat(cursor["start"]) if "start" in cursor else today
        given: int | None = cursor.get("given")
        day = (today - start).days
        due = [
            row
            for row in _rows()
            if row["offset_days"] <= day and (given is None or row["offset_days"] > given)
        ]
        if not due:
            return Quiet(cursor)
        entries = tuple(_entry(row, start) for row in due)
        return Fresh(entries, {"start": start.isoformat(), "given": day})


def last_day() -> int:
    """The last day that has papers; day 0 is that of the first poll."""
    return int(max(row["offset_days"] for row in _rows()))


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    text = files("bot.sources").joinpath("sample_digest.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines())


def _entry(row: Mapping[str, Any], start: date) -> Entry:
    facts = {key: value for key, value in row.items() if key not in {"id", "offset_days"}}
    featured = datetime.combine(start + timedelta(days=row["offset_days"]), _FEATURED)
    return Entry(
        names=names_of(plain_id=row["id"]), url=_url(row["id"]), featured_at=featured, **facts
    )


def _url(identity: str) -> str | None:
    return None if identity.startswith(_SAMPLE) else f"https://arxiv.org/abs/{identity}"
