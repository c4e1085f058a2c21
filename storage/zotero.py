"""Zotero libraries that people and channels connected, and what was pushed to each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import col, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    Channel,
    Paper,
    Post,
    PushState,
    Saved,
    Vote,
    ZoteroItem,
    ZoteroLibrary,
)


def person_owner(workspace_id: int, person: str) -> str:
    """The owner's name of a person's own library."""
    return f"person:{workspace_id}:{person}"


def channel_owner(channel_id: int) -> str:
    """The owner's name of a channel's library."""
    return f"channel:{channel_id}"


async def find(session: AsyncSession, owner: str) -> ZoteroLibrary | None:
    """The library of an owner, or None."""
    return (
        await session.exec(select(ZoteroLibrary).where(ZoteroLibrary.owner == owner))
    ).one_or_none()


async def list_channels(session: AsyncSession) -> Sequence[tuple[ZoteroLibrary, Channel]]:
    """The libraries of all channels."""
    statement = (
        select(ZoteroLibrary, Channel)
        .join(Channel, col(Channel.id) == col(ZoteroLibrary.channel_id))
        .order_by(col(ZoteroLibrary.id))
    )
    return (await session.exec(statement)).all()


async def remove(session: AsyncSession, owners: Collection[str]) -> int:
    """Forget the libraries of these owners with their keys; returns how many there were."""
    ids = (
        await session.exec(select(ZoteroLibrary.id).where(col(ZoteroLibrary.owner).in_(owners)))
    ).all()
    await session.exec(delete(ZoteroItem).where(col(ZoteroItem.library_id).in_(ids)))
    await session.exec(delete(ZoteroLibrary).where(col(ZoteroLibrary.id).in_(ids)))
    return len(ids)


async def claim(session: AsyncSession, library_id: int, now: datetime, until: datetime) -> bool:
    """Take a library for pushing until then; False while another process has it."""
    won = await session.exec(
        update(ZoteroLibrary)
        .where(
            col(ZoteroLibrary.id) == library_id,
            or_(col(ZoteroLibrary.lease_until).is_(None), col(ZoteroLibrary.lease_until) <= now),
        )
        .values(lease_until=until)
        .returning(col(ZoteroLibrary.id))
        .execution_options(synchronize_session=False)
    )
    return won.first() is not None


async def ask_for(
    session: AsyncSession, library_id: int, paper_ids: Sequence[int], *, again: bool
) -> None:
    """Make papers due that were never pushed, and with `again` those that failed."""
    known = {
        row.paper_id: row
        for row in (
            await session.exec(select(ZoteroItem).where(ZoteroItem.library_id == library_id))
        ).all()
    }
    for paper_id in dict.fromkeys(paper_ids):
        row = known.get(paper_id)
        if row is None:
            session.add(ZoteroItem(library_id=library_id, paper_id=paper_id))
        elif again and row.state is PushState.FAILED:
            row.state, row.token, row.reason = PushState.DUE, None, None
            session.add(row)
    await session.flush()


async def next_batch(
    session: AsyncSession, library_id: int, limit: int
) -> Sequence[tuple[ZoteroItem, Paper]]:
    """What to send next: a request that may have arrived, whole, else up to `limit` due items."""
    statement = (
        select(ZoteroItem, Paper)
        .join(Paper, col(Paper.id) == col(ZoteroItem.paper_id))
        .where(ZoteroItem.library_id == library_id)
        .order_by(col(ZoteroItem.paper_id))
    )
    sending = (await session.exec(statement.where(ZoteroItem.state == PushState.SENDING))).all()
    if sending:
        token = sending[0][0].token
        return [each for each in sending if each[0].token == token]
    due = statement.where(ZoteroItem.state == PushState.DUE).limit(limit)
    return (await session.exec(due)).all()


async def extend(session: AsyncSession, library_id: int, until: datetime) -> None:
    """Keep a claimed library until then."""
    await session.exec(
        update(ZoteroLibrary)
        .where(col(ZoteroLibrary.id) == library_id)
        .values(lease_until=until)
        .execution_options(synchronize_session=False)
    )


async def release(
    session: AsyncSession, library_id: int, trouble: str | None, wait_until: datetime | None
) -> None:
    """End a push: let the library go, with why it stopped and until when to leave it alone."""
    await session.exec(
        update(ZoteroLibrary)
        .where(col(ZoteroLibrary.id) == library_id)
        .values(lease_until=None, trouble=trouble, wait_until=wait_until)
        .execution_options(synchronize_session=False)
    )


async def list_unfinished(session: AsyncSession) -> Sequence[str]:
    """The owners of libraries that something is still to be pushed to."""
    waiting = select(ZoteroItem.library_id).where(
        col(ZoteroItem.state).in_((PushState.DUE, PushState.SENDING))
    )
    statement = select(ZoteroLibrary.owner).where(col(ZoteroLibrary.id).in_(waiting))
    return (await session.exec(statement.order_by(col(ZoteroLibrary.id)))).all()


async def tags_of(
    session: AsyncSession, library: ZoteroLibrary, paper_ids: Sequence[int]
) -> Mapping[int, Sequence[str]]:
    """A person's own tags of these papers; a channel has none."""
    if library.channel_id is not None:
        return {}
    person = library.owner.split(":", 2)[2]
    statement = select(Saved).where(
        Saved.workspace_id == library.workspace_id,
        Saved.person == person,
        col(Saved.paper_id).in_(paper_ids),
    )
    return {row.paper_id: row.tags for row in (await session.exec(statement)).all()}


async def list_items(session: AsyncSession, library_id: int) -> Sequence[tuple[ZoteroItem, Paper]]:
    """All that was asked for, with the papers."""
    statement = (
        select(ZoteroItem, Paper)
        .join(Paper, col(Paper.id) == col(ZoteroItem.paper_id))
        .where(ZoteroItem.library_id == library_id)
        .order_by(col(ZoteroItem.paper_id))
    )
    return (await session.exec(statement)).all()


async def list_liked(session: AsyncSession, channel_id: int) -> Sequence[int]:
    """The ids of the papers whose posts in a channel have more votes up than down."""
    statement = (
        select(Post.paper_id)
        .join(Vote, col(Vote.post_id) == col(Post.id))
        .where(Post.channel_id == channel_id, col(Vote.removed).is_(False))
        .group_by(col(Post.paper_id))
        .having(func.sum(Vote.value) > 0)
        .order_by(col(Post.paper_id))
    )
    return (await session.exec(statement)).all()
