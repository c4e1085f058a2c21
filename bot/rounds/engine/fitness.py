"""Whether this Python can run the durable engine on SQLite."""

import sqlite3
import sys

from bot.errors import DatabaseError

_OLDEST, _FROM_PYTHON = (3, 42), (3, 12)


def refuse_old_sqlite(url: str) -> None:
    """Raise DatabaseError where the engine asks more of SQLite than this Python's has.

    From Python 3.12 on it reads the time in a way that SQLite knows since 3.42.
    """
    old = sys.version_info >= _FROM_PYTHON and sqlite3.sqlite_version_info < _OLDEST
    if old and url.startswith("sqlite"):
        raise DatabaseError(
            f"This Python's SQLite is {sqlite3.sqlite_version}; on Python 3.12 and newer rounds "
            "need 3.42. Use Python 3.11, or a Python with a newer SQLite (such as uv's or the "
            "container's), or Postgres by PAPERROUND_DATABASE_URL."
        )
