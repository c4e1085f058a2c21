"""Many votes are one edit, and the last vote is always shown."""

import asyncio

import pytest

from bot.cards.card import Card
from bot.chat import ChannelRef, MessageRef
from bot.errors import NotSentError, RefusedError
from bot.rounds.tallies import Tallies
from storage import votes
from storage.database import Database
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.waiting import PATIENCE

MESSAGE = MessageRef(ChannelRef("slack", "T1", "C1"), "1.2")


class Scene:
    """A delivered post that people vote on."""

    def __init__(self, database: Database, post_id: int) -> None:
        self.database = database
        self.post_id = post_id
        self.platform = FakePlatform()
        # Long enough for a busy machine to put any number of votes into it; closing ends it.
        self.tallies = Tallies(database, {"slack": self.platform}, shown_on={"slack"}, pause=60)

    async def vote(self, person: str, value: int = 1) -> None:
        async with self.database.write() as session:
            await votes.record(session, self.post_id, person, "x", value=value, added=True, at=NOON)
        self.tallies.touch(MESSAGE)

    @property
    def shown(self) -> list[tuple[int, int] | None]:
        return [card.votes for _, card in self.platform.edited]


@pytest.fixture
async def scene(database: Database) -> Scene:
    async with database.write() as session:
        channel = await make.channel(session, str(MESSAGE.channel))
        paper = await make.paper(session, "A")
        post = await make.post(session, channel, paper, message=MESSAGE.message)
    return Scene(database, post.id or 0)


async def test_votes_that_come_together_make_one_edit(scene: Scene) -> None:
    for person in ("ada", "bo", "cy"):
        await scene.vote(person)
    await scene.vote("di", -1)

    await scene.tallies.close()

    assert scene.shown == [(3, 1)]


async def test_a_vote_during_an_edit_is_shown_by_the_next(scene: Scene) -> None:
    second = asyncio.Event()

    class Slow(FakePlatform):
        async def edit(self, message: MessageRef, card: Card) -> None:
            await super().edit(message, card)
            if len(self.edited) == 1:
                await scene.vote("bo")
            else:
                second.set()

    slow = scene.platform = Slow()
    scene.tallies = Tallies(scene.database, {"slack": slow}, shown_on={"slack"}, pause=0.01)
    await scene.vote("ada")

    await asyncio.wait_for(second.wait(), PATIENCE)
    await scene.tallies.close()

    assert scene.shown == [(1, 0), (2, 0)]


async def test_an_edit_that_was_too_much_is_made_later(scene: Scene) -> None:
    scene.platform.edit_faults = [NotSentError("ratelimited", retry_after=0.01)]
    await scene.vote("ada")

    await scene.tallies.close()

    assert scene.shown == [(1, 0)]


async def test_an_edit_that_is_refused_is_given_up_and_the_next_vote_tries_again(
    scene: Scene,
) -> None:
    scene.platform.edit_faults = [RefusedError("message_not_found")]
    await scene.vote("ada")
    await scene.tallies.close()

    await scene.vote("bo")
    await scene.tallies.close()

    assert scene.shown == [(2, 0)]


async def test_a_platform_that_counts_by_itself_is_left_alone(scene: Scene) -> None:
    tallies = Tallies(scene.database, {"slack": scene.platform}, shown_on=(), pause=0.01)

    tallies.touch(MESSAGE)
    await tallies.close()

    assert scene.shown == []


async def test_an_unknown_message_is_not_edited(scene: Scene) -> None:
    scene.tallies.touch(MessageRef(MESSAGE.channel, "9.9"))
    await scene.tallies.close()

    assert scene.shown == []
