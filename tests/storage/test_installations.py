"""Installations are kept one a place, and a state opens the door once."""

from datetime import timedelta

import pytest

from bot.errors import SettingsError
from storage import channels, installations
from storage.database import Database
from storage.installations import Vault, new_key
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
        assert await channels.list_organisation(session, "slack", "E1") == ["T1"]


def test_what_is_sealed_comes_back_and_does_not_show() -> None:
    vault = Vault(new_key())

    sealed = vault.seal({"bot_token": "xoxb-1-secret"})

    assert vault.unseal(sealed) == {"bot_token": "xoxb-1-secret"}
    assert b"secret" not in sealed


def test_a_new_key_before_the_old_one_reads_what_the_old_one_sealed() -> None:
    old, new = new_key(), new_key()
    sealed = Vault(old).seal({"a": 1})

    assert Vault(f"{new}, {old}").unseal(sealed) == {"a": 1}
    assert Vault(new).unseal(Vault(f"{new},{old}").seal({"b": 2})) == {"b": 2}


def test_a_wrong_key_says_what_to_do() -> None:
    sealed = Vault(new_key()).seal({"a": 1})

    with pytest.raises(SettingsError, match="Add the old key"):
        Vault(new_key()).unseal(sealed)


@pytest.mark.parametrize("keys", ["", " , ", "short", "é" * 44, "A" * 44])
def test_what_is_no_key_is_refused_without_being_shown(keys: str) -> None:
    with pytest.raises(SettingsError, match="paperround slack key") as caught:
        Vault(keys)

    assert keys.strip(" ,") == "" or keys not in str(caught.value)
