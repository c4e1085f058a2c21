"""Times the bot's own start: all watches read out of SQLite, parsed and indexed."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from bot.rounds.picking.match_cache import MatchCache
from storage import install_state
from storage.database import Database
from storage.models import Watch
from tests import make
from tests.bench.matching.cell import START, Cell, Figures, peak_mb, read_watches

_NOW = datetime(2026, 3, 9, tzinfo=UTC)
_CHANNELS, _AT_ONCE = 100, 5_000


def store(cell: Cell) -> None:
    """Write the cell's watches into a new database, over a hundred channels."""
    asyncio.run(_store(cell))


async def _store(cell: Cell) -> None:
    database = Database(f"sqlite:///{cell.stored}")
    await database.migrate()
    async with database.write() as session:
        channels = [await make.channel(session, f"local:c{n}") for n in range(_CHANNELS)]
        rows = [
            {
                "channel_id": channels[number % _CHANNELS].id,
                "text": watch.text,
                "typed": watch.text,
                "added_by": "bench",
                "added_at": _NOW,
                "revision": number + 1,
            }
            for number, watch in enumerate(read_watches(cell))
        ]
        for start in range(0, len(rows), _AT_ONCE):
            await session.exec(insert(Watch), params=rows[start : start + _AT_ONCE])
        (await install_state.get(session)).watch_revision = len(rows)
    await database.close()


def measure(cell: Cell) -> Figures:
    """Start on the database of `store`; without papers, whose matching is timed elsewhere."""
    base = peak_mb()
    started_s = cell.timed(lambda: asyncio.run(_start(cell)))
    nothing = {"unseen": 0.0, "tens": 0.0, "finds": 0.0}
    return Figures(START, cell.watches, started_s, base_mb=base, peak_mb=peak_mb(), **nothing)


async def _start(cell: Cell) -> None:
    database = Database(f"sqlite:///{cell.stored}")
    matches = MatchCache(database, timedelta(days=7))
    async with database.write() as session:
        await matches.load(session)
    await matches.refresh(_NOW)
    assert matches.size.watches == cell.watches, "every watch can be read"
    await database.close()
