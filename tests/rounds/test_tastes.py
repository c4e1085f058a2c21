"""What a channel learned vote by vote is what a replay of its standing votes gives."""

import random
from datetime import datetime, timedelta

import pytest

from bot.chat import ChannelRef, MessageRef, Person, Reaction
from bot.picks.taste import WINDOW, Taste
from bot.rounds.tastes import PATIENCE, Tastes
from bot.rounds.votes import Ballot
from bot.tasks.taste import distance
from storage import models as tables
from storage import watches
from storage.database import Database
from storage.models import Paper, PostState
from tests import make
from tests.make import NOON

GENERAL = ChannelRef("local", "", "general")
WORDS = [
    "routing",
    "experts",
    "protein",
    "diffusion",
    "survey",
    "agents",
    "graph",
    "reward",
    "speech",
    "vision",
]
EMOJI = ("👍", "🔥", "👎")
POSTS = 30
A_SLOT = 3


class Scene:
    """A channel with ten slots of three posts, on consecutive days."""

    def __init__(self, database: Database, papers: list[Paper]) -> None:
        self.database, self.papers = database, papers
        self.tastes = Tastes(half_life_days=30)
        self.ballot = Ballot(database, self.tastes)
        self.now = NOON + timedelta(days=POSTS)

    async def taste(self) -> Taste:
        async with self.database.read() as session:
            return await self.tastes.load(session, 1)

    async def state(self) -> bytes:
        async with self.database.read() as session:
            row = await session.get(tables.Taste, 1)
        return row.state if row else b""

    async def off(self) -> float:
        """How far the channel's taste is from a replay."""
        stored = await self.taste()
        async with self.database.write() as session:
            rebuilt = await self.tastes.rebuild(session, 1, self.now)
        assert stored.votes == rebuilt.votes
        return distance(stored, rebuilt, self.papers, self.now)

    async def vote(
        self, number: int, emoji: str, person: str, at: datetime, *, added: bool = True
    ) -> None:
        message = MessageRef(GENERAL, str(number))
        await self.ballot.record(Reaction(message, Person(person, person), emoji, added, at))


@pytest.fixture
async def scene(database: Database) -> Scene:
    lot = random.Random(5)
    papers = []
    async with database.write() as session:
        channel = await make.channel(session)
        for number in range(POSTS):
            title = " ".join(lot.sample(WORDS, 4))
            papers.append(await make.paper(session, f"{title} {number}"))
            day = NOON + timedelta(days=number // A_SLOT)
            post = await make.post(
                session, channel, papers[-1], message=str(number), state=PostState.POSTED
            )
            post.picked_at = post.slot_at = post.posted_at = day
            session.add(post)
    return Scene(database, papers)


def history(seed: int, events: int) -> list[tuple[int, str, str, datetime, bool]]:
    """Clicks of six people, a third of them taken back, some told twice, many out of order."""
    lot = random.Random(seed)
    told = []
    for minute in range(events):
        number, emoji, person = lot.randrange(POSTS), lot.choice(EMOJI), lot.choice("abcdef")
        at = NOON + timedelta(days=11, minutes=minute)
        told.append((number, emoji, person, at, lot.random() < 0.7))
        if lot.random() < 0.3:
            again = lot.choice(told)
            told.append((*again[:3], at + timedelta(seconds=1), not again[4]))
    told += lot.sample(told, len(told) // 4)
    # What the network delays comes at most some clicks too late.
    return sorted(told, key=lambda one: one[3] + timedelta(minutes=lot.choice((0, 0, 0, 40))))


@pytest.mark.parametrize(("seed", "events"), [(1, 12), (2, 60), (3, 90)])
async def test_any_history_of_clicks_leaves_what_a_replay_gives(
    scene: Scene, seed: int, events: int
) -> None:
    stepped = 0
    for number, emoji, person, at, added in history(seed, events):
        await scene.vote(number, emoji, person, at, added=added)
        if await scene.state():
            stepped += 1
        else:
            async with scene.database.write() as session:
                await scene.tastes.load(session, 1)

    assert await scene.off() <= 1e-6
    assert stepped > events / 2
    assert events < WINDOW or (await scene.taste()).votes > WINDOW


async def test_late_votes_are_put_off_until_the_taste_is_needed(scene: Scene) -> None:
    for number in range(POSTS):
        await scene.vote(number, "👍", "a", scene.now)
    before = await scene.taste()
    await scene.vote(0, "👍", "b", scene.now)
    await scene.vote(POSTS - 1, "👍", "b", scene.now)
    put_off = await scene.state()
    async with scene.database.write() as session:
        needed = await scene.tastes.load(session, 1)

    assert put_off == b""
    assert (before.votes, needed.votes) == (POSTS, POSTS + 2)
    assert await scene.state() == needed.dumps()


async def test_silence_noted_out_of_order_is_the_same_in_a_replay(scene: Scene) -> None:
    await scene.vote(0, "👍", "a", scene.now)
    for day, taken_back in ((PATIENCE, False), (PATIENCE * 2, True)):
        if taken_back:
            await scene.vote(0, "👍", "a", scene.now + timedelta(minutes=1), added=False)
        async with scene.database.write() as session:
            await scene.tastes.note_silence(session, 1, NOON + timedelta(hours=1) + day)

    assert await scene.off() <= 1e-6


async def test_a_watch_added_later_speaks_in_the_taste_and_in_the_replay(scene: Scene) -> None:
    await scene.vote(0, "👍", "a", scene.now)
    before = await scene.taste()
    async with scene.database.write() as session:
        await watches.add(session, 1, text="vision", typed="vision", by="a", now=NOON)

    seeing = [paper for paper in scene.papers if "vision" in paper.title]

    assert distance(before, await scene.taste(), seeing, scene.now) > 0.01
    assert await scene.off() <= 1e-6


async def test_a_vote_on_a_damaged_taste_counts_once(scene: Scene) -> None:
    await scene.vote(0, "👍", "a", scene.now)
    async with scene.database.write() as session:
        row = await session.get(tables.Taste, 1)
        assert row is not None
        row.state = b"from the future"
        session.add(row)

    await scene.vote(1, "👍", "b", scene.now)

    assert (await scene.taste()).votes == 2
    assert await scene.off() <= 1e-6


async def test_a_new_half_life_takes_effect_when_rebuilt(scene: Scene) -> None:
    for number in range(3):
        await scene.vote(number, "👍", "a", scene.now)
    scene.tastes = Tastes(half_life_days=3)

    assert await scene.off() > 1e-3
    assert await scene.off() == 0.0
