"""The numbers of `stats`, and the words that say them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.text import one_line, shorten

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
        """The number of votes that were not taken back."""
        return self.up + self.down


_LONGEST_WORD = 24
_LONGEST_CHANNEL = 40


def describe(stats: Stats) -> str:
    """What the picture shows, in two sentences, for those who cannot see it."""
    said = [
        f"{verb} {', '.join(shown_word(word) for word, _ in words[:3])}"
        for verb, words in (("likes", stats.likes), ("dislikes", stats.dislikes))
        if words
    ]
    voted = [f"{stats.up} vote{'' if stats.up == 1 else 's'} up, {stats.down} down"]
    for share, when in ((stats.before, "before"), (stats.since, "since")):
        if share.of:
            voted.append(f"{share.percent}% of picks voted up {when} learning")
    return f"{channel_name(stats)} {' and '.join(said) or 'likes nothing yet'}. {'; '.join(voted)}."


def channel_name(stats: Stats) -> str:
    """The channel with a #, on one line and not too long."""
    return shorten(f"#{one_line(stats.channel).lstrip('#')}", _LONGEST_CHANNEL)


def shown_word(word: str) -> str:
    """A word of a taste, on one line and not too long."""
    return shorten(one_line(word), _LONGEST_WORD)


def signed(weight: float) -> str:
    """A weight as people read it: +0.62 or −0.40."""
    return f"{weight:+.2f}".replace("-", "−")
