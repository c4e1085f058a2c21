"""Copies of embedded databases: taken while others write, put back where there is nothing yet."""

import shutil
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import DatabaseError

ARCHIVE = ".tar.gz"
"""What a backup's name ends in that is one file; any other is a folder."""

_MARK = "paperround-backup.txt"
_PATIENCE_SECONDS = 30.0


def save(databases: Mapping[str, Path], target: Path, about: str) -> None:
    """Copy SQLite files, in this order, under these names into a new folder or `.tar.gz`.

    Each copy is one snapshot and holds no writer up. `target` appears whole or not at all.
    Raises DatabaseError when it exists or something cannot be read or written.
    """
    if target.exists():
        raise DatabaseError(f"{target} exists already: name another, or move it away.")
    with _told(f"The backup {target} could not be made"), _beside(target) as folder:
        for name, database in databases.items():
            _copy(database, folder / name)
        (folder / _MARK).write_text(about + "\n", encoding="utf-8")
        if target.name.endswith(ARCHIVE):
            packed = folder.parent / target.name
            with tarfile.open(packed, "w:gz") as archive:
                for each in sorted(folder.iterdir()):
                    archive.add(each, each.name)
            packed.chmod(0o600)
            packed.rename(target)
        else:
            folder.rename(target)


@contextmanager
def opened(backup: Path, beside: Path) -> Iterator[Path]:
    """A copy of a backup's files in a folder on the same disk as `beside`, gone afterwards.

    Raises DatabaseError for what is no backup of ours.
    """
    if not backup.exists():
        raise DatabaseError(f"There is no backup at {backup}.")
    with _told(f"The backup {backup} cannot be read"), _beside(beside) as folder:
        if backup.is_dir():
            shutil.copytree(backup, folder, dirs_exist_ok=True)
        else:
            with tarfile.open(backup) as archive:
                archive.extractall(folder, filter="data")
        if not (folder / _MARK).is_file():
            raise DatabaseError(f"{backup} is no backup made by paperround backup.")
        yield folder


def put(files: Mapping[Path, Path]) -> None:
    """Move files, each to a place where nothing stands, the last of them last."""
    for source, target in files.items():
        with _told(f"{target} cannot be written"):
            source.rename(target)


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target, timeout=_PATIENCE_SECONDS)) as new,
    ):
        target.chmod(0o600)
        # All pages in one step: one snapshot, whoever writes meanwhile.
        old.backup(new, pages=-1)
        found = new.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise DatabaseError(f"The database {source} is damaged: {found}")


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A folder for half-made files, on the disk of `place`, that only its owner may read."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        prefix=".paperround-", dir=place.parent, ignore_cleanup_errors=True
    ) as made:
        folder = Path(made) / "copy"
        folder.mkdir(mode=0o700)
        yield folder


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatabaseError(
            f"{what}: {reason}. Check that the folder can be written and the disk is not full."
        ) from error
