"""Tokens at rest are unreadable without the key, and keys can be replaced."""

import pytest

from bot.errors import SettingsError
from storage.secrets import Vault, new_key


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
