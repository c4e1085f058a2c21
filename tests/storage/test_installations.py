"""Installations are kept one a place, and a state opens the door once."""

from datetime import timedelta

from storage import installations, workspaces
from storage.database import Database
from tests.make import NOON


async def test_installing_again_replaces_what_was_there(database: Database) -> None:
    async with database.write() as session:
        await installations.save(session, "slack", "T1", b"old", NOON)
        await installations.save(session, "slack", "T1", b"new", NOON)

    async with database.read() as session:
        found = await installations.find(session, "slack", "T1")
        assert found is not None
        assert found.sealed == b"new"
        assert await installations.list_platform(session, "slack") == ["T1"]


async def test_removing_twice_is_no_error(database: Database) -> None:
    async with database.write() as session:
        await installations.save(session, "slack", "T1", b"old", NOON)
        assert not await installations.remove(session, "slack", "T1", NOON - timedelta(days=1))
        assert await installations.find(session, "slack", "T1") is not None
        assert await installations.remove(session, "slack", "T1", NOON + timedelta(days=1))
        assert await installations.remove(session, "slack", "T1", NOON)

        assert await installations.find(session, "slack", "T1") is None


async def test_a_state_is_used_up_by_its_first_use(database: Database) -> None:
    async with database.write() as session:
        await installations.issue_state(session, "abc", NOON + timedelta(minutes=10))

        assert await installations.consume_state(session, "abc", NOON)
        assert not await installations.consume_state(session, "abc", NOON)


async def test_an_expired_or_unknown_state_opens_nothing(database: Database) -> None:
    async with database.write() as session:
        await installations.issue_state(session, "abc", NOON)

        assert not await installations.consume_state(session, "abc", NOON)
        assert not await installations.consume_state(session, "def", NOON)


async def test_a_workspace_remembers_the_organisation_that_serves_it(database: Database) -> None:
    async with database.write() as session:
        await installations.note_organisation(session, "slack", "T1", "E1")

        assert await installations.organisation_of(session, "slack", "T1") == "E1"
        assert await installations.organisation_of(session, "slack", "T2") is None
        assert await workspaces.list_organisation(session, "slack", "E1") == ["T1"]
