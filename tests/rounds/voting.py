"""A channel with posts to vote on, and clicks as people make them."""

import random
from datetime import datetime, timedelta

from bot.picks.taste import Taste
from bot.ports import ChannelRef, MessageRef, Person, Reaction
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.votes import VoteRecorder
from bot.tasks.maintenance import distance
from storage import models as tables
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
        self.tastes = TasteStore(half_life_days=30)
        self.recorder = VoteRecorder(database, self.tastes)
        self.now = NOON + timedelta(days=POSTS)

    async def taste(self) -> Taste:
        async with self.database.read() as session:
            return await self.tastes.load(session, 1)

    async def state(self) -> bytes:
        async with self.database.read() as session:
            row = await session.get(tables.StoredTaste, 1)
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
        await self.recorder.record(Reaction(message, Person(person, person), emoji, added, at))


async def voting(database: Database) -> Scene:
    """A scene in which every post stands, and nobody has voted yet."""
    lot = random.Random(5)
    titles = [f"{' '.join(lot.sample(WORDS, 4))} {number}" for number in range(POSTS)]
    async with database.write() as session:
        channel = await make.channel(session)
        papers = await make.papers_of(session, titles)
        for number, paper in enumerate(papers):
            day = NOON + timedelta(days=number // A_SLOT)
            post = await make.post(
                session, channel, paper, message=str(number), state=PostState.POSTED
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
