"""The key in a feed's address is not in the database in plain."""

import pytest
from sqlalchemy import text

from bot.errors import SourceError
from bot.sources.http import Fetcher
from bot.sources.registry import open_source
from storage import sources
from storage.database import Database
from storage.installations import new_key
from storage.sealing import use_keys

SECRET = "https://lab.example.org/feed?key=hush"


@pytest.fixture(autouse=True)
def _without_keys():
    yield
    use_keys(None)


async def raw(database: Database) -> list[str]:
    async with database.read() as session:
        rows = await session.exec(text("SELECT spec FROM source ORDER BY id"))
        return [row[0] for row in rows]


async def add(database: Database, spec: str) -> int:
    async with database.write() as session:
        return (await sources.add(session, kind="feed", spec=spec, name="x")).id or 0


async def specs(database: Database) -> list[str]:
    async with database.read() as session:
        found = [await sources.get(session, source_id) for source_id in (1, 2)]
    return [source.spec for source in found if source]


async def test_an_address_with_a_key_is_sealed_and_found_again(database: Database) -> None:
    use_keys(new_key())
    first = await add(database, SECRET)
    other = await add(database, "https://lab.example.org/open")

    assert await add(database, SECRET) == first != other
    assert await specs(database) == [SECRET, "https://lab.example.org/open"]
    stored = await raw(database)
    assert "hush" not in "".join(stored)
    assert stored[1] == "https://lab.example.org/open"


async def test_what_was_stored_in_plain_or_with_an_older_key_is_sealed_anew(
    database: Database,
) -> None:
    await add(database, SECRET)
    old, new = new_key(), new_key()
    assert await raw(database) == [SECRET]
    for keys in (old, f"{new},{old}"):
        use_keys(keys)
        async with database.write() as session:
            await sources.seal_all(session)
    use_keys(new)

    assert await specs(database) == [SECRET]
    assert "hush" not in (await raw(database))[0]


async def test_an_address_that_no_key_opens_is_broken_and_says_what_to_do(
    database: Database,
) -> None:
    use_keys(new_key())
    await add(database, SECRET)
    use_keys(new_key())
    (spec,) = await specs(database)

    with pytest.raises(SourceError, match="PAPERROUND_ENCRYPTION_KEY"):
        open_source("feed", spec, Fetcher(), bases={})
