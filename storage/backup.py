"""Copies of embedded databases: taken while others write, put back where there is nothing yet."""

import errno
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import DatabaseError

ARCHIVE = ".tar.gz"
"""What a backup's name ends in that is one file; any other is a folder."""

_MARK = "paperround-backup.txt"
_PATIENCE_SECONDS = 30.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_BROKEN = (EOFError, zlib.error, tarfile.TarError, UnicodeError)


def save(databases: Mapping[str, Path], target: Path, about: str) -> None:
    """Copy SQLite files, in this order, under these names into a new folder or `.tar.gz`.

    Each copy is one snapshot and holds no writer up. `target` appears whole or not at all.
    Raises DatabaseError when it exists or something cannot be read or written.
    """
    if target.exists():
        raise DatabaseError(f"{target} exists already: name another, or move it away.")
    with _beside(target) as folder, _told(f"The backup {target} could not be made", target.parent):
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
def opened(backup: Path, beside: Path, *, needed: str, other: Collection[str]) -> Iterator[Path]:
    """A copy of a backup's databases in a folder on the same disk as `beside`, gone afterwards.

    Raises DatabaseError for what is no whole backup of ours; then nothing was made beside it.
    """
    if not backup.exists():
        raise DatabaseError(f"There is no backup at {backup}: name the folder or .tar.gz it is in.")
    names = (_MARK, needed, *other)
    with _beside(beside) as folder:
        with _told(f"The backup {backup} cannot be copied", beside.parent):
            (_take_folder if backup.is_dir() else _take_archive)(backup, folder, names)
        if not (folder / _MARK).is_file():
            raise DatabaseError(_NOT_OURS.format(backup=backup))
        if not (folder / needed).is_file():
            raise DatabaseError(_NOT_WHOLE.format(backup=backup, why=f"it lacks {needed}"))
        for name in (needed, *other):
            _refuse_damaged(folder / name, backup)
        yield folder


def about(folder: Path) -> str:
    """What made an opened backup, and when."""
    return (folder / _MARK).read_text(encoding="utf-8", errors="replace").strip()


def put(files: Mapping[Path, Path]) -> None:
    """Move files to paths where no file is yet: all of them or none, and the last one last."""
    moved: list[tuple[Path, Path]] = []
    for source, target in files.items():
        try:
            with _told(f"{target} cannot be written", target.parent):
                source.rename(target)
        except DatabaseError:
            for former, place in moved:
                place.rename(former)
            raise
        moved.append((source, target))


def _take_folder(backup: Path, folder: Path, names: Collection[str]) -> None:
    for name in names:
        if (backup / name).is_file():
            shutil.copyfile(backup / name, folder / name)


def _take_archive(backup: Path, folder: Path, names: Collection[str]) -> None:
    try:
        with tarfile.open(backup) as archive:
            found = [each for each in archive.getmembers() if each.name in names and each.isfile()]
            archive.extractall(folder, found, filter="data")
    except _BROKEN as error:
        told = _NOT_WHOLE if _compressed(backup) else _NOT_OURS
        raise DatabaseError(told.format(backup=backup, why="it ends too early")) from error


def _compressed(path: Path) -> bool:
    """Whether a file begins as gzip does, however it goes on."""
    with path.open("rb") as opened:
        return opened.read(2) == b"\x1f\x8b"


def _refuse_damaged(path: Path, backup: Path) -> None:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as opened:
            found = opened.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        why = f"its {path.name} is damaged ({found})"
        raise DatabaseError(_NOT_WHOLE.format(backup=backup, why=why))


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
    parent = place.parent
    new = not parent.exists()
    try:
        with _told(f"Nothing can be written in {parent}", parent):
            parent.mkdir(parents=True, exist_ok=True)
            made = TemporaryDirectory(prefix=".paperround-", dir=parent, ignore_cleanup_errors=True)
        with made as name:
            folder = Path(name) / "copy"
            folder.mkdir(mode=0o700)
            yield folder
    finally:
        if new:
            # It stays where something was put into it.
            with suppress(OSError):
                parent.rmdir()


@contextmanager
def _told(what: str, where: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        # SQLite says of a file that it cannot make longer that its disk fails.
        full = getattr(error, "errno", None) in _NO_ROOM or "full" in reason or "I/O" in reason
        advice = f"make room in {where}" if full else "name a folder that you may write to"
        raise DatabaseError(f"{what}: {reason}. Please {advice}.") from error


_NOT_OURS = "{backup} is no backup made by paperround backup: name its folder or .tar.gz."
_NOT_WHOLE = (
    "The backup {backup} is not whole, for {why}: copy it here again, or take an older one."
)
