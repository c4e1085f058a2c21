"""A post is claimed by one sender at a time, and found again by its message."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage import claims, posts
from storage.database import Database
from storage.models import Post, PostState
from tests import make
from tests.make import NOON

LATER = NOON + timedelta(minutes=2)


async def _due(database: Database, **facts: object) -> int:
    async with database.write() as session:
        made = await make.post(
            session, await make.channel(session), await make.paper(session, "A"), **facts
        )
    return made.id or 0


async def _claim(database: Database, post_id: int, holder: str, *, late: bool = False) -> bool:
    now = LATER + timedelta(seconds=1) if late else NOON
    async with database.write() as session:
        won = await claims.claim(session, [post_id], holder=holder, now=now, until=LATER)
    return [each.post.id for each in won] == [post_id]


async def test_of_many_claimers_one_wins(database: Database) -> None:
    post_id = await _due(database)

    won = await asyncio.gather(*(_claim(database, post_id, f"worker-{n}") for n in range(8)))

    assert sum(won) == 1


async def test_a_lease_that_ran_out_can_be_claimed_by_another(database: Database) -> None:
    post_id = await _due(database)
    await _claim(database, post_id, "dead")

    assert not await _claim(database, post_id, "other")
    assert await _claim(database, post_id, "other", late=True)


async def test_a_restarted_sender_takes_up_its_own_post_and_knows_it_is_not_the_first(
    database: Database,
) -> None:
    post_id = await _due(database)
    await _claim(database, post_id, "main")
    assert not await _claim(database, post_id, "main")

    async with database.write() as session:
        await claims.release(session, "main", NOON)

    assert await _claim(database, post_id, "main")
    async with database.read() as session:
        found = await posts.get(session, post_id)
    assert found is not None
    assert (found.attempts, found.maybe_sent) == (2, True)


@pytest.mark.parametrize("state", [PostState.DUE, PostState.FAILED, PostState.SENDING])
@pytest.mark.parametrize("doubted", [True, False])
async def test_a_post_that_may_have_arrived_is_still_one_when_it_is_claimed_again(
    database: Database, state: PostState, *, doubted: bool
) -> None:
    left = state is PostState.SENDING
    waiting = {"retry_at": NOON} if state is PostState.FAILED else {}
    held = {"lease_until": NOON, "holder": "dead"} if left else {}
    post_id = await _due(database, state=state, maybe_sent=doubted, **waiting, **held)

    assert await _claim(database, post_id, "main")
    async with database.read() as session:
        found = await posts.get(session, post_id)
    assert found is not None
    assert found.maybe_sent is (doubted or left)


async def _claimed_twice(database: Database) -> int:
    """A post whose first sender was slower than its lease, so that another has it now."""
    post_id = await _due(database)
    assert await _claim(database, post_id, "slow")
    assert await _claim(database, post_id, "other", late=True)
    return post_id


async def test_who_posted_says_so_whoever_claimed_it_meanwhile(database: Database) -> None:
    post_id = await _claimed_twice(database)

    async with database.write() as session:
        posted = claims.Note(post_id, 1, PostState.POSTED, message="17.5", posted_at=NOON)
        await claims.note(session, [posted])

    async with database.read() as session:
        found = await posts.get(session, post_id)
    assert found is not None
    assert (found.state, found.message) == (PostState.POSTED, "17.5")
    assert not await _claim(database, post_id, "third", late=True)


@pytest.mark.parametrize("state", [PostState.FAILED, PostState.DROPPED, PostState.UNKNOWN])
async def test_who_did_not_post_says_nothing_of_another_ones_claim(
    database: Database, state: PostState
) -> None:
    post_id = await _claimed_twice(database)

    async with database.write() as session:
        await claims.note(session, [claims.Note(post_id, 1, state, reason="too slow")])

    async with database.read() as session:
        found = await posts.get(session, post_id)
    assert found is not None
    assert (found.state, found.holder, found.reason) == (PostState.SENDING, "other", None)


@pytest.mark.parametrize("state", [PostState.POSTED, PostState.DROPPED, PostState.UNKNOWN])
async def test_a_finished_post_cannot_be_claimed(database: Database, state: PostState) -> None:
    post_id = await _due(database, state=state)

    assert not await _claim(database, post_id, "main", late=True)


async def test_a_failed_post_waits_for_its_time(database: Database) -> None:
    post_id = await _due(database, state=PostState.FAILED, retry_at=LATER)

    assert not await _claim(database, post_id, "main")
    assert await _claim(database, post_id, "main", late=True)


async def test_a_paper_can_be_posted_in_a_channel_only_once(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            channel, paper = await make.channel(session), await make.paper(session, "A")
            await make.post(session, channel, paper)
            await make.post(session, channel, paper)


async def test_a_message_leads_to_its_post(database: Database) -> None:
    post_id = await _due(database, message="17.5")

    async with database.read() as session:
        channel = await make.channels.find(session, "local:general")
        found = await posts.find_message(session, channel.id if channel else 0, "17.5")

    assert found is not None
    assert found.id == post_id


async def test_posts_stored_at_once_come_back_with_their_ids_in_the_order_given(
    database: Database,
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        papers = [await make.paper(session, title) for title in "CAB"]
        new = [
            Post(
                channel_id=channel.id or 0,
                paper_id=paper.id or 0,
                delivery_id=mark,
                slot_at=NOON,
                picked_at=NOON,
                match={"watch": mark},
            )
            for paper, mark in zip(papers, "zxy", strict=True)
        ]
        made = await posts.add(session, new)
        none = await posts.add(session, [])

    async with database.read() as session:
        kept = await posts.list_ids(session, [one.id or 0 for one in made])
    assert none == []
    assert [one.delivery_id for one in made] == ["z", "x", "y"]
    assert [(post.match["watch"], paper.id) for post, paper in kept] == [
        (mark, paper.id) for mark, paper in zip("zxy", papers, strict=True)
    ]


@pytest.mark.parametrize("doubted", [True, False])
@pytest.mark.parametrize("left", [True, False])
async def test_a_head_that_may_have_arrived_is_still_one_when_it_is_claimed_again(
    database: Database, *, doubted: bool, left: bool
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await claims.add_header(session, channel, NOON, "head", NOON)
        head = await claims.find_header(session, channel.id or 0, NOON)
        assert head is not None
        head.maybe_sent, head.lease_until = doubted, NOON if left else None
        session.add(head)

    async with database.write() as session:
        won = [
            await claims.claim_header(session, head.id or 0, holder=who, now=NOON, until=LATER)
            for who in ("main", "other")
        ]

    async with database.read() as session:
        found = await claims.find_header(session, head.channel_id, NOON)
    assert won == [True, False]
    assert found is not None
    assert found.maybe_sent is (doubted or left)
