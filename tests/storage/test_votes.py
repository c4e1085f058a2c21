"""Votes count once, in the order of their events, whatever order they arrive in."""

from datetime import timedelta
from itertools import permutations

import pytest

from storage import votes
from storage.database import Database
from storage.votes import VoteEvent
from tests import make
from tests.make import NOON


async def _post(database: Database) -> int:
    async with database.write() as session:
        made = await make.post(
            session, await make.channel(session), await make.paper(session, "A"), message="1"
        )
    return made.id or 0


async def _react(
    database: Database, post_id: int, emoji: str, value: int, minute: int, *, added: bool = True
) -> tuple[int, int] | None:
    async with database.write() as session:
        at = NOON + timedelta(minutes=minute)
        event = VoteEvent(post_id, "anna", emoji, value=value, added=added, at=at)
        return (await votes.record(session, [event]))[0]


async def test_a_vote_and_its_removal_cancel(database: Database) -> None:
    post_id = await _post(database)

    assert await _react(database, post_id, "👍", 1, 1) == (0, 1)
    assert await _react(database, post_id, "👍", 1, 2, added=False) == (1, 0)


async def test_an_event_that_arrives_five_times_counts_once(database: Database) -> None:
    post_id = await _post(database)

    changes = [await _react(database, post_id, "👍", 1, 1) for _ in range(5)]

    assert changes == [(0, 1), None, None, None, None]


@pytest.mark.parametrize("order", list(permutations([(1, True), (2, False), (3, True)])))
async def test_the_last_event_wins_in_any_order_of_arrival(
    database: Database, order: tuple[tuple[int, bool], ...]
) -> None:
    post_id = await _post(database)

    for minute, added in order:
        await _react(database, post_id, "👍", 1, minute, added=added)

    async with database.read() as session:
        assert await votes.counts(session, [post_id]) == {post_id: (1, 0)}


async def test_many_emoji_of_one_person_are_one_vote(database: Database) -> None:
    post_id = await _post(database)

    changes = [await _react(database, post_id, emoji, 1, 1) for emoji in ("👍", "🔥", "🎉")]

    assert changes == [(0, 1), (1, 1), (1, 1)]


async def test_contradicting_emoji_average_out(database: Database) -> None:
    post_id = await _post(database)

    await _react(database, post_id, "👍", 1, 1)

    assert await _react(database, post_id, "👎", -1, 2) == (1, 0)


async def test_counts_are_of_people_not_of_emoji(database: Database) -> None:
    post_id = await _post(database)
    for emoji in ("👍", "🔥", "🎉"):
        await _react(database, post_id, emoji, 1, 1)
    for person, emoji, value in (("ben", "👍", 1), ("ben", "👎", -1), ("cleo", "👎", -1)):
        async with database.write() as session:
            await make.vote(session, post_id, person, emoji, value=value)

    async with database.read() as session:
        assert await votes.counts(session, [post_id]) == {post_id: (1, 1)}


async def test_events_noted_together_count_as_one_after_the_other(database: Database) -> None:
    post_id = await _post(database)
    steps = [
        ("👍", 1, True),
        ("👎", -1, True),
        ("👍", 1, False),
        ("👍", 1, False),
        ("👎", -1, False),
    ]
    events = [
        VoteEvent(post_id, "anna", emoji, value, added, NOON + timedelta(minutes=minute))
        for minute, (emoji, value, added) in enumerate(steps)
    ]

    async with database.write() as session:
        together = await votes.record(session, events)

    assert together == [(0, 1), (1, 0), (0, -1), None, (-1, 0)]
    async with database.read() as session:
        assert await votes.counts(session, [post_id]) == {}


async def test_who_saved_a_posts_paper_is_told_of_that_post_alone(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        saved, other = [await make.paper(session, title) for title in ("Saved", "Other")]
        one, two = [await make.post(session, channel, paper) for paper in (saved, other)]
        for person in ("bo", "ada"):
            await votes.save(session, channel.workspace_id, person, saved.id or 0, on=True, at=NOON)

        assert await votes.list_savers(session, one.id or 0) == ["ada", "bo"]
        assert await votes.list_savers(session, two.id or 0) == []
