"""`paperround backup` and `paperround restore`: an online copy, and a new install from it."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from sqlalchemy import make_url

from bot.app import App, build_app
from bot.errors import DatabaseError
from config.settings import Settings
from storage import copies, deliveries
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
    app = build_app(settings)
    try:
        _refuse_used(app)
        await _take_up(app, backup)
    finally:
        await app.close()
    console = Console(highlight=False)
    console.print(f"Restored to {app.database.place}.", markup=False, soft_wrap=True)
    console.print(_AFTER, markup=False)
    return 0


async def _take_up(app: App, backup: Path) -> None:
    ours, engine = _files(app.settings)
    with copies.opened(backup, ours) as folder:
        await _make_ready(folder / _OURS)
        pairs = {folder / _ENGINE: engine, folder / _OURS: ours}
        copies.put({source: target for source, target in pairs.items() if source.exists()})


async def _make_ready(path: Path) -> None:
    """Bring a copy up to date, and doubt what was on its way when it was made."""
    database = Database(f"sqlite:///{path}")
    try:
        await database.migrate()
        async with database.write() as session:
            await deliveries.doubt(session, datetime.now(UTC))
    finally:
        await database.close()


def _refuse_used(app: App) -> None:
    used = [path for path in _files(app.settings) if path.exists()]
    if used:
        raise DatabaseError(
            f"{used[0]} holds data already, which restore never overwrites: name an empty folder "
            "in PAPERROUND_DATA_DIR, or move that data away."
        )
    if not app.hold():
        raise DatabaseError("Another paperround works on this data folder: stop it first.")


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
    "pg_restore --no-owner --dbname={url} {backup}"
)
_AFTER = (
    "Posts that were on their way are looked for in their channels before they are sent. What was "
    "picked and posted after the backup is not known here and may be posted again: to prevent it, "
    "start with paperround papers --channel C pause, and resume when its papers are past."
)
