"""This room's tests run on SQLite and on Postgres."""

from collections.abc import AsyncIterator

import pytest

from storage.database import Database


@pytest.fixture
async def database(either_url: str) -> AsyncIterator[Database]:
    opened = Database(either_url)
    yield opened
    await opened.close()
