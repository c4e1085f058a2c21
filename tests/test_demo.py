"""The buttons of the local chat run real rounds, and tell what each channel got and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.demo import DemoControls
from bot.rounds.scheduling.schedule import Slot
from bot.rounds.service import Ran, RoundService
from storage.database import Database
from tests import make
from tests.commands.test_with_rounds import Office


@dataclass
class House:
    """Stands for the application and its engine alike: an office that runs rounds at once."""

    office: Office
    demo: bool = True

    @property
    def database(self) -> Database:
        return self.office.database

    def clock(self) -> datetime:
        return self.office.now

    def round_service(self, _runs: object) -> RoundService:
        return self.office.rounds

    async def poll_all(self) -> None:
        return None

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        return await self.office.runs.run_slot(slot)


async def test_a_round_tells_papers_then_the_limit_then_a_pause(
    database: Database, noon: datetime
) -> None:
    async with database.write() as session:
        for title in ("Sparse mixture of experts", "Mixture of experts routing"):
            await make.paper(session, title, at=noon)
    office = Office(database, noon)
    house = House(office)
    controls = DemoControls(house, house)
    await office.say("watch mixture of experts")
    await office.say("limit 1")

    async def ran() -> Sequence[Ran]:
        office.now += timedelta(minutes=1)
        return await controls.run_round()

    assert await ran() == [Ran("general", 1)]
    limit = "The day's limit of 1 paper is reached; 1 more would match."
    assert await ran() == [Ran("general", 0, limit)]
    await office.say("pause for 1 day")
    assert await ran() == [Ran("general", 0, "Posts are paused.")]
    office.now += timedelta(days=2)
    assert await ran() == [Ran("general", 1)]
