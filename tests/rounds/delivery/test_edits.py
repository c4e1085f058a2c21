"""A paper that was taken down is off the list above its round's posts."""

import asyncio

import pytest

from bot.cards.card import Card
from bot.errors import NotSentError, RefusedError
from bot.ports import ChannelRef, MessageRef
from bot.rounds.delivery.deletions import PostDeletion
from bot.rounds.delivery.edits import DigestHeaderEdits, VoteCountEdits
from storage import channels, papers
from storage.database import Database
from storage.models import PostStyle
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.rounds.delivery.test_threads import Scene
from tests.waiting import PATIENCE

HERE = ChannelRef.parse("local:general")


class Digest(Scene):
    """A digest of two papers that arrived, and what takes them down."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        platforms = {"local": self.platform}
        # Long enough for a busy machine to put any number of deletions into it; closing ends it.
        self.header_edits = DigestHeaderEdits(database, platforms, pause=60)
        self.deletion = PostDeletion(database, platforms, self.header_edits)

    async def delete(self, place: int) -> None:
        post = await self.post(place)
        async with self.database.read() as session:
            channel = await channels.get(session, post.channel_id)
            [paper] = await papers.get_many(session, [post.paper_id])
        await self.deletion.delete(channel, paper)

    async def shown(self) -> list[str]:
        await self.header_edits.close()
        return [text for _, text, _ in self.platform.edited_heads]


@pytest.fixture
async def digest(database: Database) -> Digest:
    digest = Digest(database)
    await digest.pick(PostStyle.DIGEST)
    await digest.patiently()
    return digest


async def test_a_deleted_paper_leaves_the_list_above(digest: Digest) -> None:
    await digest.delete(0)

    assert await digest.shown() == ["One paper: vote on it below\n1. B"]
    [(message, _, mark)] = digest.platform.edited_heads
    assert (message, mark) == (MessageRef(HERE, "head-1"), "head-1")


async def test_papers_that_are_deleted_together_make_one_edit_that_says_none_is_left(
    digest: Digest,
) -> None:
    await digest.delete(0)
    await digest.delete(1)

    assert await digest.shown() == ["All of these papers were taken down"]


async def test_a_post_that_somebody_deletes_in_the_chat_leaves_the_list_too(
    digest: Digest,
) -> None:
    post = await digest.post(1)

    assert await digest.deletion.gone(MessageRef(HERE, post.message or ""))

    assert await digest.shown() == ["One paper: vote on it below\n1. A"]


async def test_a_list_that_is_gone_itself_costs_no_deletion(digest: Digest) -> None:
    digest.platform.edit_faults = [RefusedError("message_not_found")]

    await digest.delete(0)

    assert await digest.shown() == []
    assert digest.platform.titles("local:general") == ["B"]


async def test_a_list_whose_edit_was_too_much_is_edited_later(digest: Digest) -> None:
    digest.platform.edit_faults = [NotSentError("ratelimited", retry_after=0.01)]

    await digest.delete(0)

    assert await digest.shown() == ["One paper: vote on it below\n1. B"]


async def test_a_post_without_a_list_above_it_is_deleted_as_before(database: Database) -> None:
    cards = Digest(database)
    await cards.pick(PostStyle.CARDS)
    await cards.patiently()

    await cards.delete(0)

    assert await cards.shown() == []
    assert cards.platform.titles("local:general") == ["B"]


MESSAGE = MessageRef(ChannelRef("slack", "T1", "C1"), "1.2")


class CountScene:
    """A delivered post that people vote on."""

    def __init__(self, database: Database, post_id: int) -> None:
        self.database = database
        self.post_id = post_id
        self.platform = FakePlatform()
        # Long enough for a busy machine to put any number of votes into it; closing ends it.
        self.count_edits = VoteCountEdits(
            database, {"slack": self.platform}, shown_on={"slack"}, pause=60
        )

    async def vote(self, person: str, value: int = 1) -> None:
        async with self.database.write() as session:
            await make.vote(session, self.post_id, person, "x", value=value, added=True, at=NOON)
        self.count_edits.touch(MESSAGE)

    @property
    def shown(self) -> list[tuple[int, int] | None]:
        return [card.votes for _, card in self.platform.edited]


@pytest.fixture
async def scene(database: Database) -> CountScene:
    async with database.write() as session:
        channel = await make.channel(session, str(MESSAGE.channel))
        paper = await make.paper(session, "A")
        post = await make.post(session, channel, paper, message=MESSAGE.message)
    return CountScene(database, post.id or 0)


async def test_votes_that_come_together_make_one_edit(scene: CountScene) -> None:
    for person in ("ada", "bo", "cy"):
        await scene.vote(person)
    await scene.vote("di", -1)

    await scene.count_edits.close()

    assert scene.shown == [(3, 1)]


async def test_a_vote_during_an_edit_is_shown_by_the_next(scene: CountScene) -> None:
    second = asyncio.Event()

    class Slow(FakePlatform):
        async def edit(self, message: MessageRef, card: Card) -> None:
            await super().edit(message, card)
            if len(self.edited) == 1:
                await scene.vote("bo")
            else:
                second.set()

    slow = scene.platform = Slow()
    scene.count_edits = VoteCountEdits(
        scene.database, {"slack": slow}, shown_on={"slack"}, pause=0.01
    )
    await scene.vote("ada")

    await asyncio.wait_for(second.wait(), PATIENCE)
    await scene.count_edits.close()

    assert scene.shown == [(1, 0), (2, 0)]


async def test_an_edit_that_was_too_much_is_made_later(scene: CountScene) -> None:
    scene.platform.edit_faults = [NotSentError("ratelimited", retry_after=0.01)]
    await scene.vote("ada")

    await scene.count_edits.close()

    assert scene.shown == [(1, 0)]


async def test_an_edit_that_is_refused_is_given_up_and_the_next_vote_tries_again(
    scene: CountScene,
) -> None:
    scene.platform.edit_faults = [RefusedError("message_not_found")]
    await scene.vote("ada")
    await scene.count_edits.close()

    await scene.vote("bo")
    await scene.count_edits.close()

    assert scene.shown == [(2, 0)]


async def test_a_platform_that_counts_by_itself_is_left_alone(scene: CountScene) -> None:
    count_edits = VoteCountEdits(scene.database, {"slack": scene.platform}, shown_on=(), pause=0.01)

    count_edits.touch(MESSAGE)
    await count_edits.close()

    assert scene.shown == []


async def test_an_unknown_message_is_not_edited(scene: CountScene) -> None:
    scene.count_edits.touch(MessageRef(MESSAGE.channel, "9.9"))
    await scene.count_edits.close()

    assert scene.shown == []
