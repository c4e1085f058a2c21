"""A week's best comes once, by votes; what a pause held back is told once; nothing in silence."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import ChannelGoneError, NotSentError, OutcomeUnknownError, RefusedError
from storage import bulletins, channels, watches
from storage.database import Database
from storage.models import ChannelState
from tests import make
from tests.make import NOON
from tests.rounds.bulletins.scene import Scene

FRIDAY = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene(database)
    await made.open()
    return made


async def order(scene: Scene, weekly: str = "fri 15:00", first: date = date(2026, 3, 6)) -> None:
    async with scene.database.write() as session:
        await bulletins.set_roundup(session, 1, weekly, first, scene.now)


async def test_the_week_s_best_comes_once_and_by_votes(scene: Scene) -> None:
    await order(scene)
    for title, ups, downs, score in (
        ("plain", 0, 0, 81.0),
        ("near", 0, 0, 99.0),
        ("loved", 3, 0, 80.0),
        ("torn", 2, 1, 80.0),
        ("hated", 0, 2, 99.0),
    ):
        await scene.post(title, NOON, ups=ups, downs=downs, score=score)

    await scene.pass_time(FRIDAY + timedelta(days=2))

    [text] = scene.said
    assert text.splitlines() == [
        "The best of the week, 2-6 Mar, by this channel's votes:",
        "1. loved  👍 3",
        "2. torn  👍 2 👎 1",
        "3. near",
        "4. plain",
        "and 1 more.",
    ]


async def test_seven_are_shown_and_the_others_counted(scene: Scene) -> None:
    await order(scene)
    for number in range(9):
        await scene.post(f"paper {number}", NOON)

    await scene.pass_time(FRIDAY)

    assert scene.said[0].splitlines()[-1] == "and 2 more."
    assert len(scene.said[0].splitlines()) == 9


async def test_a_quiet_week_says_nothing_and_the_next_one_does(scene: Scene) -> None:
    await order(scene)
    await scene.pass_time(FRIDAY + timedelta(days=1), timedelta(hours=6))
    assert scene.said == []

    await scene.post("late", FRIDAY + timedelta(days=2))
    await scene.pass_time(FRIDAY + timedelta(days=9), timedelta(hours=6))
    assert len(scene.said) == 1


async def test_it_comes_every_week_across_a_change_of_clocks(scene: Scene) -> None:
    """Clocks in Paris change on 29 March 2026."""
    await order(scene, "sun 02:30 Europe/Paris", date(2026, 3, 22))
    for week in range(5):
        await scene.post(f"paper {week}", datetime(2026, 3, 18, tzinfo=UTC) + timedelta(week * 7))

    await scene.pass_time(datetime(2026, 4, 13, tzinfo=UTC), timedelta(hours=2))

    assert [text.splitlines()[1] for text in scene.said] == [
        f"1. paper {week}" for week in range(4)
    ]


async def test_after_downtime_only_the_latest_comes(scene: Scene) -> None:
    await order(scene)
    await scene.post("old", NOON)
    await scene.post("new", FRIDAY + timedelta(days=12))

    scene.now = FRIDAY + timedelta(days=15)
    await scene.tick()
    await scene.tick()

    assert [text.splitlines()[1] for text in scene.said] == ["1. new"]


async def test_in_a_pause_and_in_quiet_hours_it_waits(scene: Scene) -> None:
    await order(scene)
    await scene.post("kept", NOON)
    async with scene.database.write() as session:
        (await channels.get(session, 1)).quiet_hours = "14:00-18:00"

    await scene.pass_time(FRIDAY + timedelta(hours=2))
    assert scene.said == []
    await scene.pass_time(FRIDAY + timedelta(hours=3))
    assert len(scene.said) == 1


@pytest.mark.parametrize("late", [False, True], ids=["before it arrived", "after it arrived"])
async def test_one_whose_fate_is_unknown_is_asked_for_and_stands_once(
    scene: Scene, late: bool
) -> None:
    await order(scene)
    await scene.post("kept", NOON)
    faults = scene.platform.late_head_faults if late else scene.platform.head_faults
    faults += [OutcomeUnknownError("broke"), ValueError("a bug")]
    scene.now = FRIDAY

    await scene.patiently()

    assert len(scene.said) == 1
    assert scene.platform.asked


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("late", [False, True], ids=["before it arrived", "after it arrived"])
async def test_a_process_that_dies_while_it_sends_leaves_one(scene: Scene, late: bool) -> None:
    await order(scene)
    await scene.post("kept", NOON)
    faults = scene.platform.late_head_faults if late else scene.platform.head_faults
    faults.append(Killed())
    scene.now = FRIDAY
    with pytest.raises(Killed):
        await scene.tick()
    assert await scene.tick("other") is None, "its lease holds until its death is known"

    await scene.restart()
    await scene.patiently()

    assert len(scene.said) == 1


async def test_a_process_that_dies_before_it_sends_leaves_one(scene: Scene) -> None:
    await order(scene)
    await scene.post("kept", NOON)
    scene.now = FRIDAY
    await scene.board().make(1)
    await scene.board("other").make(1)

    await scene.patiently()

    assert len(scene.said) == 1


@pytest.mark.parametrize(
    ("faults", "stands"),
    [
        ([NotSentError("429", retry_after=7)], 1),
        ([RefusedError("too long")], 0),
        ([NotSentError("down", retry_after=1)] * 50, 0),
    ],
)
async def test_a_refusal_is_waited_out_or_given_up(
    scene: Scene, faults: Sequence[Exception], stands: int
) -> None:
    await order(scene)
    await scene.post("kept", NOON)
    scene.platform.head_faults += faults
    scene.now = FRIDAY

    await scene.patiently()

    assert len(scene.said) == stands
    assert await scene.board().due(scene.now) == []


async def test_a_channel_that_is_gone_is_marked_so(scene: Scene) -> None:
    await order(scene)
    await scene.post("kept", NOON)
    scene.platform.gone["local:general"] = ChannelGoneError("archived")
    scene.now = FRIDAY

    await scene.tick()

    assert (await scene.channel()).state is ChannelState.GONE
    assert await scene.board().due(scene.now) == []


async def pause(scene: Scene, *, until: datetime | None = None) -> None:
    async with scene.database.write() as session:
        channel = await channels.get(session, 1)
        channel.paused, channel.paused_at, channel.paused_until = True, scene.now, until
        await watches.add(session, 1, text="routing", typed="routing", by="ada", now=scene.now)


async def resume(scene: Scene) -> None:
    async with scene.database.write() as session:
        (await channels.get(session, 1)).paused = False


async def bring(scene: Scene, count: int, at: datetime) -> None:
    async with scene.database.write() as session:
        for number in range(count):
            title = f"Routing {'of tokens ' * (number > 4)}{at.day}-{number}"
            await make.paper(session, title, at=at, upvotes=number)


async def test_what_a_pause_held_back_is_told_once_best_first(scene: Scene) -> None:
    await pause(scene)
    await bring(scene, 30, NOON + timedelta(days=1))
    await scene.pass_time(NOON + timedelta(days=2), timedelta(hours=12))
    assert scene.said == []

    await resume(scene)
    await scene.pass_time(NOON + timedelta(days=3), timedelta(hours=12))

    [text] = scene.said
    assert text.startswith("What you missed, 2-5 Mar: 30 papers. The best:\n1. ")
    assert text.endswith("\nand 23 more. What is still new comes with the next posts.")
    assert "1. Routing of tokens 3-29" in text


async def test_a_pause_of_which_the_next_round_brings_all_is_not_told(scene: Scene) -> None:
    await pause(scene)
    await bring(scene, 3, NOON + timedelta(days=1))
    await resume(scene)
    scene.now = NOON + timedelta(days=2)
    await scene.tick()

    assert scene.said == []
    assert (await scene.channel()).paused_at is None


async def test_a_long_pause_tells_what_rounds_will_not_bring_any_more(scene: Scene) -> None:
    await pause(scene, until=NOON + timedelta(days=20))
    await bring(scene, 2, NOON + timedelta(days=1))

    await scene.pass_time(NOON + timedelta(days=19), timedelta(days=1))
    assert scene.said == []
    await scene.pass_time(NOON + timedelta(days=21), timedelta(hours=12))

    [text] = scene.said
    assert text.startswith("What you missed, 2-22 Mar: 2 papers. The best:\n1. Routing 3-1")
