"""What `paperround doctor` looks at on this machine and at the platforms."""

import asyncio
import platform
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from bot.app import App
from bot.errors import DatabaseError, PaperroundError, SettingsError
from bot.picks.codec import TasteFormatError
from bot.picks.taste_state import restore
from bot.rounds.engine.engine import refuse_old_sqlite
from bot.rounds.process.clock_skew import clock_skew
from bot.rounds.scheduling.due import stuck_channels
from storage import install_state, posts, retention, sources
from storage.models import PostState

PATIENCE_SECONDS = 15.0
"""How long anything outside may take to answer."""

LEAST_FREE = 200_000_000
"""Bytes of disk below which the data will not have room for long."""

OLDEST_POSTGRES = 14
"""The oldest major version of Postgres that we vouch for."""

APART_SECONDS = 20.0
"""How far the clocks of machines that share a database may differ."""

# The durable engine keeps its tables in a schema of its own, which it makes at the first start.
_ASKED = """
    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        coalesce(has_schema_privilege(to_regnamespace('dbos')::oid, 'CREATE'),
            has_database_privilege(current_database(), 'CREATE'))
"""

_AHEAD = timedelta(minutes=2)
_OVERDUE = timedelta(hours=1)
_NAMED = 5
_STUCK = "The server's log says why, at round.failed or schedule.unreadable."
_LOOK = "paperround deliveries --failed shows them; retry or drop them there."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what, whether it is well, what was found and what to do."""

    what: str
    well: bool
    found: str
    advice: str = ""


def program() -> Finding:
    """Which Paperround on which Python this is."""
    return Finding(
        "paperround", True, f"{version('paperround')} on Python {platform.python_version()}"
    )


async def postgres(app: App) -> list[Finding]:
    """Whether a Postgres is new enough and lets us make what we keep there; none on SQLite."""
    if app.settings.embedded:
        return []
    async with app.database.read() as session:
        found = (await (await session.connection()).execute(text(_ASKED))).one()
    number, shown, may_make = found
    if number < OLDEST_POSTGRES * 10_000:
        advice = f"Upgrade it to {OLDEST_POSTGRES} or newer."
        return [Finding("postgres", False, f"{shown}, which is too old", advice)]
    if not may_make:
        advice = "GRANT CREATE ON DATABASE … TO that user, or create the schema dbos for it."
        return [Finding("postgres", False, "this user may not make the engine's schema", advice)]
    return [Finding("postgres", True, f"{shown}, and we may make what we keep there")]


async def writing(app: App) -> Finding:
    """Whether the database takes a write, tried."""
    try:
        async with app.database.write() as session:
            await install_state.touch(session)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return Finding("writing", False, f"the database refused: {reason}", _unwritable(reason))
    return Finding("writing", True, "the database takes it")


def _unwritable(reason: str) -> str:
    if "locked" in reason:
        return "Another program holds the file: end it, or wait until it is done."
    if "full" in reason or "I/O" in reason:
        return "Make room on the disk; nothing is lost meanwhile."
    return "Give this user leave to write the file and its folder."


def disk(app: App) -> list[Finding]:
    """Whether the disk of the data has room; with Postgres nothing is kept on this machine."""
    if not app.settings.embedded:
        return []
    folder = Path(app.lock.lock_file).parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        advice = "Correct PAPERROUND_DATA_DIR or its permissions."
        return [Finding("disk", False, f"{folder} cannot be read: {error.strerror}", advice)]
    found = f"{free / 1e9:.1f} GB free at {folder}"
    advice = "" if free >= LEAST_FREE else "Make room, or move the data folder to another disk."
    return [Finding("disk", free >= LEAST_FREE, found, advice)]


def engine(app: App) -> Finding:
    """Whether the durable engine's own database can be read; in Postgres it is beside ours."""
    if not app.settings.embedded:
        return Finding("engine", True, "keeps its state in the same Postgres")
    try:
        refuse_old_sqlite(app.settings.engine_database)
    except DatabaseError as error:
        return Finding("engine", False, str(error))
    path = Path(make_url(app.settings.engine_database).database or "")
    if not path.exists():
        return Finding("engine", True, "has no state yet; it is made by the first round")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        advice = f"Stop Paperround and move {path} away: rounds are found due again without it."
        return Finding("engine", False, f"{path} cannot be read: {error}", advice)
    return Finding("engine", True, f"{path}")


async def platforms(app: App) -> list[Finding]:
    """Whether each platform takes our token."""
    return list(await asyncio.gather(*(_platform(app, name) for name in sorted(app.platforms))))


async def _platform(app: App, name: str) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return Finding(name, True, await app.platforms[name].introduce())
    except TimeoutError:
        return Finding(name, False, "does not answer", "Check the network.")
    except SettingsError as error:
        return Finding(name, False, str(error))
    except PaperroundError as error:
        advice = f"Check the network, and the settings PAPERROUND_{name.upper()}_…"
        return Finding(name, False, str(error), advice)


async def clock(app: App) -> Finding:
    """Whether the clock runs behind what was written down, or apart from those of other machines.

    These are Postgres's, and the platforms' that were asked something before.
    """
    if skew := clock_skew(app.platforms):
        advice = "Let NTP set this machine's clock: Slack refuses what is five minutes off."
        return Finding("clock", False, f"it is {skew}", advice)
    async with app.database.read() as session:
        polled = await sources.list_polled(session)
        apart = await install_state.seconds_apart(session, datetime.now(UTC))
    if abs(apart) > APART_SECONDS:
        found = f"it is {abs(apart):.0f} s {'behind' if apart > 0 else 'ahead of'} the database's"
        return Finding("clock", False, found, "Let NTP set the clocks of both machines.")
    newest = max((one.polled_at for one in polled if one.polled_at), default=None)
    now = app.clock()
    if newest is None or newest <= now + _AHEAD:
        return Finding("clock", True, f"{now:%Y-%m-%d %H:%M} UTC")
    found = f"it says {now:%Y-%m-%d %H:%M} UTC, but a source was read at {newest:%Y-%m-%d %H:%M}"
    return Finding("clock", False, found, "Let NTP set this machine's clock.")


async def waiting(app: App) -> Finding:
    """Whether posts are stuck."""
    now = app.clock()
    async with app.database.read() as session:
        depths = await posts.depths(session)
        unknown = await posts.list_states(session, (PostState.UNKNOWN,))
    count = sum(number for number, _ in depths.values())
    late = _late([oldest for _, oldest in depths.values()], now)
    if not unknown and not late:
        return Finding("deliveries", True, f"{count} on their way" if count else "none waits")
    found = f"{count} wait, the oldest since {late:%Y-%m-%d %H:%M} UTC" if late else ""
    doubtful = f"of {len(unknown)} nobody knows whether they arrived" if unknown else ""
    return Finding("deliveries", False, "; ".join(filter(None, (found, doubtful))), _LOOK)


async def checkpoints(app: App) -> Finding:
    """Whether what folded votes taught can still be read: nothing else knows it."""
    async with app.database.read() as session:
        kept = await retention.list_checkpoints(session)
    lost = await asyncio.to_thread(_unreadable, kept)
    if not lost:
        return Finding("tastes", True, f"{len(kept)} hold what older votes taught")
    named = "; ".join(f"{address} (votes before {at:%Y-%m-%d})" for address, at in lost[:_NAMED])
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    advice = "Restore a backup, or go on: the votes since then count, what those taught is lost."
    return Finding("tastes", False, f"damaged: {named}{more}", advice)


def _unreadable(kept: Sequence[tuple[str, datetime, bytes]]) -> list[tuple[str, datetime]]:
    lost = []
    for address, at, blob in kept:
        try:
            restore(blob)
        except TasteFormatError:
            lost.append((address, at))
    return lost


async def meaning(app: App) -> Finding:
    """Whether the sentence model works, tried; without it papers are ordered by words."""
    meanings = app.services.rounds.meanings
    if not meanings.model and not meanings.trouble:
        return Finding("meaning", True, "off: papers are ordered by words")
    if await meanings.try_out():
        return Finding("meaning", True, f"{meanings.model} tells papers' meanings")
    advice = "Papers are ordered by words meanwhile; PAPERROUND_MEANING names another, or off."
    return Finding("meaning", False, meanings.trouble, advice)


async def summaries(app: App) -> list[Finding]:
    """What a language model was asked today, of what it may be; none where none is named."""
    wanted = app.services.summaries
    if wanted is None:
        return []
    (requests, tokens), model = await wanted.spent(), wanted.model
    found = (
        f"{model.model}: {requests:,} of {model.most_requests:,} requests and {tokens:,} of "
        f"{model.most_tokens:,} tokens today"
    )
    return [Finding("summaries", True, found)]


async def rounds(app: App) -> Finding:
    """Whether channels wait for their picks: of use where a server runs."""
    stuck = await stuck_channels(app.database, app.clock(), _OVERDUE)
    if not stuck:
        return Finding("rounds", True, "every channel had its last one")
    shown = ", ".join(stuck[:_NAMED]) + (", …" if len(stuck) > _NAMED else "")
    return Finding("rounds", False, f"{len(stuck)} channels wait for theirs: {shown}", _STUCK)


def _late(slots: list[datetime], now: datetime) -> datetime | None:
    oldest = min(slots, default=now)
    return oldest if now - oldest > _OVERDUE else None
