"""What becomes of a paper after its post is told once: in its thread, on its card, to savers."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from bot.cards.richtext import Line
from bot.errors import NotSentError, PlatformError, SourceError
from bot.ports import MessageRef
from bot.rounds.fates.check import ASKED_FOR, FateCheck
from bot.rounds.fates.lookups import Answers, Found
from bot.rounds.fates.telling import FateTelling
from storage import votes
from storage.database import Database
from storage.models import Fate, Paper, PostState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON

ONE = "arxiv:2401.00001"
RETRACTED = Found(Fate.RETRACTED)
PUBLISHED = Found(Fate.PUBLISHED, "10.1038/1")


class Places:
    """A lookup that says `found` of the identities it is asked for."""

    def __init__(self, *, batch: int = 100, days: int = 1) -> None:
        self.prefixes, self.batch, self.days = ("arxiv:",), batch, days
        self.found: dict[str, list[Found]] = {}
        self.asked: list[list[str]] = []
        self.away = False

    async def ask(self, names: Sequence[str]) -> Answers:
        self.asked.append(sorted(names))
        if self.away:
            raise SourceError("no answer")
        return self.found


class Desk:
    """Posts of papers, and a place that knows what became of them."""

    def __init__(self, database: Database, place: Places) -> None:
        self.database, self.place = database, place
        self.platform = FakePlatform()
        self.now = NOON + timedelta(days=10)
        telling = FateTelling(database, {"slack": self.platform}, shows_votes={"slack"})
        self.check = FateCheck(database, [place], telling, self._time).check

    def _time(self) -> datetime:
        return self.now

    async def post(self, *names: str) -> list[int]:
        async with self.database.write() as session:
            channel = await make.channel(session, "slack:T1/C1")
            found = []
            for number, name in enumerate(names):
                paper = await make.paper(session, f"Paper {name}", name)
                await make.post(
                    session,
                    channel,
                    paper,
                    message=f"100.{number}",
                    state=PostState.POSTED,
                    posted_at=NOON,
                )
                found.append(paper.id or 0)
        return found

    async def save(self, paper_id: int, at: datetime = NOON) -> None:
        async with self.database.write() as session:
            channel = await make.channel(session, "slack:T1/C1")
            await votes.save(session, channel.workspace_id, "U1", paper_id, on=True, at=at)

    def replies(self) -> list[str]:
        return [text.split(":")[0] for _, text, _ in self.platform.threads]

    def titles(self) -> list[str]:
        return [card.title for _, card in self.platform.edited]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, Places())


async def test_each_fate_is_told_once_and_the_card_says_it(desk: Desk) -> None:
    await desk.post(ONE, "arxiv:2401.00002")
    desk.place.found = {ONE: [PUBLISHED]}
    await desk.check()
    desk.now += timedelta(days=1)
    desk.place.found = {ONE: [PUBLISHED, RETRACTED]}

    assert [await desk.check(), await desk.check()] == [1, 0]

    assert desk.replies() == ["Published", "Retracted"]
    assert desk.titles() == [f"Paper {ONE}", f"Retracted: Paper {ONE}"]
    assert desk.platform.edited[0][1].badges == ("published in a journal",)
    assert desk.platform.edited[0][1].votes == (0, 0)


async def test_a_new_version_is_no_reply_and_stands_on_the_card(desk: Desk) -> None:
    await desk.post(ONE)
    for version in ("1", "2", "2", "3"):
        desk.place.found = {ONE: [Found(Fate.VERSION, version)]}
        await desk.check()
        desk.now += timedelta(days=1)

    assert desk.replies() == []
    assert [card.badges for _, card in desk.platform.edited] == [
        ("version 2 is out",),
        ("version 3 is out",),
    ]


async def test_what_was_so_at_the_post_is_no_news(desk: Desk) -> None:
    await desk.post(ONE)
    desk.now = NOON + timedelta(hours=12)
    desk.place.found = {ONE: [PUBLISHED, Found(Fate.VERSION, "2")]}

    await desk.check()
    desk.now += timedelta(days=30)
    await desk.check()

    assert (desk.replies(), desk.titles()) == ([], [])


async def test_savers_hear_once_and_only_of_what_came_after_they_saved(desk: Desk) -> None:
    one, two = await desk.post(ONE, "arxiv:2401.00002")
    await desk.save(one)
    await desk.save(two)
    desk.place.found = {ONE: [PUBLISHED], "arxiv:2401.00002": [Found(Fate.VERSION, "2")]}
    await desk.check()
    await desk.check()
    told = [text for _, text in desk.platform.told]
    assert told == [
        "Of papers you saved:",
        f"Paper {ONE}: Published: this paper has appeared in a journal: 10.1038/1",
        "Paper arxiv:2401.00002: Version 2 of this paper is out.",
    ]

    desk.place.found["arxiv:2401.00002"] = [Found(Fate.VERSION, "3")]
    desk.now += timedelta(days=1)
    await desk.check()

    assert len(desk.platform.told) == 5


async def test_who_saved_a_paper_later_is_not_told(desk: Desk) -> None:
    (one,) = await desk.post(ONE)
    await desk.save(one, at=desk.now)
    desk.place.found = {ONE: [PUBLISHED]}

    await desk.check()

    assert desk.platform.told == []


async def test_what_certainly_did_not_arrive_is_told_the_next_day(desk: Desk) -> None:
    await desk.post(ONE)
    desk.place.found = {ONE: [RETRACTED]}
    desk.platform.thread_faults.append(NotSentError("busy"))
    desk.platform.edit_faults.append(NotSentError("busy"))

    await desk.check()
    assert (desk.replies(), desk.titles()) == ([], [])
    await desk.check()

    assert (desk.replies(), desk.titles()) == (["Retracted"], [f"Retracted: Paper {ONE}"])


async def test_a_card_that_cannot_be_edited_is_left_alone(desk: Desk) -> None:
    await desk.post(ONE)
    desk.place.found = {ONE: [RETRACTED]}
    desk.platform.edit_faults.append(PlatformError("gone"))

    await desk.check()
    await desk.check()

    assert desk.titles() == []


async def test_after_a_crash_in_the_middle_of_a_reply_nothing_is_told_twice(desk: Desk) -> None:
    await desk.post(ONE)
    desk.place.found = {ONE: [RETRACTED]}
    arrived, say = asyncio.Event(), desk.platform.thread

    async def hangs(
        message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        await say(message, lines, delivery_id=delivery_id)
        arrived.set()
        await asyncio.Event().wait()

    desk.platform.thread = hangs  # type: ignore[method-assign]
    checking = asyncio.create_task(desk.check())
    await arrived.wait()
    checking.cancel()
    with suppress(asyncio.CancelledError):
        await checking
    desk.platform.thread = say  # type: ignore[method-assign]

    await desk.check()

    assert desk.replies() == ["Retracted"]
    assert desk.titles() == [f"Retracted: Paper {ONE}"]


async def test_a_place_that_does_not_answer_changes_nothing(desk: Desk) -> None:
    await desk.post(ONE)
    desk.place.away = True

    assert await desk.check() == 0
    assert desk.replies() == []


async def test_many_papers_are_asked_about_in_few_requests(database: Database) -> None:
    desk = Desk(database, Places(batch=2))
    await desk.post(*(f"arxiv:2401.{number:05}" for number in range(1, 6)))

    await desk.check()

    assert [len(names) for names in desk.place.asked] == [2, 2, 1]


async def test_where_each_takes_a_request_all_are_asked_over_a_week(database: Database) -> None:
    desk = Desk(database, Places(batch=1, days=7))
    names = [f"arxiv:2401.{number:05}" for number in range(1, 10)]
    await desk.post(*names)
    for _ in range(7):
        await desk.check()
        desk.now += timedelta(days=1)

    assert sorted(name for asked in desk.place.asked for name in asked) == names


async def test_old_posts_and_retracted_papers_are_asked_about_no_more(desk: Desk) -> None:
    _, two = await desk.post(ONE, "arxiv:2401.00002")
    async with desk.database.write() as session:
        paper = await session.get(Paper, two)
        assert paper is not None
        paper.retracted = True
        session.add(paper)

    await desk.check()
    desk.now = NOON + ASKED_FOR + timedelta(days=1)
    await desk.check()

    assert desk.place.asked == [[ONE]]
