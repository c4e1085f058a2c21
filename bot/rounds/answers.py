"""What rounds answer when a person asks: plain records, ready to be put into words."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.matching.paper import Match
from storage.models import Paper


@dataclass(frozen=True, slots=True)
class Preview:
    """What a channel, or one expression, would be shown: papers with their match, best first.

    `considered` is how many recent papers were looked at. A paper that no watch matched (one
    "beyond your watches") stands with a match of score 0 and no evidence.
    """

    found: Sequence[tuple[Paper, Match]]
    considered: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything known about one paper in one channel, for `why`.

    `match` is the best match of any watch at 60 or above, with that watch's text; `taste` is the
    taste's value in -1..1 with the words that decided; `outcome` is one plain sentence on what
    became of the paper ("It was posted on …", "It is below the threshold of 80.", …).
    """

    watch: str | None
    match: Match | None
    taste: float
    likes: tuple[str, ...]
    dislikes: tuple[str, ...]
    outcome: str
