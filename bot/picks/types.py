"""The shapes that cross the border of picks: what may be picked, and what was."""

from dataclasses import dataclass
from typing import Literal

from bot.matching.types import PaperText

Kind = Literal["watch", "beyond", "trying"]

Verdict = Literal["pick", "unmatched", "passing", "disliked"]
"""What speaks against a pick: no watch matches, it is about something else, or votes are against.
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that a channel might see.

    `score` is the best match 0-100, or 0 where no watch matched; `topic` is that watch's text, or
    that of the watch it is nearest to in meaning, "" for none; `popularity` is upvotes, at least 0.
    `nearness` (-1..1) is how near its meaning is to the watches, None if unknown. `every` says
    that the watch wants each mention; `open`, that the paper may come by its meaning alone.
    """

    id: int
    paper: PaperText
    score: float
    topic: str
    popularity: float = 0.0
    nearness: float | None = None
    every: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a taste says of a paper: `value` in -1..1, `uncertainty` in 0..1, words that decided.

    `likes` and `dislikes` hold at most two readable words each, strongest first.
    """

    value: float
    uncertainty: float
    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper chosen for a channel, in the order in which it is to be shown.

    `value` is the blend that ordered it (comparable within one call only); `kind` is "trying"
    for the share chosen to learn and "beyond" where no watch matched.
    """

    id: int
    kind: Kind
    value: float
    opinion: Opinion
