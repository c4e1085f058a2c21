"""Processes that share one database, and the Discord shards that each holds."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import advisory_lock
from storage.models import ShardHolder, Worker


async def join(session: AsyncSession, worker: Worker) -> None:
    """Add a process, or put it back where others took it for dead."""
    await session.merge(worker)


async def beat(session: AsyncSession, name: str, now: datetime) -> bool:
    """Show that a process lives; False where others took it for dead."""
    found = await session.exec(
        update(Worker)
        .where(col(Worker.name) == name)
        .values(beats=Worker.beats + 1, beaten_at=now, stopped=False)
    )
    return bool(found.rowcount)


async def leave(session: AsyncSession, name: str) -> None:
    """Mark a process as ended in order; what it did not finish is for others."""
    await session.exec(update(Worker).where(col(Worker.name) == name).values(stopped=True))


async def list_all(session: AsyncSession) -> Sequence[Worker]:
    """Every process that is known, by name."""
    return (await session.exec(select(Worker).order_by(col(Worker.name)))).all()


async def lock(session: AsyncSession, names: Collection[str]) -> Sequence[str]:
    """Take these for oneself until the transaction ends; those that another took are left out."""
    statement = (
        select(Worker.name).where(col(Worker.name).in_(names)).with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).all()


async def remove(session: AsyncSession, names: Collection[str]) -> None:
    """Forget processes whose work others took up."""
    await session.exec(delete(Worker).where(col(Worker.name).in_(names)))


async def list_shard_holders(session: AsyncSession) -> Sequence[ShardHolder]:
    """Every process that hears Discord, by name; nobody else changes them in this transaction."""
    await advisory_lock(session, "shards")
    return await list_known_holders(session)


async def list_known_holders(session: AsyncSession) -> Sequence[ShardHolder]:
    """Every process that was noted to hear Discord, by name; it holds up nobody."""
    return (await session.exec(select(ShardHolder).order_by(col(ShardHolder.worker)))).all()


async def keep_shards(session: AsyncSession, worker: str, shards: Sequence[int], of: int) -> None:
    """Write down what a process holds, also where it holds nothing and waits for its share."""
    await session.merge(ShardHolder(worker=worker, shards=list(shards), of=of))


async def remove_shards(session: AsyncSession, workers: Collection[str]) -> None:
    """Forget processes that hear Discord no more; their shards are free."""
    await session.exec(delete(ShardHolder).where(col(ShardHolder.worker).in_(workers)))
