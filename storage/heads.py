"""The messages above a slot's posts: one a slot, claimed before it is sent like the posts."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, Head


async def add(
    session: AsyncSession, channel: Channel, slot_at: datetime, delivery_id: str, now: datetime
) -> None:
    """Make the head of a slot, to be sent before its first post."""
    assert channel.id is not None
    session.add(Head(channel_id=channel.id, slot_at=slot_at, delivery_id=delivery_id, made_at=now))
    await session.flush()


async def find(session: AsyncSession, channel_id: int, slot_at: datetime) -> Head | None:
    """The head of a slot, or None where its posts stand in the channel itself."""
    statement = select(Head).where(Head.channel_id == channel_id, Head.slot_at == slot_at)
    return (await session.exec(statement)).first()


async def find_message(session: AsyncSession, channel_id: int, message: str) -> Head | None:
    """The head that is a message of a channel, or None."""
    statement = select(Head).where(Head.channel_id == channel_id, Head.message == message)
    return (await session.exec(statement)).first()


async def claim(
    session: AsyncSession, head_id: int, *, holder: str, now: datetime, until: datetime
) -> bool:
    """Take a head for sending until `until`; True for the one caller that may.

    One that another left in the middle of sending may have arrived (`maybe_sent`).
    """
    won = await session.exec(
        update(Head)
        .where(col(Head.id) == head_id, _is_free(now))
        .values(
            holder=holder,
            lease_until=until,
            attempts=Head.attempts + 1,
            maybe_sent=or_(Head.maybe_sent, col(Head.lease_until).is_not(None)),
        )
        .returning(col(Head.id))
        .execution_options(synchronize_session=False)
    )
    return won.first() is not None


async def release(session: AsyncSession, holder: str, now: datetime) -> None:
    """End the leases of a sender that is dead; what it was sending may have arrived."""
    await session.exec(
        update(Head)
        .where(col(Head.holder) == holder, col(Head.lease_until).is_not(None))
        .values(lease_until=now)
        .execution_options(synchronize_session=False)
    )


async def note(
    session: AsyncSession,
    head_id: int,
    *,
    message: str | None = None,
    maybe_sent: bool = False,
    given_up: str | None = None,
) -> None:
    """Write down what became of a claimed head, and let it be claimed again."""
    await session.exec(
        update(Head)
        .where(col(Head.id) == head_id, col(Head.message).is_(None))
        .values(message=message, maybe_sent=maybe_sent, given_up=given_up, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return (
        col(Head.message).is_(None)
        & col(Head.given_up).is_(None)
        & or_(col(Head.lease_until).is_(None), col(Head.lease_until) <= now)
    )
