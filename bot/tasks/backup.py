"""`paperround backup` and `paperround restore`: an online copy, and a new install from it."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from sqlalchemy import make_url

from bot.bootstrap import build_app
from bot.errors import DatabaseError
from config.settings import Settings
from storage import backup as copies
from storage import posts
from storage.database import Database

_OURS, _ENGINE = "paperround.sqlite", "paperround-engine.sqlite"


def back_up(settings: Settings, target: Path) -> int:
    """Copy the data into a new folder or `.tar.gz`, while others work on it; returns 0."""
    if not settings.embedded:
        raise DatabaseError(_POSTGRES.format(url=_shown(settings), target=target))
    ours, engine = _files(settings)
    if not ours.exists():
        raise DatabaseError(f"There is no data at {ours} yet, so nothing to back up.")
    # The engine first: what it believes done is then done in ours, which decides.
    wanted = {_ENGINE: engine, _OURS: ours}
    found = {name: path for name, path in wanted.items() if path.exists()}
    about = f"paperround {version('paperround')}, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    copies.save(found, target.absolute(), about)
    Console(highlight=False).print(f"Backed up to {target}.", markup=False, soft_wrap=True)
    return 0


async def restore(settings: Settings, backup: Path) -> int:
    """Make the data of a backup that of the data folder, which must have none; returns 0.

    What was on its way then may have arrived since: its platforms are asked before it is sent.
    """
    if not settings.embedded:
        raise DatabaseError(_POSTGRES_BACK.format(url=_shown(settings), backup=backup))
    ours, engine = _files(settings)
    _refuse_used(ours, engine)
    with copies.opened(backup, ours, needed=_OURS, other=[_ENGINE]) as folder:
        await _take_up(settings, folder, backup)
        about = copies.about(folder)
    console = Console(highlight=False)
    console.print(f"Restored to {ours} from {about}.", markup=False, soft_wrap=True)
    console.print(_AFTER, markup=False, soft_wrap=True)
    return 0


async def doubt(settings: Settings) -> int:
    """Take what is on its way for possibly sent, in data that another tool restored; returns 0."""
    app = build_app(settings)
    try:
        if (await app.database.revision())[0] is None:
            raise DatabaseError(f"{app.database.place} has no data yet: name the BACKUP.")
        await app.database.migrate()
        async with app.database.write() as session:
            count = await posts.doubt(session, datetime.now(UTC))
    finally:
        await app.close()
    Console(highlight=False).print(f"{count} posts are looked for before they are sent.")
    return 0


async def _take_up(settings: Settings, folder: Path, backup: Path) -> None:
    ours, engine = _files(settings)
    app = build_app(settings)
    try:
        if not app.hold(make=False):
            raise DatabaseError("Another paperround works on this data folder: stop it first.")
        # Somebody may have begun there while the backup was read.
        _refuse_used(ours, engine)
        await _make_ready(folder / _OURS, backup)
        pairs = {folder / _ENGINE: engine, folder / _OURS: ours}
        copies.put({source: target for source, target in pairs.items() if source.exists()})
    finally:
        await app.close()


async def _make_ready(path: Path, backup: Path) -> None:
    """Bring a copy up to date, and doubt what was on its way when it was made."""
    database = Database(f"sqlite:///{path}")
    try:
        await database.migrate()
        async with database.write() as session:
            await posts.doubt(session, datetime.now(UTC))
    except DatabaseError as error:
        # The copy is gone when this is read; the backup is what they named.
        told = str(error).replace(database.shown, str(backup)).replace(str(path), str(backup))
        raise DatabaseError(told) from error
    finally:
        await database.close()


def _refuse_used(*files: Path) -> None:
    used = [path for path in files if path.exists()]
    if used:
        raise DatabaseError(
            f"{used[0]} holds data already, which restore never overwrites: name an empty folder "
            "in PAPERROUND_DATA_DIR, or move that data away."
        )


def _files(settings: Settings) -> tuple[Path, Path]:
    """Our database's file and the engine's."""
    ours, engine = (make_url(url).database for url in (settings.database, settings.engine_database))
    return Path(ours or ""), Path(engine or "")


def _shown(settings: Settings) -> str:
    return make_url(settings.database).set(drivername="postgresql").render_as_string()


_POSTGRES = (
    "The data is in Postgres, whose own tools back it up while Paperround runs: "
    "pg_dump --format=custom --file={target} {url}"
)
_POSTGRES_BACK = (
    "The data belongs into Postgres, whose own tools restore it into a new database: "
    "pg_restore --no-owner --dbname={url} {backup}, then paperround restore without a name, so "
    "that posts which were on their way are looked for before they are sent."
)
_AFTER = (
    "Next: paperround run. What was posted after the backup may be posted again; to prevent it, "
    "first paperround papers --channel C pause 7 days."
)
