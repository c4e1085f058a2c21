"""How else the story may be lived: by several processes, typed in terminals, by changing code."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.crash.plan import Counts, chained, thinned
from tests.crash.points import AGAIN, START, Kill
from tests.crash.story import ASKED, TYPED, Typed

WORKER = "worker: "
"""How names begin that are of the second process of several."""

TERMINAL = "terminal: "
"""How names begin that are of a command typed in a terminal."""


def _any(_: Kill) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way; `most` of its kills are drawn by lot, of those that are `wanted`.

    `beside` is a worker that shares the database: another one takes the place of one that was
    killed on this machine, and none that of one that was killed on another. With `again` a first
    kill leaves a post in doubt, and what is tried are points of what comes next.
    """

    name: str = ""
    databases: tuple[str, ...] = ("SQLite", "Postgres")
    platforms: tuple[str, ...] = ("local chat", "Slack", "Discord")
    beside: Literal["", "here", "elsewhere"] = ""
    terminal: bool = False
    upgraded: bool = False
    again: bool = False
    typed: Mapping[str, Sequence[Typed]] = field(default_factory=lambda: TYPED)
    wanted: Callable[[Kill], bool] = _any
    most: int | None = None

    def kills(self, counts: Counts, *, reads: bool) -> list[Kill]:
        """What is tried, always the same for the same crossings."""
        if self.again:
            counts = Counter({each: n for each, n in counts.items() if each.scene == AGAIN})
        found = [kill for kill in thinned(counts, reads=reads) if self.wanted(kill)]
        most = len(found) if self.most is None else min(self.most, len(found))
        return random.Random(self.name).sample(found, most) if self.most else found

    def trials(self, kills: Sequence[Kill]) -> list[list[Kill]]:
        """Which of them are tried together: each alone where nobody comes after who was killed."""
        return [[kill] for kill in kills] if self.beside == "elsewhere" else chained(kills)

    def first(self, platform: str) -> tuple[Kill, ...]:
        """The kill that comes before those that are tried, if any."""
        name = f"{platform.lower().partition(' ')[0]} post"
        return (Kill("first slot", name, 1, "after"),) if self.again else ()


def _first(kill: Kill) -> bool:
    # Which of two takes up the later ones is a matter of luck.
    return kill.number == 1


def _far(kill: Kill) -> bool:
    return kill.name.startswith(WORKER) and kill.scene != START and kill.number == 1


ALONE = Scenario()

SCENARIOS = (
    ALONE,
    Scenario(
        "two workers",
        databases=("Postgres",),
        platforms=("local chat",),
        beside="here",
        wanted=_first,
        most=60,
    ),
    Scenario(
        "a worker that never comes back",
        databases=("Postgres",),
        platforms=("local chat",),
        beside="elsewhere",
        wanted=_far,
        most=30,
    ),
    Scenario(
        "commands beside run",
        databases=("SQLite",),
        platforms=("local chat",),
        terminal=True,
        typed=TYPED | ASKED,
        most=60,
    ),
    Scenario("killed again", again=True, most=40),
    Scenario("an upgrade at each kill", platforms=("local chat",), upgraded=True, most=60),
)
"""All of them; the first is the whole of the points, the others are samples."""
