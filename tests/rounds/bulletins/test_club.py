"""A club's shortlist, choice, thread and reminders come once each, by the club's own clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.cards.bulletins import NUMBERS
from bot.errors import OutcomeUnknownError
from bot.ports import ChannelRef, MessageRef, Person, Reaction
from bot.rounds.bulletins.ballots import Ballots
from bot.rounds.bulletins.club import keep_rota
from bot.rounds.bulletins.rota import Rota
from storage import clubs
from storage.database import Database
from tests.make import NOON
from tests.rounds.bulletins.scene import Scene

THURSDAY = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
REF = ChannelRef.parse("local:general")


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene(database)
    await made.open()
    for title, ups in (("Alpha", 3), ("Beta", 2), ("Gamma", 0)):
        await made.post(title, NOON, ups=ups)
    await appoint(made)
    return made


async def appoint(scene: Scene, weekly: str = "thu 10:00", first: date = date(2026, 3, 12)) -> None:
    async with scene.database.write() as session:
        await clubs.appoint(session, 1, weekly, first, scene.now)
        for person in ("ada", "bo"):
            rota = Rota(("ada",)) if person == "ada" else Rota(("ada", "bo"))
            await keep_rota(session, 1, rota, name=person.title(), person=person)
            await session.flush()


async def react(scene: Scene, person: str, number: int, *, added: bool = True) -> bool:
    [(_, _, mark)] = [each for each in scene.platform.notices if "Which paper?" in each[1]]
    reaction = Reaction(
        MessageRef(REF, mark), Person(person, person), NUMBERS[number - 1], added, scene.now
    )
    return await Ballots(scene.database).record(reaction)


async def test_a_meeting_goes_from_the_shortlist_to_who_presented(scene: Scene) -> None:
    await scene.pass_time(THURSDAY - timedelta(days=4, hours=1))
    assert scene.said == []
    await scene.pass_time(THURSDAY - timedelta(days=4))
    assert scene.said[0].splitlines()[:4] == [
        "Journal club, Thu 12 Mar 2026, 10:00 UTC. Ada presents.",
        "Which paper? React with its number, or type club vote 1.",
        "1️⃣ Alpha  👍 3",
        "2️⃣ Beta  👍 2",
    ]
    for person, number in (("x", 2), ("y", 1), ("z", 2), ("y", 3)):
        scene.now += timedelta(minutes=1)
        assert await react(scene, person, number)

    await scene.pass_time(THURSDAY + timedelta(hours=2))

    assert [text.splitlines()[-1] for text in scene.said[2:]] == ["Beta", "Beta"]
    assert "The paper: Beta (2 votes)." in scene.said[1]
    async with scene.database.read() as session:
        [(meeting, paper)] = await clubs.history(session, 1)
        members = await clubs.list_members(session, 1)
    assert (meeting.presenter, paper.title) == ("ada", "Beta")
    assert [each.presented for each in members] == [True, False]


async def test_a_vote_taken_back_counts_no_more(scene: Scene) -> None:
    await scene.pass_time(THURSDAY - timedelta(days=4))
    await react(scene, "x", 2)
    scene.now += timedelta(minutes=1)
    await react(scene, "x", 2, added=False)

    await scene.pass_time(THURSDAY - timedelta(days=2))

    assert "The paper: Alpha." in scene.said[1]


async def test_every_message_stands_once_though_calls_fail(scene: Scene) -> None:
    scene.platform.late_head_faults += [OutcomeUnknownError("broke"), None] * 8

    await scene.pass_time(THURSDAY + timedelta(hours=2), timedelta(minutes=30))

    assert len(scene.said) == len(set(scene.said)) + 1, "both reminders say the same"
    assert len({mark for _, _, mark in scene.platform.notices}) == len(scene.said) == 4


async def test_two_workers_say_nothing_twice(scene: Scene) -> None:
    while scene.now < THURSDAY + timedelta(hours=2):
        scene.now += timedelta(hours=1)
        await scene.board("one").make(1)
        await scene.board("two").make(1)
        await scene.tick("two")
        await scene.tick("one")

    assert len(scene.said) == 4


async def test_it_keeps_the_hour_of_its_clock_when_clocks_change(scene: Scene) -> None:
    """Clocks in Paris change on 29 March 2026, between the shortlist and the meeting."""
    await appoint(scene, "mon 10:00 Europe/Paris every 2 weeks", date(2026, 3, 30))
    scene.now = datetime(2026, 3, 26, 8, 30, tzinfo=UTC)
    await scene.post("Delta", scene.now)
    await scene.pass_time(datetime(2026, 3, 26, 9, 0, tzinfo=UTC), timedelta(minutes=30))
    assert "Mon 30 Mar 2026, 10:00 Europe/Paris" in scene.said[0]

    await scene.pass_time(datetime(2026, 3, 30, 6, 59, tzinfo=UTC), timedelta(minutes=30))
    before = len(scene.said)
    await scene.pass_time(datetime(2026, 3, 30, 7, 0, tzinfo=UTC))
    assert len(scene.said) == before + 1


async def test_a_club_that_is_appointed_late_still_votes_and_chooses(scene: Scene) -> None:
    scene.now = THURSDAY - timedelta(hours=10)
    await scene.tick()
    assert "Which paper?" in scene.said[0]
    await scene.pass_time(THURSDAY - timedelta(hours=5), timedelta(minutes=30))
    assert "The paper: Alpha" in scene.said[1]


async def test_one_that_is_ended_says_nothing_more(scene: Scene) -> None:
    await scene.pass_time(THURSDAY - timedelta(days=4))
    async with scene.database.write() as session:
        assert await clubs.end(session, 1)
    await scene.pass_time(THURSDAY + timedelta(hours=1), timedelta(hours=6))
    assert len(scene.said) == 1
