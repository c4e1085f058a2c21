"""What a channel learned vote by vote is what a replay of its standing votes gives."""

from datetime import timedelta

import pytest

from bot.picks.taste import WINDOW
from bot.rounds.learning.taste_store import PATIENCE, TasteStore
from bot.tasks.maintenance import distance
from storage import models as tables
from storage import watches
from storage.database import Database
from tests.make import NOON
from tests.rounds.voting import POSTS, Scene, history, voting


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await voting(database)


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
        row = await session.get(tables.StoredTaste, 1)
        assert row is not None
        row.state = b"from the future"
        session.add(row)

    await scene.vote(1, "👍", "b", scene.now)

    assert (await scene.taste()).votes == 2
    assert await scene.off() <= 1e-6


async def test_a_new_half_life_takes_effect_when_rebuilt(scene: Scene) -> None:
    for number in range(3):
        await scene.vote(number, "👍", "a", scene.now)
    scene.tastes = TasteStore(half_life_days=3)

    assert await scene.off() > 1e-3
    assert await scene.off() == 0.0
