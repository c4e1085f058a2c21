"""The local chat's own log: messages, threads and reactions, and what changed since a revision."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import install_state
from storage.models import Install, LocalMessage, LocalReaction


async def add(
    session: AsyncSession,
    *,
    channel: str,
    author: str,
    kind: str,
    body: dict[str, Any],
    sent_at: datetime,
    parent_id: int | None = None,
    reader: str | None = None,
    delivery_id: str | None = None,
) -> LocalMessage:
    """Store a message; if `delivery_id` is known already, return the stored one unchanged."""
    revision = await _next_revision(session)
    known = delivery_id and await find_delivery(session, channel, delivery_id)
    if known:
        return known
    message = LocalMessage(
        channel=channel,
        author=author,
        kind=kind,
        body=body,
        sent_at=sent_at,
        parent_id=parent_id,
        reader=reader,
        delivery_id=delivery_id,
        revision=revision,
    )
    session.add(message)
    await session.flush()
    return message


async def find(session: AsyncSession, message_id: int) -> LocalMessage | None:
    """A message by id, deleted ones included, or None."""
    return await session.get(LocalMessage, message_id)


async def find_delivery(
    session: AsyncSession, channel: str, delivery_id: str
) -> LocalMessage | None:
    """The message that carries `delivery_id`, even if it was deleted since, or None."""
    statement = select(LocalMessage).where(
        LocalMessage.channel == channel, LocalMessage.delivery_id == delivery_id
    )
    return (await session.exec(statement)).first()


async def touch(session: AsyncSession, message: LocalMessage) -> None:
    """Give a changed message a new revision, so that whoever watches the log sees the change."""
    message.revision = await _next_revision(session)
    session.add(message)


async def newest_revision(session: AsyncSession) -> int:
    """The revision of the last change anywhere in the log; 0 while it is empty."""
    return int(
        (await session.exec(select(func.coalesce(func.max(LocalMessage.revision), 0)))).one()
    )


async def newest_ids(session: AsyncSession) -> dict[str, int]:
    """For each channel that has any, its newest message that everybody may read."""
    statement = (
        select(LocalMessage.channel, func.max(LocalMessage.id))
        .where(col(LocalMessage.reader).is_(None), col(LocalMessage.deleted).is_(False))
        .group_by(col(LocalMessage.channel))
    )
    return {channel: newest or 0 for channel, newest in (await session.exec(statement)).all()}


async def list_channel(
    session: AsyncSession, channel: str, reader: str, *, before: int | None = None, limit: int = 100
) -> Sequence[LocalMessage]:
    """The last `limit` messages (older than id `before`) that `reader` may see, oldest first.

    Answers in threads are not among them: see `list_children`.
    """
    statement = select(LocalMessage).where(
        LocalMessage.channel == channel,
        col(LocalMessage.parent_id).is_(None),
        col(LocalMessage.deleted).is_(False),
        _visible(reader),
    )
    if before is not None:
        statement = statement.where(col(LocalMessage.id) < before)
    newest = await session.exec(statement.order_by(col(LocalMessage.id).desc()).limit(limit))
    return list(reversed(newest.all()))


async def list_children(
    session: AsyncSession, message_ids: Sequence[int], reader: str
) -> Sequence[LocalMessage]:
    """The replies to these messages that `reader` may see, oldest first."""
    statement = (
        select(LocalMessage)
        .where(
            col(LocalMessage.parent_id).in_(message_ids),
            col(LocalMessage.deleted).is_(False),
            _visible(reader),
        )
        .order_by(col(LocalMessage.id))
    )
    return (await session.exec(statement)).all()


async def list_changed(
    session: AsyncSession, channel: str, reader: str, after: int
) -> Sequence[LocalMessage]:
    """Messages that changed after revision `after`, in themselves or in their thread, by id.

    Deleted ones are among them, so that they can be taken off a page.
    """
    changed = select(func.coalesce(LocalMessage.parent_id, LocalMessage.id)).where(
        LocalMessage.channel == channel, LocalMessage.revision > after, _visible(reader)
    )
    statement = (
        select(LocalMessage)
        .where(col(LocalMessage.id).in_(changed), _visible(reader))
        .order_by(col(LocalMessage.id))
    )
    return (await session.exec(statement)).all()


async def toggle_reaction(
    session: AsyncSession, message: LocalMessage, person: str, emoji: str, now: datetime
) -> LocalReaction:
    """Put a reaction on a message or take it off again; returns its row.

    Its time is later than that of the person's last change of it, even if `now` is not.
    """
    assert message.id is not None
    row = await session.get(LocalReaction, (message.id, person, emoji))
    if row is None:
        row = LocalReaction(message_id=message.id, person=person, emoji=emoji, at=now)
    else:
        row.removed = not row.removed
        row.at = max(now, row.at + timedelta(microseconds=1))
    session.add(row)
    await touch(session, message)
    await session.flush()
    return row


async def list_reactions(
    session: AsyncSession, message_ids: Sequence[int]
) -> Sequence[LocalReaction]:
    """The reactions that these messages have now, oldest first."""
    statement = (
        select(LocalReaction)
        .where(
            col(LocalReaction.message_id).in_(message_ids), col(LocalReaction.removed).is_(False)
        )
        .order_by(col(LocalReaction.at), col(LocalReaction.person), col(LocalReaction.emoji))
    )
    return (await session.exec(statement)).all()


async def list_last_reactions(
    session: AsyncSession, limit: int
) -> Sequence[tuple[LocalReaction, LocalMessage]]:
    """The `limit` latest changes of reactions, removals included, oldest first."""
    statement = (
        select(LocalReaction, LocalMessage)
        .join(LocalMessage, col(LocalMessage.id) == col(LocalReaction.message_id))
        .order_by(col(LocalReaction.at).desc())
        .limit(limit)
    )
    return list(reversed((await session.exec(statement)).all()))


def _visible(reader: str) -> ColumnElement[bool]:
    return or_(col(LocalMessage.reader).is_(None), col(LocalMessage.reader) == reader)


async def _next_revision(session: AsyncSession) -> int:
    # Whoever holds the install row writes alone, so revisions are committed in their own order
    # on Postgres too, and a reader that saw revision N has seen everything before it.
    await install_state.get(session)
    await session.exec(select(Install.id).where(Install.id == 1).with_for_update())
    return await newest_revision(session) + 1
