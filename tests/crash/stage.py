"""Where trials are held, what is to come of them, and what came."""

import asyncio
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.databases import Databases
from tests.crash.facts import Facts
from tests.crash.plan import Counts
from tests.crash.points import Kill
from tests.crash.rooms import PLATFORMS
from tests.crash.scenario import ALONE, Scenario
from tests.crash.trial import Trial

_EARLY = "saved while the program was down"


_ROUNDUP = "The best of the week"
_NUMBER = re.compile(r"\d+\\?\. ")


def _unranked(facts: Facts) -> Facts:
    """The same with a round-up's papers in a fixed order: what was saved early ranks them."""
    settled: Facts = Counter()
    for told, count in facts.items():
        head, *papers = _NUMBER.split(told) if _ROUNDUP in told else [told]
        settled[" ".join([head.strip(), *sorted(each.strip() for each in papers)])] += count
    return settled


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial found: which kills were met, and what is missing or too much at the end."""

    kills: tuple[Kill, ...]
    met: tuple[Kill, ...]
    lost: Facts
    doubled: Facts
    trouble: str = ""

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.lost or self.doubled or self.trouble)


class Stage:
    """Where trials of one platform, database and scenario are held; `source` is an address."""

    def __init__(
        self,
        platform: str,
        database: Databases,
        source: str,
        seats: int,
        scenario: Scenario = ALONE,
    ) -> None:
        self.platform = platform
        self.database = database
        self.scenario = scenario
        self._source = source
        self._seats = asyncio.Semaphore(seats)
        self.expected: Facts = Counter()

    @property
    def name(self) -> str:
        """What the table calls it."""
        return ", ".join(filter(None, (self.platform, self.database.name, self.scenario.name)))

    async def rehearse(self) -> Counts:
        """The story without a kill: what is to come of it, and how often each port is crossed.

        Raises RuntimeError where more or less comes of it in this scenario than with one process.
        """
        usual = Scenario(typed=self.scenario.typed)
        counts, self.expected = await self._without_kill(usual)
        if self.scenario is not ALONE:
            counts, found = await self._without_kill(self.scenario)
            if found != self.expected:
                lost, doubled = self.expected - found, found - self.expected
                raise RuntimeError(f"{self.name}: no kill, and yet {lost=}, {doubled=}")
        return counts

    async def try_kills(self, kills: Sequence[Kill]) -> Outcome:
        """Kill at points of several scenes, start again each time, and compare in the end."""
        async with self._seats, self._held(self.scenario) as trial:
            first = self.scenario.first(self.platform)
            ended = await trial.play((*first, *kills))
            expected = self.expected + Counter({_EARLY: trial.early})
            found = _unranked(trial.told(ended))
            trouble = "; ".join(trial.troubles)
            if ended.code != 0:
                trouble = f"{ended.stuck or f'ended by itself with {ended.code}'}\n{trial.tail}"
            met = tuple(kill for kill in trial.met if kill not in first)
            lost, doubled = expected - found, found - expected
            return Outcome(tuple(kills), met, lost, doubled, trouble)

    async def _without_kill(self, scenario: Scenario) -> tuple[Counts, Facts]:
        async with self._held(scenario) as trial:
            ended = await trial.play(scenario.first(self.platform))
            if ended.code != 0 or trial.troubles:
                raise RuntimeError(
                    f"no kill, and yet {ended.code}: {ended.stuck} {trial.troubles}\n{trial.tail}"
                )
            return trial.counts, _unranked(trial.told(ended)) - Counter({_EARLY: trial.early})

    @asynccontextmanager
    async def _held(self, scenario: Scenario) -> AsyncIterator[Trial]:
        folder = Path(tempfile.mkdtemp(prefix="crash"))
        try:
            async with PLATFORMS[self.platform]() as rooms, self.database.fresh(folder) as place:
                settings = {
                    "data_dir": folder,
                    # How many vectors there are at a slot depends on the machine, and its picks do.
                    "meaning": "off",
                    "huggingface_url": self._source,
                    "database_url": place,
                    **rooms.settings,
                }
                yield Trial(rooms, settings, folder, scenario)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
