"""Which process hears which of Discord's shards."""

from collections.abc import Collection, Sequence

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.turns import advisory_lock
from storage.models import ShardHolder


async def list_holders(session: AsyncSession) -> Sequence[ShardHolder]:
    """Every process that hears Discord, by name; nobody else changes them in this transaction."""
    await advisory_lock(session, "shards")
    return await list_known(session)


async def list_known(session: AsyncSession) -> Sequence[ShardHolder]:
    """Every process that was noted to hear Discord, by name; it holds up nobody."""
    return (await session.exec(select(ShardHolder).order_by(col(ShardHolder.worker)))).all()


async def keep(session: AsyncSession, worker: str, shards: Sequence[int], of: int) -> None:
    """Write down what a process holds, also where it holds nothing and waits for its share."""
    await session.merge(ShardHolder(worker=worker, shards=list(shards), of=of))


async def remove(session: AsyncSession, workers: Collection[str]) -> None:
    """Forget processes that hear Discord no more; their shards are free."""
    await session.exec(delete(ShardHolder).where(col(ShardHolder.worker).in_(workers)))
