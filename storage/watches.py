"""Watches; a removed one keeps its row, so that an index hears of the removal."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import install_state
from storage.database import advisory_lock
from storage.models import Watch


async def add(
    session: AsyncSession, channel_id: int, *, text: str, typed: str, by: str, now: datetime
) -> tuple[Watch, bool]:
    """Watch `text` in a channel; returns the watch and whether it is new there."""
    await advisory_lock(session, f"watches {channel_id}")
    statement = select(Watch).where(Watch.channel_id == channel_id, Watch.text == text)
    watch = (await session.exec(statement)).first()
    if watch is not None and watch.removed_at is None:
        return watch, False
    revision = await install_state.next_watch_revision(session)
    if watch is None:
        watch = Watch(
            channel_id=channel_id,
            text=text,
            typed=typed,
            added_by=by,
            added_at=now,
            revision=revision,
        )
    watch.typed, watch.added_by, watch.added_at = typed, by, now
    watch.removed_at, watch.revision = None, revision
    session.add(watch)
    await session.flush()
    return watch, True


async def remove(session: AsyncSession, watch: Watch, now: datetime) -> None:
    """Stop a watch; its row stays as a tombstone."""
    watch.removed_at = now
    watch.revision = await install_state.next_watch_revision(session)
    session.add(watch)


async def reword(session: AsyncSession, watch: Watch, text: str, now: datetime) -> None:
    """Watch `text` in the place of a watch, which keeps its number and who added it."""
    await remove(session, watch, now)
    await session.flush()
    await add(
        session,
        watch.channel_id,
        text=text,
        typed=watch.typed,
        by=watch.added_by,
        now=watch.added_at,
    )


async def list_channel(session: AsyncSession, channel_id: int) -> Sequence[Watch]:
    """A channel's live watches in the order they were added: their numbers for `unwatch`."""
    statement = (
        select(Watch)
        .where(Watch.channel_id == channel_id, col(Watch.removed_at).is_(None))
        .order_by(col(Watch.added_at), col(Watch.id))
    )
    return (await session.exec(statement)).all()


class Change(NamedTuple):
    """A watch as its newest change left it; `text` is None where that removed it."""

    id: int
    channel_id: int
    text: str | None
    revision: int


async def changed_since(session: AsyncSession, revision: int) -> Sequence[Change]:
    """Watches added, changed or removed after `revision`.

    Columns and not rows, since a start reads all of them.
    """
    facts = select(Watch.id, Watch.channel_id, Watch.text, Watch.revision)
    later = facts.where(Watch.revision > revision)
    live = await session.exec(later.where(col(Watch.removed_at).is_(None)))
    gone = await session.exec(later.where(col(Watch.removed_at).is_not(None)))
    changes = [Change(id_ or 0, channel, text, at) for id_, channel, text, at in live]
    return changes + [Change(id_ or 0, channel, None, at) for id_, channel, _, at in gone]
