"""A plain paper, and the days on which things happen in these tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.picks.taste import Taste

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Text:
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source: str = "test"


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def vote(taste: Taste, title: str, value: int, *, person: str = "ann", on: float = 0) -> None:
    taste.learn(Text(title), person=person, before=0, after=value, at=day(on))
