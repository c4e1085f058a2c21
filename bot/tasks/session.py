"""One short visit of the command line to an install's data: of its rows, or of all of it.

What only a whole program needs is imported where it is put together: a question that rows answer
would otherwise spend most of its time on that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rapidfuzz import process

from bot.errors import CommandError
from bot.platforms.local.names import is_channel_name
from bot.ports import ChannelRef
from config.settings import Settings
from storage import channels
from storage.database import Database
from storage.models import Channel
from storage.sealing import use_keys

if TYPE_CHECKING:
    from bot.app import App
    from bot.rounds.engine import Engine, RemoteEngine
    from bot.rounds.scheduling.schedule import Slot

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """A prepared app, and what runs its rounds: this process or the server's."""

    app: App
    runs: OnDemand | RemoteEngine

    async def channel(self, address: str) -> Channel:
        """The channel at an address; raises CommandError that names the nearest known ones.

        Where there is none at all yet, a local one is made: nobody can have meant another.
        """
        ref = read_address(address)
        async with self.app.database.read() as session:
            known = await channels.find(session, str(ref))
            others = [] if known else [one.address for one in await channels.list_active(session)]
        if known is None and not others and ref.platform == "local":
            return await self.channel_or_new(address)
        if known is None:
            raise CommandError(_unknown(ref, others))
        return known

    async def channel_or_new(self, address: str) -> Channel:
        """The channel at an address; a local one is made when it is new, no other can be."""
        from bot.bootstrap import defaults

        ref = read_address(address)
        if ref.platform != "local":
            return await self.channel(address)
        async with self.app.database.write() as session:
            return await channels.add(
                session, str(ref), defaults(self.app.settings), self.app.clock()
            )


class OnDemand:
    """Runs rounds in this process, on an engine that starts when it is first needed."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._engine: Engine | None = None

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Run a slot; see `Runs`."""
        return await (await self.engine()).run_slot(slot)

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Deliver a post; see `Runs`."""
        await (await self.engine()).run_post(post_id, again=again)

    async def poll_due(self) -> None:
        """Read every source whose poll is due, and wait."""
        await (await self.engine()).poll_due()

    async def engine(self) -> Engine:
        """The engine, started if it is not yet."""
        if self._engine is None:
            engine = self._app.engine()
            await engine.start(tick=False)
            self._engine = engine
        return self._engine

    async def close(self) -> None:
        """Stop the engine if it was started."""
        if self._engine is not None:
            await self._engine.stop()


@asynccontextmanager
async def visit(settings: Settings) -> AsyncIterator[Visit]:
    """Open an install for one command; raises DatabaseError when it cannot be opened.

    Where other processes serve this data, rounds are handed to their engines; otherwise this
    process holds the data folder and runs them itself.
    """
    from bot.bootstrap import build_app

    app = build_app(settings, patient=False)
    held = app.hold()
    try:
        await app.database.migrate()
        alone = held and not await app.served()
        await app.prepare(keep_sources=alone)
        runs = OnDemand(app) if alone else app.remote_engine()
        try:
            yield Visit(app, runs)
        finally:
            await runs.close()
    finally:
        await app.close()


@asynccontextmanager
async def rows(settings: Settings) -> AsyncIterator[Database | None]:
    """The database of an install, with nothing around it; None where its schema is not today's.

    Raises DatabaseError when it cannot be opened.
    """
    use_keys(settings.encryption_key.get_secret_value() if settings.encryption_key else None)
    database = Database(settings.database)
    try:
        found, newest = await database.revision() if _is_there(database) else (None, "")
        yield database if found == newest else None
    finally:
        await database.close()


def _is_there(database: Database) -> bool:
    """False where opening it would make an empty file."""
    return not database.embedded or Path(database.place).exists()


def _unknown(ref: ChannelRef, others: Sequence[str]) -> str:
    """What to say of a channel that is not there: the nearest, or how it comes to be."""
    near = [str(found[0]) for found in process.extract(str(ref), others, limit=3, score_cutoff=60)]
    known = f" Did you mean {' or '.join(near)}?" if near else _known(others)
    if ref.platform == "local":
        way = f"paperround watch add --channel {ref} mixture of experts"
        return f"There is no channel {ref} yet.{known} Its first watch makes it: {way}"
    return f"{ref} is not known here.{known} Invite the bot there first, and it will be."


def _known(others: Sequence[str]) -> str:
    if not others:
        return ""
    more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
    return f" Known: {', '.join(others[:_LISTED])}{more}."


def read_address(text: str) -> ChannelRef:
    """A channel's address as typed; raises CommandError."""
    try:
        ref = ChannelRef.parse(text)
    except ValueError as error:
        raise CommandError(f"{error}.") from error
    if ref.platform == "local" and not is_channel_name(ref.channel):
        raise CommandError(
            "A local channel's name has 1-40 letters, digits, _ and -, such as local:general."
        )
    return ref
