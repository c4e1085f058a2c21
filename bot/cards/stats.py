"""What a channel's votes come to: the numbers of `stats`, before they are told or drawn."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Step = Literal["day", "week"]

Weighed = tuple[str, float]
"""A word with its weight."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The votes of one local day, or of the week that begins with it: how many up, how many down.

    A person's vote on a post counts once, at the time it last changed.
    """

    start: date
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some posts were voted up: people's votes on the post add up to more than 0."""

    up: int
    of: int

    @property
    def percent(self) -> int | None:
        """In whole percent, or None of no posts."""
        return round(100 * self.up / self.of) if self.of else None


@dataclass(frozen=True, slots=True)
class Stats:
    """A channel's votes in numbers.

    `posts` were delivered; `voted` of them have a vote. `up` and `down` are the votes that stand,
    `people` how many cast them. `likes` and `dislikes` are strongest first, their weights scaled
    so that the strongest of all is 1 or -1. `bars` follow each other without a gap, the last one
    today's; the oldest votes may lie before the first. `before` are the first posts that got a
    vote, the ones to learn from; `since` are all later ones.
    """

    channel: str
    posts: int
    voted: int
    people: int
    up: int
    down: int
    likes: tuple[Weighed, ...]
    dislikes: tuple[Weighed, ...]
    step: Step
    bars: tuple[Bar, ...]
    before: Share
    since: Share

    @property
    def votes(self) -> int:
        """How many votes stand."""
        return self.up + self.down
