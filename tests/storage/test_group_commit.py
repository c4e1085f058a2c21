"""What is asked at once is committed at once, and fails alone."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.group_commit import Grouped
from tests import make

LINE = range(10)


class Clerk:
    """Makes a channel of each ask; an empty name is beyond it."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    async def work(self, session: AsyncSession, asks: Sequence[str]) -> list[int | None]:
        self.batches.append(list(asks))
        if "" in asks:
            raise ValueError("a channel has a name")
        return [(await make.channel(session, f"local:{ask}")).id for ask in asks]


async def test_what_is_asked_during_a_commit_goes_into_the_next_one(database: Database) -> None:
    clerk = Clerk()
    grouped = Grouped(database, clerk.work)
    first = grouped.ask("first")
    await asyncio.sleep(0)

    await asyncio.gather(first, *(grouped.ask(f"c{number}") for number in LINE))

    assert clerk.batches == [["first"], [f"c{number}" for number in LINE]]


async def test_an_answer_is_given_once_it_is_kept(database: Database) -> None:
    grouped = Grouped(database, Clerk().work)

    made = await grouped.ask("general")

    async with database.read() as session:
        found = await make.channels.find(session, "local:general")
    assert found is not None
    assert found.id == made


async def test_one_bad_ask_fails_by_itself(database: Database) -> None:
    grouped = Grouped(database, Clerk().work)

    answers = await asyncio.gather(*map(grouped.ask, ("a", "", "b")), return_exceptions=True)

    assert isinstance(answers[1], ValueError)
    async with database.read() as session:
        names = [each.name for each in await make.channels.list_active(session)]
    assert names == ["a", "b"]


async def test_who_stops_waiting_stops_nobody_else(database: Database) -> None:
    grouped = Grouped(database, Clerk().work)
    given_up, other = grouped.ask("a"), grouped.ask("b")
    given_up.cancel()

    assert await other is not None
    with pytest.raises(asyncio.CancelledError):
        await given_up
