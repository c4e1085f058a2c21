"""Webhooks of channels: what each is to be told, and how far that is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as sa_select
from sqlmodel import col, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    Channel,
    Paper,
    Post,
    PostState,
    PushState,
    Webhook,
    WebhookEvent,
)

POSTED, DELETED = "paper.posted", "paper.deleted"
KINDS = (POSTED, DELETED)
"""What a webhook is told of: a post that stands, and one that was taken down."""

_OPEN = (PushState.DUE, PushState.SENDING)


async def find(session: AsyncSession, channel_id: int) -> Webhook | None:
    """The webhook of a channel, or None."""
    return await session.get(Webhook, channel_id)


async def remove(session: AsyncSession, channel_id: int) -> bool:
    """Forget a channel's webhook with its secret and what it was told; False where none was."""
    await session.exec(delete(WebhookEvent).where(col(WebhookEvent.channel_id) == channel_id))
    gone = await session.exec(
        delete(Webhook)
        .where(col(Webhook.channel_id) == channel_id)
        .returning(col(Webhook.channel_id))
    )
    return gone.first() is not None


async def list_ready(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The channels whose webhook is to be told something now, in a fixed order."""
    statement = (
        select(Webhook.channel_id)
        .where(_free(now), or_(_waiting(now), *(_any(_unnoted(kind)) for kind in KINDS)))
        .order_by(col(Webhook.channel_id))
    )
    return (await session.exec(statement)).all()


async def claim(
    session: AsyncSession, channel_id: int, now: datetime, until: datetime
) -> Webhook | None:
    """Take a webhook for sending until then; None while another process has it."""
    won = await session.exec(
        update(Webhook)
        .where(col(Webhook.channel_id) == channel_id, _free(now))
        .values(lease_until=until)
        .returning(Webhook)
        .execution_options(synchronize_session=False)
    )
    found = won.scalars().first()
    return found if isinstance(found, Webhook) else None


async def note_new(session: AsyncSession, channel_id: int, now: datetime) -> int:
    """Make an event of every post that came or went since the last time; returns how many."""
    made = 0
    for kind in KINDS:
        found = await session.exec(
            select(Post.id).where(_unnoted(kind), Webhook.channel_id == channel_id)
        )
        for post_id in found.all():
            session.add(
                WebhookEvent(post_id=post_id or 0, kind=kind, channel_id=channel_id, made_at=now)
            )
            made += 1
        await session.flush()
    return made


async def next_event(
    session: AsyncSession, channel_id: int, now: datetime
) -> tuple[WebhookEvent, Post, Paper, Channel] | None:
    """What to send next, oldest post first, and of a post that it came before that it went."""
    statement = (
        select(WebhookEvent, Post, Paper, Channel)
        .join(Post, col(Post.id) == col(WebhookEvent.post_id))
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .where(WebhookEvent.channel_id == channel_id, _due(now))
        .order_by(col(Post.posted_at), col(Post.id), col(WebhookEvent.kind).desc())
    )
    return (await session.exec(statement.limit(1))).first()


async def count_states(session: AsyncSession, channel_id: int) -> dict[PushState, int]:
    """How many events of a channel are in each state."""
    statement = (
        select(WebhookEvent.state, func.count())
        .where(WebhookEvent.channel_id == channel_id)
        .group_by(col(WebhookEvent.state))
    )
    return {PushState(state): found for state, found in (await session.exec(statement)).all()}


def _free(now: datetime) -> ColumnElement[bool]:
    return (
        col(Webhook.ended_at).is_(None)
        & or_(col(Webhook.wait_until).is_(None), col(Webhook.wait_until) <= now)
        & or_(col(Webhook.lease_until).is_(None), col(Webhook.lease_until) <= now)
    )


def _due(now: datetime) -> ColumnElement[bool]:
    return col(WebhookEvent.state).in_(_OPEN) & or_(
        col(WebhookEvent.retry_at).is_(None), col(WebhookEvent.retry_at) <= now
    )


def _waiting(now: datetime) -> ColumnElement[bool]:
    told = select(WebhookEvent.post_id).where(
        col(WebhookEvent.channel_id) == col(Webhook.channel_id), _due(now)
    )
    return told.correlate(Webhook).exists()


def _any(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Post.id).where(condition).correlate(Webhook).exists()


def _unnoted(kind: str) -> ColumnElement[bool]:
    """Posts of a webhook's channel that this happened to and that have no such event yet."""
    here = col(Post.channel_id) == col(Webhook.channel_id)
    if kind == POSTED:
        new = (col(Post.state) == PostState.POSTED) & (col(Post.posted_at) >= col(Webhook.since))
    else:
        told = _event(POSTED).where(col(WebhookEvent.state) == PushState.SENT).exists()
        new = (col(Post.state) == PostState.DROPPED) & told
    return here & new & ~_event(kind).exists()


def _event(kind: str) -> Select[Any]:
    statement = sa_select(col(WebhookEvent.post_id)).where(
        col(WebhookEvent.post_id) == col(Post.id), col(WebhookEvent.kind) == kind
    )
    return statement.correlate(Post)
