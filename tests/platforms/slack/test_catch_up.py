"""What cannot be compared now is compared a little later, for nothing else would notice it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.errors import NotSentError
from bot.platforms.slack import catch_up
from bot.platforms.slack.auth import OneToken, Wire
from bot.platforms.slack.catch_up import CatchUp, MissedReactions
from bot.ports import Inbox, Reaction
from storage import votes
from storage.database import Database
from tests import make
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO, BOT_TOKEN, BOT_USER, ROBOT
from tests.platforms.slack.conftest import LAB
from tests.platforms.slack.inbox import RecordingInbox
from tests.platforms.slack.lab import Lab, Mode, running
from tests.waiting import PATIENCE

RECENT = 20


class Scripted:
    """Something to compare, which goes wrong as told and then well."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.compared = asyncio.Event()

    async def compare(self, inbox: Inbox) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.compared.set()


@pytest.mark.parametrize(
    "fault",
    [
        OperationalError("SELECT", {}, psycopg.OperationalError("the connection is closed")),
        NotSentError("Slack cannot be reached"),
    ],
)
async def test_a_comparison_that_broke_off_is_made_again(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "PAUSES", (0.01, 0.01))
    flaky = Scripted(fault, fault)
    catching_up = CatchUp(missed=[flaky])

    with capture_logs() as logged:
        catching_up.start(RecordingInbox())
        await asyncio.wait_for(flaky.compared.wait(), RECENT)
    await catching_up.stop()

    assert [each["event"] for each in logged] == ["slack.not_compared"] * 2
    assert not any("exc_info" in each for each in logged)


async def test_a_fault_of_one_comparison_ends_it_and_not_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catch_up, "PAUSES", (60.0,))
    broken, sound = Scripted(ValueError("a bug")), Scripted()
    catching_up = CatchUp(missed=[broken, sound])

    catching_up.start(RecordingInbox())
    await asyncio.wait_for(sound.compared.wait(), RECENT)
    await catching_up.stop()

    assert not broken.compared.is_set()


NOW = datetime.now(UTC)


class Scene:
    """A post that stands in the lab's channel, and somebody who reads its reactions again."""

    def __init__(self, database: Database, slack: FakeSlack, missed: MissedReactions) -> None:
        self.database = database
        self.slack = slack
        self.missed = missed
        self.post_id = 0

    async def posted(self, ts: str = "1.000001", *, at: datetime = NOW) -> None:
        self.slack.workspace.channels["C0LAB"].messages[ts] = {"ts": ts}
        async with self.database.write() as session:
            channel = await make.channel(session, str(LAB))
            paper = await make.paper(session, f"Paper {ts}")
            post = await make.post(session, channel, paper, message=ts, posted_at=at)
            self.post_id = post.id or 0

    def reacted(self, name: str, *people: str, ts: str = "1.000001") -> None:
        self.slack.workspace.reactions.setdefault(("C0LAB", ts), {})[name] = set(people)

    async def voted(self, person: str, emoji: str = "👍") -> None:
        async with self.database.write() as session:
            at = NOW - timedelta(hours=1)
            await make.vote(session, self.post_id, person, emoji, value=1, added=True, at=at)

    async def told(self) -> list[Reaction]:
        inbox = RecordingInbox()
        await self.missed.compare(inbox)
        return inbox.reactions


@pytest.fixture
async def scene(database: Database, slack: FakeSlack) -> AsyncIterator[Scene]:
    wire = Wire(f"{slack.url}/api/")
    keyring = OneToken(BOT_TOKEN, wire)
    yield Scene(
        database, slack, MissedReactions(database, keyring, wire, lambda: NOW, a_minute=60_000)
    )
    await wire.close()


async def test_a_deleted_post_is_told_of_and_the_others_are_read(
    scene: Scene,
) -> None:
    await scene.posted("1.000001")
    await scene.posted("2.000001")
    del scene.slack.workspace.channels["C0LAB"].messages["2.000001"]
    scene.reacted("+1", ADA)
    inbox = RecordingInbox()

    await scene.missed.compare(inbox)

    assert [each.message for each in inbox.deleted] == ["2.000001"]
    assert [each.message.message for each in inbox.reactions] == ["1.000001"]


def brief(told: list[Reaction]) -> set[tuple[str, str, bool]]:
    return {(each.person.id, each.emoji, each.added) for each in told}


async def test_only_the_difference_is_told(scene: Scene) -> None:
    await scene.posted()
    await scene.voted(ADA)
    await scene.voted("U0GONE")
    scene.reacted("+1", ADA)
    scene.reacted("-1", BO, BOT_USER, ROBOT)
    scene.reacted("bookmark", BO)

    told = await scene.told()

    assert brief(told) == {(BO, "👎", True), (BO, "🔖", True), ("U0GONE", "👍", False)}
    assert all(abs((each.at - datetime.now(UTC)).total_seconds()) < 60 for each in told)


async def test_a_thumb_of_another_skin_tone_is_another_reaction(scene: Scene) -> None:
    await scene.posted()
    await scene.voted(ADA)
    scene.reacted("+1::skin-tone-3", ADA)

    assert brief(await scene.told()) == {(ADA, "👍🏼", True), (ADA, "👍", False)}


async def test_what_is_known_already_is_not_told_again(scene: Scene) -> None:
    await scene.posted()
    await scene.voted(ADA)
    scene.reacted("thumbsup", ADA)

    assert await scene.told() == []


async def test_old_posts_are_not_even_asked_for(scene: Scene) -> None:
    await scene.posted(at=NOW - timedelta(days=8))

    assert await scene.told() == []
    assert scene.slack.counts["reactions.get"] == 0


async def test_a_deleted_message_hides_nothing_of_the_others(scene: Scene) -> None:
    await scene.posted("1.000001")
    await scene.posted("1.000002", at=NOW - timedelta(minutes=1))
    del scene.slack.workspace.channels["C0LAB"].messages["1.000001"]
    scene.reacted("+1", ADA, ts="1.000002")

    assert brief(await scene.told()) == {(ADA, "👍", True)}


async def test_a_limit_is_waited_out(scene: Scene) -> None:
    await scene.posted()
    scene.reacted("+1", ADA)
    scene.slack.faults.add("reactions.get", "ratelimited", seconds=0.1)

    assert brief(await scene.told()) == {(ADA, "👍", True)}


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_votes_given_and_taken_back_while_it_was_stopped_count(
    tmp_path: Path, mode: Mode
) -> None:
    async with FakeSlack() as slack:
        async with running(tmp_path, slack, mode) as lab:
            await lab.people.invite()
            await lab.give("Graph transformers at scale")
            await lab.people.type("watch graph transformers")
            await lab.round()
            [post] = slack.workspace.posts()
            await lab.people.react(post["ts"], "+1", user=BO)
            await _until(lab, "+1*")
        slack.workspace.reactions[("C0LAB", post["ts"])] = {"fire": {ADA}, "+1": set()}

        async with running(tmp_path, slack, mode) as lab:
            async with asyncio.timeout(PATIENCE):
                while await _voters(lab) != {(ADA, "🔥")}:
                    await asyncio.sleep(0.05)


async def test_votes_given_while_the_connection_was_down_count(tmp_path: Path) -> None:
    async with FakeSlack() as slack, _voted_lab(tmp_path, slack) as (lab, ts):
        slack.sockets.refused = 2
        await slack.sockets.cut()
        slack.workspace.reactions[("C0LAB", ts)] = {"+1": {ADA}}
        async with asyncio.timeout(PATIENCE):
            while await _voters(lab) != {(ADA, "👍")}:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def _voted_lab(folder: Path, slack: FakeSlack) -> AsyncIterator[tuple[Lab, str]]:
    async with running(folder, slack, "socket") as lab:
        await lab.people.invite()
        await lab.give("Graph transformers at scale")
        await lab.people.type("watch graph transformers")
        await lab.round()
        yield lab, slack.workspace.posts()[0]["ts"]


async def _voters(lab: Lab) -> set[tuple[str, str]]:
    async with lab.app.database.read() as session:
        return set(await votes.list_standing(session, 1))


async def _until(lab: Lab, said: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while said not in await lab.people.type("top week"):
            await asyncio.sleep(0.05)
