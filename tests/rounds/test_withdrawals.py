"""A paper that arXiv withdraws after its post is told in the post's thread, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.errors import NotSentError, SourceError
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.withdrawals import ASKED_FOR, BATCH, Withdrawals
from bot.sources.base import Entry
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON

WITHDRAWN = Entry(names=("arxiv:2401.00001",), title="One", retracted=True)


class Desk:
    """Posts of papers, and an arXiv that says `known` of them."""

    def __init__(self, database: Database, *known: Entry) -> None:
        self.database = database
        self.known = list(known)
        self.asked: list[Sequence[str]] = []
        self.platform = FakePlatform()
        self.now = NOON
        self.check = Withdrawals(
            database, self._lookup, AdminNotices(database, {"slack": self.platform}), self._time
        ).check

    def _time(self) -> datetime:
        return self.now

    async def _lookup(self, ids: Sequence[str]) -> Sequence[Entry]:
        self.asked.append(ids)
        if not self.known:
            raise SourceError("arXiv does not answer")
        return self.known

    async def post(self, *names: str) -> None:
        async with self.database.write() as session:
            channel = await make.channel(session, "slack:T1/C1")
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

    def told(self) -> list[str]:
        return [message for message, _, _ in self.platform.threads]


async def test_a_withdrawn_paper_is_told_once_under_its_post(database: Database) -> None:
    desk = Desk(database, WITHDRAWN)
    await desk.post("arxiv:2401.00001", "arxiv:2401.00002", "doi:10.1000/1")

    assert [await desk.check(), await desk.check()] == [1, 0]

    assert desk.told() == ["100.0"]
    assert [sorted(ids) for ids in desk.asked] == [["2401.00001", "2401.00002"], ["2401.00002"]]


async def test_what_did_not_arrive_is_told_the_next_day(database: Database) -> None:
    desk = Desk(database, WITHDRAWN)
    await desk.post("arxiv:2401.00001")
    desk.platform.thread_faults.append(NotSentError("busy"))

    await desk.check()
    await desk.check()

    assert desk.told() == ["100.0"]


async def test_an_arxiv_that_does_not_answer_changes_nothing(database: Database) -> None:
    desk = Desk(database)
    await desk.post("arxiv:2401.00001")

    assert await desk.check() == 0
    assert desk.told() == []


async def test_many_papers_are_asked_about_in_few_requests(database: Database) -> None:
    desk = Desk(database, WITHDRAWN)
    await desk.post(*(f"arxiv:2401.{number:05}" for number in range(1, BATCH + 3)))

    await desk.check()

    assert [len(ids) for ids in desk.asked] == [BATCH, 2]


async def test_old_posts_are_asked_about_no_more(database: Database) -> None:
    desk = Desk(database, WITHDRAWN)
    await desk.post("arxiv:2401.00001")
    desk.now += ASKED_FOR + timedelta(days=1)

    await desk.check()

    assert desk.asked == []
