"""What is let go is too old for anything, and what it taught, or barred, stays."""

from datetime import timedelta

import pytest
from sqlmodel import func, select

from bot.picks.taste import Taste
from bot.ports import MessageRef
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.retention import Kept, LetGo, Retention
from storage import channels, posts, sources, votes
from storage import models as tables
from storage.database import Database
from storage.models import Paper, Post, PostState, Vote
from tests import make
from tests.make import NOON
from tests.rounds.voting import GENERAL, POSTS, Scene, history, voting

YEAR = timedelta(days=365)
WINDOW = timedelta(days=7)


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await voting(database)


def retention(scene: Scene, *, votes: timedelta = YEAR) -> Retention:
    return Retention(scene.database, scene.tastes, Kept(votes=votes), WINDOW)


async def count(database: Database, table: type) -> int:
    async with database.read() as session:
        return int((await session.exec(select(func.count()).select_from(table))).one())


async def click(scene: Scene, seed: int, events: int, *, after: int = 0) -> None:
    for number, emoji, person, at, added in history(seed, events):
        await scene.vote(number, emoji, person, at + timedelta(days=after), added=added)
        async with scene.database.write() as session:
            await scene.tastes.load(session, 1)


def opinions(taste: Taste, scene: Scene) -> list[float]:
    return taste.values([taste.shared.read(paper) for paper in scene.papers], scene.now).tolist()


@pytest.mark.parametrize(("seed", "events"), [(1, 12), (2, 50)])
async def test_a_taste_whose_votes_were_let_go_equals_a_replay_from_its_checkpoint(
    scene: Scene, seed: int, events: int
) -> None:
    await click(scene, seed, events)
    before = await scene.taste()
    # Day by day the votes on older posts go, while people go on voting on the others.
    for day in (2, 3, 6, 9):
        await retention(scene, votes=WINDOW).let_go(NOON + WINDOW + timedelta(days=day))
        assert await scene.off() <= 1e-6
        assert opinions(await scene.taste(), scene) == pytest.approx(
            opinions(before, scene), abs=1e-6
        )
        await click(scene, seed + day, events // 4, after=day)
        before = await scene.taste()
        assert await scene.off() <= 1e-6


async def test_silence_that_was_let_go_stays_in_the_taste(scene: Scene) -> None:
    await scene.vote(POSTS - 1, "👍", "a", scene.now)
    async with scene.database.write() as session:
        before = await scene.tastes.note_silence(session, 1, scene.now)

    await retention(scene, votes=WINDOW).let_go(NOON + WINDOW + timedelta(days=5))

    assert await scene.off() <= 1e-6
    assert opinions(await scene.taste(), scene) == pytest.approx(opinions(before, scene), abs=1e-6)


async def test_a_vote_on_a_post_whose_votes_were_let_go_counts_nowhere(scene: Scene) -> None:
    await scene.vote(0, "👍", "a", scene.now)
    await retention(scene, votes=WINDOW).let_go(NOON + WINDOW + timedelta(days=1))
    before = await scene.state()

    await scene.vote(0, "👍", "a", scene.now + timedelta(days=1))
    await scene.vote(0, "👎", "b", scene.now + timedelta(days=1))

    assert (await scene.state(), await count(scene.database, Vote)) == (before, 0)
    assert (await scene.taste()).votes == 1


async def test_letting_go_again_lets_nothing_more_go(scene: Scene) -> None:
    await click(scene, 2, 40)
    late = NOON + YEAR * 2

    first = await retention(scene).let_go(late)
    again = await retention(scene).let_go(late)

    assert first.votes > 0
    assert first.posts == POSTS
    assert again == LetGo(0, 0, 0)


async def test_nothing_is_let_go_within_the_window_whatever_the_settings(scene: Scene) -> None:
    await click(scene, 1, 12)
    held = await count(scene.database, Vote)

    gone = await retention(scene, votes=timedelta(0)).let_go(NOON + WINDOW - timedelta(hours=1))

    assert gone == LetGo(0, 0, 0)
    assert await count(scene.database, Vote) == held


async def test_a_light_post_still_bars_its_paper_from_the_channel(scene: Scene) -> None:
    await retention(scene).let_go(NOON + YEAR * 2)
    async with scene.database.write() as session:
        named_again = await make.paper(session, scene.papers[0].title, abstract="Back.")
        barred = await posts.picked_papers(session, 1)

    assert named_again.id == scene.papers[0].id
    assert named_again.id in barred


async def test_a_paper_that_was_never_picked_goes_and_a_saved_one_stays_whole(
    scene: Scene,
) -> None:
    async with scene.database.write() as session:
        channel = await channels.get(session, 1)
        saved = await make.paper(session, "Kept for later", abstract="All of it.")
        passed_by = await make.paper(session, "Passed by", abstract="None of it.")
        await votes.save(
            session, channel.workspace_id, "anna", saved.id or 0, on=True, at=scene.now
        )

    await retention(scene).let_go(NOON + YEAR * 2)

    async with scene.database.read() as session:
        kept, gone = await session.get(Paper, saved.id), await session.get(Paper, passed_by.id)
    assert kept is not None
    assert (kept.abstract, gone) == ("All of it.", None)


async def test_a_paper_of_a_feed_that_may_name_it_again_is_made_light_only(scene: Scene) -> None:
    async with scene.database.write() as session:
        feed = await sources.add(session, kind="feed", spec="https://a.example/rss", name="a")
        paper = await make.paper(session, "Passed by", given_by=feed, abstract="None of it.")

    await retention(scene).let_go(NOON + YEAR * 2)

    async with scene.database.read() as session:
        kept = await session.get(Paper, paper.id)
    assert kept is not None
    assert (kept.title, kept.abstract) == ("Passed by", "")


@pytest.mark.parametrize(
    "state", [PostState.DUE, PostState.SENDING, PostState.FAILED, PostState.UNKNOWN]
)
async def test_a_delivery_that_is_not_finished_is_never_let_go(
    scene: Scene, state: PostState
) -> None:
    async with scene.database.write() as session:
        channel = await channels.get(session, 1)
        paper = await make.paper(session, "Not delivered", abstract="All of it.")
        post = await make.post(session, channel, paper, state=state, reason="no answer")

    await retention(scene).let_go(NOON + YEAR * 2)

    async with scene.database.read() as session:
        left, whole = await session.get(Post, post.id), await session.get(Paper, paper.id)
    assert left is not None
    assert whole is not None
    assert (left.state, left.reason, whole.abstract) == (state, "no answer", "All of it.")


async def test_a_reaction_on_a_light_post_is_no_error(scene: Scene) -> None:
    await retention(scene).let_go(NOON + YEAR * 2)

    await scene.vote(0, "👍", "a", scene.now)

    assert await count(scene.database, Vote) == 0
    async with scene.database.read() as session:
        assert await posts.find_message(session, 1, MessageRef(GENERAL, "0").message) is None


async def test_what_people_said_of_a_post_stays_as_one_number_without_them(scene: Scene) -> None:
    for person, emoji in (("a", "👍"), ("b", "👍"), ("c", "👎")):
        await scene.vote(0, emoji, person, scene.now)

    await retention(scene).let_go(NOON + YEAR * 2)

    async with scene.database.read() as session:
        post = (await session.exec(select(Post).order_by(Post.id))).first()
    assert post is not None
    assert post.match == {"verdict": 1}


async def test_a_clock_put_back_opens_no_post_whose_votes_were_let_go(scene: Scene) -> None:
    await scene.vote(0, "👍", "a", scene.now)
    await scene.vote(POSTS - 1, "👍", "a", scene.now)
    for day in (9, 2):
        async with scene.database.write() as session:
            await scene.tastes.fold(session, 1, NOON + timedelta(days=day), scene.now)

    await scene.vote(0, "👍", "a", scene.now + timedelta(days=1))

    assert (await scene.taste()).votes == 2
    assert await scene.off() <= 1e-6


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40])
async def test_votes_after_a_checkpoint_that_is_damaged_still_count_once(
    scene: Scene, damage: bytes
) -> None:
    await scene.vote(0, "👍", "a", scene.now)
    await scene.vote(POSTS - 1, "👍", "a", scene.now)
    await retention(scene, votes=WINDOW).let_go(NOON + WINDOW + timedelta(days=1))
    async with scene.database.write() as session:
        row = await session.get(tables.StoredTaste, 1)
        assert row is not None
        row.state, row.checkpoint = b"", row.checkpoint[:1] + damage if row.checkpoint else None

    await scene.vote(0, "👍", "a", scene.now + timedelta(days=1))

    assert (await scene.taste()).votes == 1


async def test_votes_that_cannot_be_folded_stay_and_stop_nothing_else(scene: Scene) -> None:
    class Unfolding(TasteStore):
        async def fold(self, *_: object) -> int:
            raise ValueError("no such word")

    await scene.vote(0, "👍", "a", scene.now)
    patient = Retention(scene.database, Unfolding(60), Kept(votes=WINDOW, posts=WINDOW), WINDOW)

    gone = await patient.let_go(NOON + WINDOW + timedelta(days=9))

    assert gone.votes == 0
    assert gone.posts > 0
    assert await count(scene.database, Vote) == 1
