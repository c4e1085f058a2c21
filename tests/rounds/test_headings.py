"""A paper that was taken down is off the list above its round's posts."""

import pytest

from bot.chat import ChannelRef, MessageRef
from bot.errors import NotSentError, RefusedError
from bot.rounds.headings import Headings
from bot.rounds.withdrawal import Withdrawal
from storage import channels, papers
from storage.database import Database
from storage.models import PostStyle
from tests.rounds.test_threads import Scene

HERE = ChannelRef.parse("local:general")


class Digest(Scene):
    """A digest of two papers that arrived, and what takes them down."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        platforms = {"local": self.platform}
        # Long enough for a busy machine to put any number of deletions into it; closing ends it.
        self.headings = Headings(database, platforms, pause=60)
        self.withdrawal = Withdrawal(database, platforms, self.headings)

    async def delete(self, place: int) -> None:
        post = await self.post(place)
        async with self.database.read() as session:
            channel = await channels.get(session, post.channel_id)
            [paper] = await papers.get_many(session, [post.paper_id])
        await self.withdrawal.delete(channel, paper)

    async def shown(self) -> list[str]:
        await self.headings.close()
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

    assert await digest.withdrawal.gone(MessageRef(HERE, post.message or ""))

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
