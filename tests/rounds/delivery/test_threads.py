"""A round's head stands once above its posts, and details once below a short post."""

from datetime import timedelta

import pytest

from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    RefusedError,
    UnaskableError,
)
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.delivery.retry_policy import ATTEMPTS
from bot.rounds.delivery.threads import TRIES
from storage import channels, claims, papers, posts
from storage.database import Database
from storage.models import ChannelState, DigestHeader, Post, PostState, PostStyle
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON

ABSTRACT = "We study routing. " * 200


class Scene:
    """A slot of two papers in one style, a platform to send them to, and a clock to move."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.platform = FakePlatform()
        self.now = NOON
        self.ids: list[int] = []

    async def pick(self, style: PostStyle) -> None:
        async with self.database.write() as session:
            channel = await make.channel(session)
            channel.style = style
            for rank, title in enumerate(("A", "B")):
                paper = await make.paper(
                    session,
                    title,
                    abstract=ABSTRACT,
                    authors=["Ada Lovelace", "Bo Ek"],
                    url=f"https://example.org/{title}",
                )
                post = await make.post(session, channel, paper, rank=rank, style=style)
                self.ids.append(post.id or 0)
            if style is PostStyle.DIGEST:
                await claims.add_header(session, channel, NOON, "head-1", NOON)

    async def once(self, holder: str = "main") -> float | None:
        delivery = Delivery(self.database, {"local": self.platform}, lambda: self.now, holder)
        left = await delivery.deliver_all(self.ids)
        return left.pause if left else None

    async def restart(self) -> None:
        delivery = Delivery(self.database, {"local": self.platform}, lambda: self.now, "main")
        await delivery.take_over("main")

    async def patiently(self) -> None:
        while (pause := await self.once()) is not None:
            self.now += timedelta(seconds=pause)

    async def head(self) -> DigestHeader:
        async with self.database.read() as session:
            found = await claims.find_header(session, 1, NOON)
        assert found is not None
        return found

    async def post(self, place: int = 0) -> Post:
        async with self.database.read() as session:
            found = await posts.get(session, self.ids[place])
        assert found is not None
        return found

    @property
    def places(self) -> list[str | None]:
        """Under what each post that arrived stands."""
        return [self.platform.under.get(mark) for _, _, mark in self.platform.posted]


@pytest.fixture
async def digest(database: Database) -> Scene:
    scene = Scene(database)
    await scene.pick(PostStyle.DIGEST)
    return scene


@pytest.fixture
async def short(database: Database) -> Scene:
    scene = Scene(database)
    await scene.pick(PostStyle.SHORT)
    return scene


async def test_a_digest_is_one_head_with_every_paper_a_message_under_it(digest: Scene) -> None:
    assert await digest.once() is None

    [(_, text, mark)] = digest.platform.heads
    assert text == "2 papers: vote on each below\n1. A\n2. B"
    assert digest.places == [mark, mark]
    assert (await digest.head()).message == mark
    assert {(await digest.post(place)).state for place in (0, 1)} == {PostState.POSTED}


@pytest.mark.parametrize("late", [False, True], ids=["before it arrived", "after it arrived"])
async def test_a_head_whose_fate_is_unknown_is_asked_for_and_stands_once(
    digest: Scene, late: bool
) -> None:
    faults = digest.platform.late_head_faults if late else digest.platform.head_faults
    faults.append(OutcomeUnknownError("the connection broke"))

    await digest.patiently()

    assert len(digest.platform.heads) == 1
    assert digest.places == ["head-1", "head-1"]
    assert "head-1" in digest.platform.asked


async def test_a_sender_that_died_with_a_head_leaves_one_head(digest: Scene) -> None:
    class Killed(BaseException):
        """The process ends here."""

    digest.platform.late_head_faults.append(Killed())
    with pytest.raises(Killed):
        await digest.once()
    await digest.restart()

    await digest.patiently()

    assert len(digest.platform.heads) == 1
    assert digest.places == ["head-1", "head-1"]


async def test_a_head_that_another_is_sending_is_waited_for(digest: Scene) -> None:
    async with digest.database.write() as session:
        until = NOON + timedelta(minutes=2)
        assert await claims.claim_header(session, 1, holder="other", now=NOON, until=until)

    assert await digest.once() == 2.0
    assert digest.platform.posted == digest.platform.heads == []


async def test_a_limit_on_the_head_is_waited_out_without_asking(digest: Scene) -> None:
    digest.platform.head_faults += [NotSentError("429", retry_after=7), None]

    assert await digest.once() == 7
    digest.now += timedelta(seconds=7)
    assert await digest.once() is None

    assert digest.platform.asked == []
    assert len(digest.platform.heads) == 1


@pytest.mark.parametrize(
    "fault", [RefusedError("msg_too_long"), UnaskableError("no history"), ValueError("a bug")]
)
async def test_papers_come_without_a_head_that_cannot_be_sent(
    digest: Scene, fault: Exception
) -> None:
    digest.platform.head_faults += [OutcomeUnknownError("broke"), *[fault] * TRIES]

    await digest.patiently()

    assert digest.places == [None, None]
    assert (await digest.head()).given_up


async def test_a_head_that_is_refused_is_said_without_links(digest: Scene) -> None:
    digest.platform.head_faults.append(RefusedError("invalid_blocks"))

    await digest.patiently()

    assert len(digest.platform.heads) == 1
    assert digest.places == ["head-1", "head-1"]


async def test_a_paper_is_not_lost_with_a_head_that_takes_no_replies(digest: Scene) -> None:
    digest.platform.faults += [RefusedError("the thread is locked")]

    await digest.patiently()

    assert sorted(digest.platform.titles("local:general")) == ["A", "B"]
    assert digest.places == [None, "head-1"]


async def test_a_channel_that_is_gone_gets_no_head_and_no_papers(digest: Scene) -> None:
    digest.platform.head_faults.append(ChannelGoneError("archived"))

    await digest.patiently()

    async with digest.database.read() as session:
        assert (await channels.get(session, 1)).state is ChannelState.GONE
    assert digest.platform.posted == []


async def test_a_short_post_leaves_its_abstract_to_the_thread(short: Scene) -> None:
    assert await short.once() is None

    assert [card.summary for _, card, _ in short.platform.posted] == ["", ""]
    assert [message for message, _, _ in short.platform.threads] == ["1-1", "1-2"]
    text = short.platform.threads[0][1]
    assert text.replace("\n", " ").startswith(ABSTRACT.strip())
    assert "Authors: Ada Lovelace, Bo Ek" in text
    assert max(map(len, text.splitlines())) <= 1_500


@pytest.mark.parametrize("late", [False, True], ids=["before they arrived", "after they arrived"])
async def test_details_whose_fate_is_unknown_stand_once(short: Scene, late: bool) -> None:
    platform = short.platform
    faults = platform.late_thread_faults if late else platform.thread_faults
    faults.append(OutcomeUnknownError("the connection broke"))

    pause = await short.once()
    waiting = await short.post()
    assert pause is not None
    assert (waiting.state, waiting.message) == (PostState.SENDING, "1-1")
    await short.patiently()

    assert [message for message, _, _ in platform.threads] == ["1-1", "1-2"]
    assert [mark for _, _, mark in platform.posted] == ["1-1", "1-2"]
    assert (await short.post()).state is PostState.POSTED


async def test_a_post_is_done_though_its_details_never_arrive(short: Scene) -> None:
    short.platform.thread_faults += [NotSentError("429", retry_after=1)] * (2 * ATTEMPTS)

    await short.patiently()

    assert (await short.post(1)).state is PostState.POSTED
    assert len(short.platform.posted) == 2


@pytest.mark.parametrize("fault", [RefusedError("locked"), ValueError("a bug")])
async def test_details_that_are_refused_are_done_without(short: Scene, fault: Exception) -> None:
    short.platform.thread_faults += [fault] * 2

    assert await short.once() is None
    assert (await short.post()).state is PostState.POSTED


async def test_details_that_are_refused_are_said_without_links(short: Scene) -> None:
    short.platform.thread_faults.append(RefusedError("invalid_blocks"))

    assert await short.once() is None
    assert [message for message, _, _ in short.platform.threads][:1] == ["1-1"]


async def test_a_paper_without_abstract_and_names_has_no_thread(database: Database) -> None:
    scene = Scene(database)
    async with database.write() as session:
        channel = await make.channel(session)
        paper = await make.paper(session, "Bare")
        post = await make.post(session, channel, paper, style=PostStyle.SHORT)
        scene.ids.append(post.id or 0)
        assert (await papers.get_many(session, [paper.id or 0]))[0].abstract == ""

    assert await scene.once() is None
    assert scene.platform.threads == []
