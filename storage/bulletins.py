"""Messages beside a channel's papers: made once, leased while they are sent, kept when they stand.

And which channels get a week's best.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, bindparam, case
from sqlmodel import col, delete, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Bulletin, Channel, ChannelState, Roundup, UtcDateTime


async def add(session: AsyncSession, bulletin: Bulletin) -> bool:
    """Store a bulletin unless its kind and key were there before; the caller locks the channel."""
    if await find(session, bulletin.channel_id, bulletin.kind, bulletin.key) is not None:
        return False
    session.add(bulletin)
    await session.flush()
    return True


def mark(channel_id: int, kind: str, key: str) -> str:
    """The delivery id of a bulletin: 25 characters, the same however often it is made."""
    return hashlib.sha256(f"{kind}|{channel_id}|{key}".encode()).hexdigest()[:25]


async def find(session: AsyncSession, channel_id: int, kind: str, key: str) -> Bulletin | None:
    """The bulletin of this kind and key in a channel, or None."""
    statement = select(Bulletin).where(
        Bulletin.channel_id == channel_id, Bulletin.kind == kind, Bulletin.key == key
    )
    return (await session.exec(statement)).first()


async def find_message(session: AsyncSession, channel_id: int, message: str) -> Bulletin | None:
    """The bulletin whose message in the channel this is, or None."""
    statement = select(Bulletin).where(
        Bulletin.channel_id == channel_id, Bulletin.message == message
    )
    return (await session.exec(statement)).first()


async def list_free(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The channels, by id, that can be posted to and have a bulletin that wants to be sent now."""
    statement = (
        select(Bulletin.channel_id)
        .join(Channel, col(Channel.id) == col(Bulletin.channel_id))
        .where(_is_free(now), Channel.state == ChannelState.ACTIVE)
        .distinct()
    )
    return (await session.exec(statement.order_by(col(Bulletin.channel_id)))).all()


async def list_open(session: AsyncSession, channel_id: int) -> Sequence[Bulletin]:
    """A channel's bulletins that neither stand nor were given up, in the order they were made."""
    statement = select(Bulletin).where(Bulletin.channel_id == channel_id, _is_open())
    return (await session.exec(statement.order_by(col(Bulletin.id)))).all()


async def claim(
    session: AsyncSession,
    bulletin_id: int,
    *,
    holder: str,
    now: datetime,
    until: datetime,
    theirs: datetime | None = None,
) -> Bulletin | None:
    """Lease a bulletin for sending until `until`; None for all but the one caller that gets it.

    One that another left in the middle of sending may have arrived (`maybe_sent`). `theirs` is the
    platforms' time now, which a first try notes.
    """
    noted = bindparam(None, theirs, type_=UtcDateTime)
    won = await session.exec(
        update(Bulletin)
        .where(col(Bulletin.id) == bulletin_id, _is_free(now))
        .values(
            holder=holder,
            lease_until=until,
            attempts=Bulletin.attempts + 1,
            maybe_sent=or_(Bulletin.maybe_sent, col(Bulletin.lease_until).is_not(None)),
            tried_at=case((col(Bulletin.attempts) == 0, noted), else_=col(Bulletin.tried_at)),
        )
        .returning(col(Bulletin.id))
        .execution_options(synchronize_session=False)
    )
    if won.first() is None:
        return None
    return (await session.exec(select(Bulletin).where(Bulletin.id == bulletin_id))).one()


async def note(
    session: AsyncSession,
    bulletin: Bulletin,
    *,
    message: str | None = None,
    maybe_sent: bool = False,
    given_up: str | None = None,
    retry_at: datetime | None = None,
) -> None:
    """Store what became of a leased bulletin and end the lease; one that stands loses its text.

    One that somebody else claimed meanwhile is left to them, unless it stands.
    """
    values: dict[str, object] = {"maybe_sent": maybe_sent, "retry_at": retry_at}
    values |= {"message": message, "given_up": given_up, "lease_until": None}
    if message is not None or given_up is not None:
        values["lines"] = []
    ours = or_(
        col(Bulletin.attempts) == bulletin.attempts,
        bindparam(None, message is not None),
    )
    await session.exec(
        update(Bulletin)
        .where(col(Bulletin.id) == bulletin.id, col(Bulletin.message).is_(None), ours)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def release(session: AsyncSession, holder: str, now: datetime) -> None:
    """End the leases of a sender that is dead; what it was sending may have arrived."""
    await session.exec(
        update(Bulletin)
        .where(col(Bulletin.holder) == holder, col(Bulletin.lease_until).is_not(None))
        .values(lease_until=now)
        .execution_options(synchronize_session=False)
    )


def _is_open() -> ColumnElement[bool]:
    return col(Bulletin.message).is_(None) & col(Bulletin.given_up).is_(None)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return (
        _is_open()
        & or_(col(Bulletin.lease_until).is_(None), col(Bulletin.lease_until) <= now)
        & or_(col(Bulletin.retry_at).is_(None), col(Bulletin.retry_at) <= now)
    )


async def set_roundup(
    session: AsyncSession, channel_id: int, weekly: str, first: date, now: datetime
) -> None:
    """Let a channel have its week's best from now on, in place of what it had."""
    row = await session.get(Roundup, channel_id)
    if row is None:
        row = Roundup(channel_id=channel_id, weekly=weekly, first=first, since=now)
    row.weekly, row.first, row.since = weekly, first, now
    session.add(row)


async def find_roundup(session: AsyncSession, channel_id: int) -> Roundup | None:
    """When a channel gets its week's best, or None."""
    return await session.get(Roundup, channel_id)


async def drop_roundup(session: AsyncSession, channel_id: int) -> bool:
    """Give a channel no more round-ups; False where it had none."""
    gone = await session.exec(delete(Roundup).where(col(Roundup.channel_id) == channel_id))
    return gone.rowcount > 0


async def list_roundups(session: AsyncSession) -> Sequence[tuple[Roundup, Channel]]:
    """All round-ups of channels that can be posted to."""
    statement = (
        select(Roundup, Channel)
        .join(Channel, col(Channel.id) == col(Roundup.channel_id))
        .where(Channel.state == ChannelState.ACTIVE)
        .order_by(col(Roundup.channel_id))
    )
    return (await session.exec(statement)).all()


async def list_back(session: AsyncSession, now: datetime) -> Sequence[Channel]:
    """Channels whose pause is over and of which nobody was told yet what it held back."""
    statement = select(Channel).where(
        col(Channel.paused_at).is_not(None),
        Channel.state == ChannelState.ACTIVE,
        or_(col(Channel.paused).is_(False), col(Channel.paused_until) <= now),
    )
    return (await session.exec(statement.order_by(col(Channel.id)))).all()


async def forget_channels(session: AsyncSession, channel_ids: Sequence[int]) -> None:
    """Delete what is kept here of these channels."""
    for table in (Bulletin, Roundup):
        await session.exec(delete(table).where(col(table.channel_id).in_(channel_ids)))
