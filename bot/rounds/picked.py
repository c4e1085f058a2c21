"""Picks as rows: a slot's posts, under marks that are the same at every attempt."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.picks.pick import Pick
from bot.rounds.matches import WatchMatch
from bot.rounds.memo import memo
from storage import heads, posts
from storage.models import Channel, Paper, Post, PostStyle


@dataclass(frozen=True, slots=True)
class Picked:
    """A pick with its paper and the match that made it a candidate, if any watch did.

    `voted` tells whether the channel has voted at all: before, taste has no say in the why-line.
    """

    paper: Paper
    pick: Pick
    found: WatchMatch | None
    voted: bool


async def keep(
    session: AsyncSession,
    channel: Channel,
    picks: Sequence[Picked],
    *,
    slot_at: datetime,
    now: datetime,
) -> Sequence[Post]:
    """Make the posts of a slot, with the head above them where the channel's style has one."""
    channel.last_slot_at = slot_at
    session.add(channel)
    made = await posts.add(
        session,
        [
            _post(channel, picked, slot_at=slot_at, rank=rank, now=now)
            for rank, picked in enumerate(picks)
        ],
    )
    if made and channel.style is PostStyle.DIGEST:
        await heads.add(session, channel, slot_at, head_id(channel, slot_at), now)
    return made


def _post(channel: Channel, picked: Picked, *, slot_at: datetime, rank: int, now: datetime) -> Post:
    assert channel.id is not None
    assert picked.paper.id is not None
    return Post(
        channel_id=channel.id,
        paper_id=picked.paper.id,
        delivery_id=delivery_id(channel, picked.paper),
        kind=picked.pick.kind,
        slot_at=slot_at,
        rank=rank,
        score=picked.found.match.score if picked.found else 0.0,
        match=memo(picked.found, picked.pick.opinion if picked.voted else None),
        picked_at=now,
        style=channel.style,
    )


def delivery_id(channel: Channel, paper: Paper) -> str:
    """The mark that a post carries on its platform: 25 characters, the same at every attempt."""
    return _mark(f"{channel.id}|{paper.id}|{paper.key}")


def head_id(channel: Channel, slot_at: datetime) -> str:
    """The mark of the message above a slot's posts, in the same form."""
    return _mark(f"head|{channel.id}|{slot_at.isoformat()}")


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:25]
