"""What rounds answer when a person asks: plain records, ready to be put into words."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.matching.paper import Match
from bot.rounds.matches import WatchMatch
from bot.rounds.standing import Standing
from storage.models import Paper


@dataclass(frozen=True, slots=True)
class Preview:
    """What a channel, or one expression, would be shown: papers with their match, best first.

    `considered` is how many recent papers were looked at. A paper that no watch matched (one
    "beyond your watches") stands with a match of score 0 and no evidence. `standing` is there for
    a channel, not for one expression.
    """

    found: Sequence[tuple[Paper, Match]]
    considered: int
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What a round brought to a channel: how many papers, or why none, as a sentence."""

    channel: str
    papers: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything known about one paper in one channel, for `why`.

    `match` is the best match of any watch at 60 or above, with that watch's text; `taste` is the
    taste's value in -1..1 with the words that decided; `outcome` is one plain sentence on what
    became of the paper ("It was posted on …", "It is below the threshold of 80.", …). `then` is the
    match for which it was picked, whatever the watches are today; `voted` says whether anybody
    here ever voted, for before the taste is nobody's.
    """

    watch: str | None
    match: Match | None
    taste: float
    likes: tuple[str, ...]
    dislikes: tuple[str, ...]
    outcome: str
    then: WatchMatch | None = None
    voted: bool = True
