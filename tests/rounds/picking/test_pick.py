"""A round picks what matches, within limits, once for a slot."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.pick import Picker, left_today
from storage import channels, papers, posts, watches
from storage.database import Database, lock_channel
from storage.models import Channel, ChannelState
from tests import make
from tests.make import NOON

WINDOW = timedelta(days=7)
TITLES = [f"Diffusion models for task {letter}" for letter in "abcdefgh"]


class Scene:
    """A channel that watches diffusion models, with papers to pick from."""

    def __init__(self, database: Database, channel: Channel) -> None:
        self.database = database
        self.channel_id = channel.id or 0
        self.rounds = Picker(database, MatchCache(database, WINDOW), TasteStore(90), WINDOW)

    async def pick(self, *, hours: float = 0) -> list[str]:
        at = NOON + timedelta(hours=hours)
        post_ids = await self.rounds.pick(self.channel_id, at, at)
        async with self.database.read() as session:
            made = await posts.list_ids(session, post_ids)
        return [paper.title for _, paper in made]

    async def set(self, **settings: object) -> None:
        async with self.database.write() as session:
            channel = await channels.get(session, self.channel_id)
            for name, value in settings.items():
                setattr(channel, name, value)
            session.add(channel)


@pytest.fixture
async def scene(database: Database) -> Scene:
    async with database.write() as session:
        channel = await make.channel(session)
        await watches.add(
            session,
            channel.id or 0,
            text="diffusion model",
            typed="diffusion models",
            by="anna",
            now=NOON,
        )
        for title in TITLES:
            await make.paper(session, title)
        await make.paper(session, "Sorting networks")
    return Scene(database, channel)


async def test_a_round_picks_matching_papers_up_to_the_limit(scene: Scene) -> None:
    picked = await scene.pick()

    assert len(picked) == 5
    assert set(picked) <= set(TITLES)


async def test_the_same_slot_asked_again_gives_the_same_posts(scene: Scene) -> None:
    assert await scene.pick() == await scene.pick()


async def test_more_channels_than_sessions_pick_at_the_same_time(
    scene: Scene, database: Database
) -> None:
    async with database.write() as session:
        rooms = [await make.channel(session, f"local:room-{number}") for number in range(60)]
        for room in rooms:
            await watches.add(
                session, room.id or 0, text="sorting", typed="sorting", by="anna", now=NOON
            )

    made = await asyncio.gather(
        *(scene.rounds.pick(room.id or 0, NOON, NOON) for room in rooms[::2]),
        *(scene.rounds.rehearse(room.id or 0, NOON) for room in rooms[1::2]),
    )

    assert [len(each) for each in made] == [1] * 60


async def test_the_limit_holds_for_the_whole_local_day(scene: Scene) -> None:
    await scene.pick()

    assert await scene.pick(hours=6) == []


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        ((), (5, 2)),
        (("watch",), (4, 2)),
        (("trying",), (4, 2)),
        (("watch", "trying", "beyond"), (3, 1)),
        (("submitted",), (5, 2)),
        (("watch",) * 4 + ("trying",) * 3 + ("beyond",) * 3, (0, 0)),
    ],
)
async def test_whatever_a_round_chose_takes_of_the_days_room(
    scene: Scene, kinds: tuple[str, ...], left: tuple[int, int]
) -> None:
    await scene.set(post_limit=5, beyond=2)
    async with scene.database.write() as session:
        channel = await channels.get(session, scene.channel_id)
        for number, kind in enumerate(kinds):
            paper = await make.paper(session, f"Posted {number}")
            await make.post(session, channel, paper, kind=kind)

        assert await left_today(session, channel, NOON) == left


async def test_what_was_not_picked_today_is_a_candidate_tomorrow(scene: Scene) -> None:
    today = await scene.pick()
    tomorrow = await scene.pick(hours=24)

    assert sorted(today + tomorrow) == TITLES


async def test_a_rehearsal_shows_what_the_round_then_does_and_keeps_nothing(scene: Scene) -> None:
    rehearsed = [one.paper.title for one in await scene.rounds.rehearse(scene.channel_id, NOON)]

    assert rehearsed == await scene.pick()


async def test_the_threshold_of_the_channel_is_respected(scene: Scene) -> None:
    async with scene.database.write() as session:
        await make.paper(session, "Sampling", abstract="We study diffusion models.")
    await scene.set(threshold=100, post_limit=50)

    assert sorted(await scene.pick()) == TITLES


async def test_a_lost_channel_gets_nothing(scene: Scene) -> None:
    await scene.set(state=ChannelState.GONE)

    assert await scene.pick() == []


async def test_a_post_keeps_why_it_was_picked(scene: Scene) -> None:
    await scene.pick()

    async with scene.database.read() as session:
        made = await posts.list_slot(session, scene.channel_id, NOON)
    evidence = made[0].match["evidence"][0]
    assert (made[0].match["watch"], evidence["words"]) == ("diffusion model", "Diffusion models")
    assert (made[0].score, made[0].kind, len(made[0].delivery_id)) == (100.0, "watch", 25)


async def test_taste_has_no_say_in_the_reason_before_anybody_voted(scene: Scene) -> None:
    await scene.pick()

    async with scene.database.read() as session:
        made = await posts.list_slot(session, scene.channel_id, NOON)
    assert {tuple(post.match["likes"] + post.match["dislikes"]) for post in made} == {()}


async def test_a_choice_is_made_before_the_turn_to_write_comes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = asyncio.Event()
    choose = Picker._choose

    async def telling(self: Picker, *args: Any) -> Any:
        made = await choose(self, *args)
        chosen.set()
        return made

    await scene.rounds.rehearse(scene.channel_id, NOON)
    monkeypatch.setattr(Picker, "_choose", telling)
    async with scene.database.write() as session:
        await lock_channel(session, scene.channel_id)
        working = asyncio.create_task(scene.pick())
        await chosen.wait()
        assert not working.done()

    assert len(await working) == 5


async def test_what_another_changed_after_the_choice_counts(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = Picker._ahead

    async def slowly(self: Picker, *args: Any) -> Any:
        made = await ahead(self, *args)
        await scene.set(post_limit=2)
        return made

    monkeypatch.setattr(Picker, "_ahead", slowly)

    assert len(await scene.pick()) == 2


async def test_a_paper_that_came_after_the_choice_is_left_for_the_next_round(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = Picker._ahead

    async def slowly(self: Picker, *args: Any) -> Any:
        made = await ahead(self, *args)
        async with scene.database.write() as session:
            await make.paper(session, "Diffusion models, late")
        return made

    monkeypatch.setattr(Picker, "_ahead", slowly)
    await scene.pick()

    async with scene.database.read() as session:
        channel = await channels.get(session, scene.channel_id)
        assert channel.last_paper_id < await papers.newest_id(session)
