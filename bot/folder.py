"""The data folder: made, named and refused in words."""

from pathlib import Path

from sqlalchemy import make_url

from bot.errors import DatabaseError
from config.settings import Settings


def make_folder(settings: Settings) -> None:
    """Make the folder of an embedded database; raises DatabaseError."""
    if not settings.database.startswith("sqlite"):
        return
    folder = _main_file(settings).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(unwritable(folder, error)) from error


def _main_file(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "")


def lock_path(settings: Settings) -> Path:
    """The file whose lock makes a process the one that works on this folder."""
    if settings.database.startswith("sqlite"):
        return _main_file(settings).with_suffix(".lock")
    return settings.data_dir / "paperround.lock"


def unwritable(folder: Path, error: OSError) -> str:
    """What to do about a folder that cannot be written."""
    return (
        f"The data folder {folder} cannot be written: {error.strerror or error}. "
        "Correct its permissions, or name another in PAPERROUND_DATA_DIR."
    )
