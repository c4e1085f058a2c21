"""A channel's stats are its own votes, counted by person, by local day and by post."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.cards.stats import Bar, Share, Stats
from bot.ports import ChannelRef, MessageRef, Person, Reaction
from bot.rounds.learning.stats import LEARNING, over_time, read_stats, shares, worth_saying
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.votes import VoteRecorder
from storage import channels
from storage.database import Database
from storage.models import Post, PostState
from storage.votes import Stance
from tests import make
from tests.make import NOON

GENERAL, OTHER = ChannelRef("local", "", "general"), ChannelRef("local", "", "other")
TITLES = ("Expert routing", "Protein design", "A survey of agents")
MONDAY = date(2026, 3, 2)


class Scene:
    """Two channels that were shown the same papers, and people who vote."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tastes = TasteStore(half_life_days=90)
        self.recorder = VoteRecorder(database, self.tastes)

    async def vote(
        self,
        number: int,
        emoji: str = "👍",
        *,
        person: str = "ana",
        at: datetime = NOON,
        where: ChannelRef = GENERAL,
        added: bool = True,
    ) -> None:
        message = MessageRef(where, f"{where.channel}-{number}")
        await self.recorder.record(Reaction(message, Person(person, person), emoji, added, at))

    async def stats(self, where: ChannelRef = GENERAL, now: datetime = NOON) -> Stats:
        async with self.database.read() as session:
            channel = await channels.find(session, str(where))
            assert channel is not None
            return await read_stats(session, channel, self.tastes, now)


@pytest.fixture
async def scene(database: Database) -> Scene:
    async with database.write() as session:
        for ref in (GENERAL, OTHER):
            where = await make.channel(session, str(ref))
            for number, title in enumerate(TITLES):
                await make.post(
                    session,
                    where,
                    await make.paper(session, title),
                    message=f"{ref.channel}-{number}",
                    state=PostState.POSTED,
                    posted_at=NOON,
                    rank=number,
                )
    return Scene(database)


async def test_without_votes_there_are_posts_alone(scene: Scene) -> None:
    found = await scene.stats()

    assert (found.channel, found.posts, found.votes, found.people) == ("general", 3, 0, 0)
    assert (found.likes, found.dislikes, found.bars) == ((), (), ())
    assert found.before == found.since == Share(0, 0)


async def test_votes_are_counted_once_for_a_person_and_post(scene: Scene) -> None:
    for emoji in ("👍", "🔥", "🎉"):
        await scene.vote(0, emoji)
    await scene.vote(0, person="bo")
    await scene.vote(2, "👎", person="bo")
    await scene.vote(1, person="cy")
    await scene.vote(1, person="cy", added=False, at=NOON + timedelta(minutes=1))

    found = await scene.stats()

    assert (found.up, found.down, found.people) == (2, 1, 2)
    assert (found.posts, found.voted) == (3, 2)
    assert found.before == Share(1, 2)


async def test_who_says_yes_and_no_of_a_post_says_nothing(scene: Scene) -> None:
    await scene.vote(0, "👍")
    await scene.vote(0, "👎")

    assert (await scene.stats()).votes == 0


async def test_liked_and_disliked_words_come_with_weights(scene: Scene) -> None:
    await scene.vote(0, "👍")
    await scene.vote(2, "👎")

    found = await scene.stats()

    assert {part for word, _ in found.likes for part in word.split()} == {"routing", "expert"}
    assert {part for word, _ in found.dislikes for part in word.split()} == {"survey", "agents"}
    assert max(abs(weight) for _, weight in (*found.likes, *found.dislikes)) == 1.0
    assert all(weight > 0 for _, weight in found.likes)
    assert all(weight < 0 for _, weight in found.dislikes)


async def test_nothing_of_another_channel_shows(scene: Scene) -> None:
    await scene.vote(0, where=OTHER, person="secret")
    await scene.vote(1, where=OTHER)
    await scene.vote(2, "👎")

    found, theirs = await scene.stats(), await scene.stats(OTHER)

    assert (found.up, found.down, found.people, found.likes) == (0, 1, 1, ())
    assert (theirs.up, theirs.down, theirs.people, theirs.dislikes) == (2, 0, 2, ())


async def test_a_day_is_the_channels_own(scene: Scene) -> None:
    await scene.vote(0, at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    async with scene.database.write() as session:
        channel = await channels.get(session, 1)
        channel.schedule = "daily 09:00 Asia/Tokyo"
        session.add(channel)

    assert (await scene.stats()).bars[-1] == Bar(date(2026, 3, 2), up=1)


async def test_votes_of_a_clock_that_ran_ahead_are_todays(scene: Scene) -> None:
    await scene.vote(0, at=NOON + timedelta(days=4000))

    found = await scene.stats()

    assert found.bars[-1] == Bar(MONDAY, up=1)


def stance(post_id: int, value: int, person: str = "ana") -> Stance:
    return Stance(post_id, person, value, NOON)


def posts(count: int, kind: str = "watch") -> list[Post]:
    return [Post(id=number, kind=kind) for number in range(1, count + 1)]


def test_the_first_twenty_voted_posts_come_before_learning() -> None:
    stances = [stance(number, +1 if number % 3 else -1) for number in range(2, 31)]

    before, since = shares(posts(40), stances)

    assert before == Share(13, LEARNING)
    assert since == Share(6, 9)


def test_a_post_is_voted_up_when_more_people_are_for_it_than_against() -> None:
    torn = [stance(1, +1), stance(1, -1, "bo"), stance(2, +1), stance(2, +1, "bo")]

    assert shares(posts(3), torn)[0] == Share(1, 2)


def test_papers_that_people_handed_in_are_no_picks() -> None:
    assert shares(posts(3, kind="submitted"), [stance(1, +1)])[0] == Share(0, 0)


def test_three_weeks_are_shown_by_day_without_gaps() -> None:
    step, bars = over_time([(MONDAY - timedelta(days=20), 1), (MONDAY, -1), (MONDAY, -1)], MONDAY)

    assert (step, len(bars)) == ("day", 21)
    assert bars[0] == Bar(MONDAY - timedelta(days=20), up=1)
    assert bars[-1] == Bar(MONDAY, down=2)


def test_a_first_vote_stands_in_a_week() -> None:
    _, bars = over_time([(MONDAY, 1)], MONDAY)

    assert [bar.start for bar in bars] == [MONDAY - timedelta(days=n) for n in range(6, -1, -1)]


def test_longer_times_are_shown_by_week_from_monday() -> None:
    step, bars = over_time(
        [(MONDAY - timedelta(days=21), 1), (MONDAY - timedelta(days=1), 1)],
        MONDAY + timedelta(days=2),
    )

    assert step == "week"
    assert bars == (
        Bar(MONDAY - timedelta(weeks=3), up=1),
        Bar(MONDAY - timedelta(weeks=2)),
        Bar(MONDAY - timedelta(weeks=1), up=1),
        Bar(MONDAY),
    )


def test_half_a_year_is_shown_at_most() -> None:
    _, bars = over_time([(date(1, 1, 1), 1), (MONDAY, 1)], MONDAY)

    assert len(bars) == 26
    assert sum(bar.up for bar in bars) == 1


WORDS_SAID = [
    ((), (), ((), ())),
    ((("a", 4.0), ("b", 1.0)), (("c", -2.0),), ((("a", 1.0), ("b", 0.25)), (("c", -0.5),))),
    ((("a", 4.0), ("b", 0.1)), (("c", -0.1),), ((("a", 1.0),), ())),
    ((("large", 4.0), ("large language", 2.0)), (), ((("large", 1.0),), ())),
    ((("graph nets", 4.0), ("nets", 2.0)), (), ((("graph nets", 1.0),), ())),
    ((("net", 4.0), ("nets", 2.0)), (), ((("net", 1.0), ("nets", 0.5)), ())),
    ((("a", 0.0),), (), ((), ())),
]


@pytest.mark.parametrize(("likes", "dislikes", "said"), WORDS_SAID)
def test_words_are_said_once_with_weights_beside_the_strongest(
    likes: tuple[tuple[str, float], ...],
    dislikes: tuple[tuple[str, float], ...],
    said: tuple[object, object],
) -> None:
    assert worth_saying(likes, dislikes) == said


def test_seven_words_are_said_at_most() -> None:
    likes, _ = worth_saying([(str(n), 10.0 - n / 10) for n in range(30)], [])

    assert [word for word, _ in likes] == list("0123456")
