"""Which process works on an embedded database: one at a time, whatever becomes of the lock file."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

_CAN_HOLD_DATA = sys.platform == "linux"
"""Elsewhere a lock on the whole file would keep SQLite itself from it, or there is none."""


class DataLock:
    """Held by one process: a lock file, and on Linux the database's own file too.

    The second is why a lock file that somebody deletes lets no other process in. SQLite's locks on
    the file are of another kind, and neither sees the other.
    """

    def __init__(self, lock_file: Path, data: Path | None) -> None:
        self.lock_file = str(lock_file)
        self._beside = FileLock(lock_file)
        self._data = data
        self._held: int | None = None

    def acquire(self, *, make: bool = True) -> bool:
        """Take it; False where another process has it. Raises OSError.

        With `make` a database that is not there yet is made, empty and readable by its owner alone.
        """
        try:
            self._beside.acquire(timeout=0)
        except Timeout:
            return False
        try:
            if self._hold_data(make=make):
                return True
        except BaseException:
            self._beside.release()
            raise
        self._beside.release()
        return False

    def release(self) -> None:
        """Let others have it; call it after the database was closed here.

        SQLite loses its own locks when any handle of the file is closed.
        """
        if self._held is not None:
            os.close(self._held)
            self._held = None
        self._beside.release()

    def _hold_data(self, *, make: bool) -> bool:
        if self._data is None or self._held is not None:
            return True
        try:
            handle = os.open(self._data, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
        except FileNotFoundError:
            return True
        if _take(handle):
            self._held = handle
            return True
        os.close(handle)
        return False


def _take(handle: int) -> bool:
    if not _CAN_HOLD_DATA:
        return True
    import fcntl  # noqa: PLC0415 - not on every system

    with suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
