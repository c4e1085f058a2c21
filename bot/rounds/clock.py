"""The time: the wall's, or the demo's, which a person can move forward."""

from datetime import UTC, datetime, timedelta

from storage import install
from storage.database import Database


class Clock:
    """Call it for the time (UTC); its lead over the wall survives a restart."""

    def __init__(self) -> None:
        self._lead = timedelta()

    def __call__(self) -> datetime:
        """The time now, UTC."""
        return datetime.now(UTC) + self._lead

    async def load(self, database: Database) -> None:
        """Take up the lead that was kept in the database."""
        async with database.read() as session:
            self._lead = await install.clock_offset(session)

    async def advance(self, database: Database, by: timedelta) -> datetime:
        """Move forward and keep it; returns the new time."""
        async with database.write() as session:
            self._lead = await install.advance_clock(session, by)
        return self()
