"""One process works on a data folder, whatever becomes of its lock file."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage.data_lock import DataLock

linux = pytest.mark.skipif(sys.platform != "linux", reason="the lock file alone, elsewhere")


def _lock(folder: Path) -> DataLock:
    return DataLock(folder / "paperround.lock", folder / "paperround.sqlite")


@linux
def test_a_deleted_lock_file_lets_no_other_process_in(tmp_path: Path) -> None:
    ours, other = _lock(tmp_path), _lock(tmp_path)
    assert ours.acquire()
    (tmp_path / "paperround.lock").unlink()

    refused = other.acquire()
    ours.release()

    assert not refused
    assert other.acquire()


@linux
def test_a_lock_that_was_refused_leaves_nothing_held(tmp_path: Path) -> None:
    ours, other, third = _lock(tmp_path), _lock(tmp_path), _lock(tmp_path)
    ours.acquire()
    (tmp_path / "paperround.lock").unlink()
    other.acquire()
    ours.release()

    assert third.acquire()


def test_who_holds_the_data_and_who_reads_it_do_not_hinder_each_other(tmp_path: Path) -> None:
    lock = _lock(tmp_path)
    assert lock.acquire()
    with closing(sqlite3.connect(tmp_path / "paperround.sqlite")) as data:
        data.execute("PRAGMA journal_mode=WAL")
        data.execute("CREATE TABLE paper (title)")
    lock.release()


def test_a_database_is_made_for_its_owner_alone_or_not_at_all(tmp_path: Path) -> None:
    lock, data = _lock(tmp_path), tmp_path / "paperround.sqlite"
    assert lock.acquire(make=False)
    lock.release()
    made_early = data.exists()
    assert lock.acquire()

    assert not made_early
    assert data.stat().st_mode & 0o777 == 0o600
