"""Reactions on our posts become votes, and a channel's taste follows at once."""

from datetime import timedelta

import pytest

from bot.ports import ChannelRef, MessageRef, Person, Reaction
from bot.rounds.learning.taste_store import PATIENCE, TasteStore
from bot.rounds.learning.votes import VoteRecorder
from storage import models as tables
from storage import votes
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.make import NOON

GENERAL = ChannelRef("local", "", "general")


class Scene:
    """A channel with one posted paper, and people who react to it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tastes = TasteStore(half_life_days=90)
        self.recorder = VoteRecorder(database, self.tastes)

    async def react(
        self,
        emoji: str,
        *,
        added: bool = True,
        minute: int = 1,
        person: str = "anna",
        message: str = "1",
    ) -> bool:
        return await self.recorder.record(
            Reaction(
                MessageRef(GENERAL, message),
                Person(person, person),
                emoji,
                added=added,
                at=NOON + timedelta(minutes=minute),
            )
        )

    async def liking(self, title: str = "Diffusion models for proteins") -> float:
        async with self.database.read() as session:
            channel = await make.channels.find(session, str(GENERAL))
            assert channel is not None
            taste = await self.tastes.load(session, channel.id or 0)
        paper = tables.Paper(title=title, abstract="", source="x", key="x")
        return taste.opinion(paper, NOON).value


@pytest.fixture
async def scene(database: Database) -> Scene:
    async with database.write() as session:
        channel = await make.channel(session)
        paper = await make.paper(session, "Diffusion models for proteins")
        await make.post(
            session, channel, paper, message="1", state=PostState.POSTED, posted_at=NOON
        )
    return Scene(database)


async def test_a_vote_moves_the_taste_and_taking_it_back_moves_it_back(scene: Scene) -> None:
    before = await scene.liking()
    await scene.react("👍")
    liked = await scene.liking()
    await scene.react("👍", added=False, minute=2)

    assert liked > before
    assert await scene.liking() == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("emoji", ["👍🏽", "❤️", "❤", "🎉"])
async def test_variants_of_an_emoji_mean_the_same(scene: Scene, emoji: str) -> None:
    assert await scene.react(emoji)

    assert await scene.liking() > 0


async def test_thumbs_of_two_skin_tones_are_one_vote_until_both_are_gone(scene: Scene) -> None:
    await scene.react("👍")
    liked = await scene.liking()
    await scene.react("👍🏽", minute=1)
    twice = await scene.liking()
    await scene.react("👍", added=False, minute=2)
    one_left = await scene.liking()
    await scene.react("👍🏽", added=False, minute=3)

    assert liked > 0
    assert (twice, one_left) == (liked, liked)
    assert await scene.liking() == pytest.approx(0, abs=1e-6)


async def test_a_reaction_without_meaning_changes_nothing(scene: Scene) -> None:
    assert not await scene.react("🦆")

    assert await scene.liking() == 0


async def test_a_reaction_on_another_message_is_ignored(scene: Scene) -> None:
    assert not await scene.react("👍", message="99")


async def test_a_repeated_event_counts_once(scene: Scene) -> None:
    await scene.react("👍")
    liked = await scene.liking()
    for _ in range(4):
        await scene.react("👍")

    assert await scene.liking() == liked


async def test_a_bookmark_saves_the_paper_for_the_person_alone(scene: Scene) -> None:
    await scene.react("🔖")
    async with scene.database.read() as session:
        mine = await votes.list_saved(session, 1, "anna")
        theirs = await votes.list_saved(session, 1, "ben")
    await scene.react("🔖", added=False, minute=2)
    async with scene.database.read() as session:
        after = await votes.list_saved(session, 1, "anna")

    assert [paper.title for paper in mine] == ["Diffusion models for proteins"]
    assert (list(theirs), list(after)) == ([], [])


async def test_a_rebuilt_taste_equals_the_one_that_learned_live(scene: Scene) -> None:
    await scene.react("👍", minute=1)
    await scene.react("🔥", minute=2)
    await scene.react("👎", minute=3, person="ben")
    await scene.react("👍", minute=4, added=False)
    live = await scene.liking()

    async with scene.database.write() as session:
        await scene.tastes.rebuild(session, 1, NOON)

    assert await scene.liking() == pytest.approx(live, abs=1e-6)


async def test_a_damaged_taste_is_rebuilt_from_the_votes(scene: Scene) -> None:
    await scene.react("👍")
    live = await scene.liking()
    async with scene.database.write() as session:
        row = await session.get(tables.StoredTaste, 1)
        assert row is not None
        row.state = b"from the future"
        session.add(row)

    assert await scene.liking() == pytest.approx(live, abs=1e-6)


async def test_days_of_silence_are_noted_once_and_survive_a_rebuild(scene: Scene) -> None:
    later = NOON + PATIENCE + timedelta(hours=1)
    async with scene.database.write() as session:
        await scene.tastes.note_silence(session, 1, later)
    silent = await scene.liking()
    async with scene.database.write() as session:
        await scene.tastes.note_silence(session, 1, later)
    again = await scene.liking()
    async with scene.database.write() as session:
        await scene.tastes.rebuild(session, 1, later)

    assert silent < 0
    assert again == silent
    assert await scene.liking() == pytest.approx(silent, abs=1e-6)
