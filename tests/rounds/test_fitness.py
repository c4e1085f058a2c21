"""A Python whose SQLite is too old for the engine is refused with what to do, not half-way."""

import sqlite3
import sys

import pytest

from bot.errors import DatabaseError
from bot.rounds.engine.fitness import refuse_old_sqlite

LITE, GRES = "sqlite:///engine.sqlite", "postgresql://host/name"


@pytest.mark.parametrize(
    ("python", "sqlite", "url", "refused"),
    [
        ((3, 13), (3, 40, 1), LITE, True),
        ((3, 12), (3, 42, 0), LITE, False),
        ((3, 11), (3, 40, 1), LITE, False),
        ((3, 13), (3, 40, 1), GRES, False),
    ],
)
def test_only_an_old_sqlite_under_a_newer_python_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    python: tuple[int, ...],
    sqlite: tuple[int, ...],
    url: str,
    refused: bool,
) -> None:
    monkeypatch.setattr(sys, "version_info", python)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", sqlite)

    if not refused:
        refuse_old_sqlite(url)
        return
    with pytest.raises(DatabaseError, match=r"need 3.42. Use Python 3.11"):
        refuse_old_sqlite(url)
