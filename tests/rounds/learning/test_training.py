"""What channels share is learned within a workspace, and between workspaces where the host says."""

import random
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from bot.meaning.encoder import Floats
from bot.rounds.learning import training
from bot.rounds.learning.shared_models import TEXTS, SharedModels
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.training import ModelTraining
from bot.rounds.meaning import Meanings
from bot.tasks.maintenance import distance
from storage import models as tables
from storage import papers, shared_models
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.make import NOON

TOPICS = (
    ("routing", "expert", "mixture", "gate", "sparse"),
    ("protein", "fold", "enzyme", "yeast", "gene"),
    ("speech", "voice", "accent", "tone", "phone"),
)
COMMON = ("model", "data", "large", "learning", "new", "fast", "robust", "deep")
PLACES = ("slack:T1/a", "slack:T1/b", "slack:T1/c", "slack:T2/d", "slack:T2/e", "slack:T2/f")


class Scene:
    """Two workspaces of three channels each, in which each channel likes one topic."""

    def __init__(
        self, database: Database, *, sharing: bool = False, meanings: Meanings | None = None
    ) -> None:
        self.database = database
        self.models = SharedModels(sharing=sharing, meanings=meanings)
        self.tastes = TasteStore(30, self.models)
        self.learning = ModelTraining(database, self.models, self.tastes)

    async def stored(self) -> set[str]:
        async with self.database.read() as session:
            return set(await shared_models.outlines(session))

    async def version(self, channel_id: int) -> int:
        async with self.database.read() as session:
            return (await self.models.of_channel(session, channel_id)).version

    async def day(self, after: int = 0) -> tuple[int, int]:
        now = NOON + timedelta(days=after)
        return await self.learning.refresh(now), await self.learning.follow(now)


def titles(lot: random.Random, topic: Sequence[str], count: int) -> list[str]:
    words = [lot.sample(topic, 2) + lot.sample(COMMON, 3) for _ in range(count)]
    return [f"{' '.join(some)} {number}" for number, some in enumerate(words)]


async def fill(database: Database, *, liked: int = 6) -> None:
    """320 papers on three topics; each channel was shown and liked some on its own."""
    lot = random.Random(4)
    async with database.write() as session:
        papers = [await make.papers_of(session, titles(lot, topic, 107)) for topic in TOPICS]
        for number, place in enumerate(PLACES):
            channel = await make.channel(session, place)
            for paper in papers[number % 3][:liked]:
                post = await make.post(
                    session, channel, paper, message=f"{number}-{paper.id}", state=PostState.POSTED
                )
                post.posted_at = NOON
                await make.vote(session, post.id or 0, "anna", "👍", value=1, added=True, at=NOON)
            await TasteStore(30).rebuild(session, channel.id or 0, NOON)


class OwnModel:
    """A model that nobody knows the centre of beforehand: it tells long titles from short ones."""

    name = "ours@1/128"

    def encode(self, texts: Sequence[str]) -> Floats:
        return np.array([[0.6, 0.8] if len(text) % 2 else [0.8, 0.6] for text in texts], np.float32)

    def close(self) -> None:
        pass


async def test_a_hosts_own_model_is_read_by_tastes_once_its_centre_is_learned(
    database: Database,
) -> None:
    await fill(database)
    meanings = Meanings(database, OwnModel())
    await meanings.complete(NOON - timedelta(days=7))
    scene = Scene(database, meanings=meanings)

    learned, followed = await scene.day()

    assert (learned, followed) == (1, len(PLACES))
    async with database.read() as session:
        shared = await scene.models.of_channel(session, 1)
        assert shared.settled
        assert shared.meaning is not None
        assert len(shared.meaning.centre) == 2
        taste = await scene.tastes.load(session, 1)
        assert taste.shared is shared
    assert await scene.day(1) == (0, 0)


async def test_a_workspace_learns_from_its_own_channels_alone(database: Database) -> None:
    await fill(database)
    scene = Scene(database)
    await scene.day()
    ours, theirs = await scene.version(1), await scene.version(4)
    async with database.write() as session:
        channel = await make.channels.find(session, "slack:T2/d")
        assert channel is not None
        for paper in (await shared_models.newest_texts(session, 60))[:40]:
            post = await make.post(session, channel, paper, message=f"x{paper.id}")
            await make.vote(session, post.id or 0, "ben", "👍", value=1, added=True, at=NOON)
    await scene.day(1)

    assert await scene.stored() == {TEXTS, "workspace:1", "workspace:2"}
    assert await scene.version(1) == ours
    assert await scene.version(4) != theirs


async def test_where_the_host_shares_all_channels_are_one_pool(database: Database) -> None:
    await fill(database)
    await Scene(database).day()
    shared = Scene(database, sharing=True)
    await shared.day(1)

    assert await shared.stored() == {TEXTS, "all"}
    assert await shared.version(1) == await shared.version(4)


async def test_tastes_follow_a_new_base_and_equal_a_replay_on_it(database: Database) -> None:
    await fill(database)
    scene = Scene(database)
    first = await scene.day()
    again = await scene.day()
    async with database.write() as session:
        stored = await scene.tastes.find(session, 1)
        assert stored is not None
        rebuilt = await scene.tastes.rebuild(session, 1, NOON)
        shown = await shared_models.newest_texts(session, 400)

    assert first == (3, len(PLACES))
    assert again == (0, 0)
    assert stored.shared.version == await scene.version(1)
    assert distance(stored, rebuilt, shown, NOON) <= 1e-6


async def test_a_vote_before_the_taste_followed_is_counted_once(database: Database) -> None:
    await fill(database)
    scene = Scene(database)
    await scene.learning.refresh(NOON)
    async with database.write() as session:
        needed = await scene.tastes.load(session, 1)

    assert needed.votes == 6
    assert await scene.learning.follow(NOON) == len(PLACES) - 1


async def test_too_few_papers_or_channels_teach_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(database, liked=2)
    scene = Scene(database)
    monkeypatch.setattr(training, "PAPERS_FROM", 1000)
    few = await scene.day()
    monkeypatch.undo()

    assert few == (0, 0)
    assert await scene.day() == (1, len(PLACES))
    assert await scene.stored() == {TEXTS}


async def test_what_no_round_reads_any_more_is_forgotten_within_two_days(
    database: Database,
) -> None:
    scene = Scene(database)
    await fill(database)
    await scene.day()
    async with database.read() as session:
        shared = await scene.models.of_pool(session, TEXTS)
        read, left = await papers.get_many(session, [1, 2])
    shared.forget()
    shared.forget()

    held = []
    for hours in (0, 1, 25, 50):
        shared.read(read)
        if not hours:
            shared.read(left)
        scene.models.forget_unread(NOON + timedelta(hours=hours))
        held.append(shared.remembered)

    assert held == [2, 2, 1, 1]


async def test_a_base_is_learned_anew_after_a_month_or_much_change_only(
    database: Database,
) -> None:
    await fill(database)
    scene = Scene(database)
    await scene.day()
    async with database.write() as session:
        await make.paper(session, "One more paper")
    soon = await scene.day(20)
    later = await scene.day(31)

    assert (soon, later) == ((0, 0), (3, len(PLACES)))


@pytest.mark.parametrize(("damaged", "learned"), [(TEXTS, 3), ("workspace:1", 1)])
async def test_a_damaged_base_stops_no_round_and_is_learned_again(
    database: Database, damaged: str, learned: int
) -> None:
    await fill(database)
    await Scene(database).day()
    async with database.write() as session:
        row = await session.get(tables.StoredModel, damaged)
        assert row is not None
        row.state = b"rubbish"
        session.add(row)

    scene = Scene(database)
    async with database.write() as session:
        taste = await scene.tastes.load(session, 1)

    assert taste.votes == 6
    assert await scene.day(1) == (learned, 1)
    async with database.read() as session:
        assert await scene.models.is_intact(session, damaged)


async def test_what_a_base_knows_reaches_papers_without_a_common_word(
    database: Database,
) -> None:
    await fill(database)
    scene = Scene(database)
    probe = tables.Paper(title="enzyme gene", abstract="", source="x", key="x")
    async with database.read() as session:
        before = (await scene.tastes.load(session, 2)).values([], NOON)
    await scene.day()
    async with database.read() as session:
        biology = await scene.tastes.load(session, 2)
        routing = await scene.tastes.load(session, 1)

    reads = [[one.shared.read(probe)] for one in (biology, routing)]
    assert len(before) == 0
    liked, other = biology.values(reads[0], NOON)[0], routing.values(reads[1], NOON)[0]
    assert np.isfinite([liked, other]).all()
    assert liked > other
