"""Encryption of tokens at rest."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import SettingsError

_ADVICE = "Make one with: paperround slack key"


class Vault:
    """Seals small records with the keys of the settings (Fernet: AES-128-CBC with HMAC-SHA256).

    `keys` is one key or several with commas between: the first seals, all of them unseal, so that
    a key can be replaced without a break. Raises SettingsError for what is no key. It protects a
    copied database, not a machine that somebody else controls.
    """

    def __init__(self, keys: str) -> None:
        parts = [part.strip() for part in keys.split(",") if part.strip()]
        if not parts:
            raise SettingsError(f"PAPERROUND_ENCRYPTION_KEY is empty. {_ADVICE}")
        try:
            self._fernet = MultiFernet([Fernet(part) for part in parts])
        except ValueError as error:
            raise SettingsError(
                f"PAPERROUND_ENCRYPTION_KEY is no key of 32 bytes in base64. {_ADVICE}"
            ) from error

    def seal(self, record: Mapping[str, Any]) -> bytes:
        """Encrypt a record that JSON can hold."""
        return self._fernet.encrypt(json.dumps(record).encode())

    def unseal(self, sealed: bytes) -> dict[str, Any]:
        """Decrypt a record; raises SettingsError where no key fits."""
        try:
            opened: dict[str, Any] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise SettingsError(
                "Stored tokens cannot be decrypted: PAPERROUND_ENCRYPTION_KEY is not the key they "
                "were stored with. Add the old key after the new one, with a comma between."
            ) from error
        return opened


def new_key() -> str:
    """A fresh key for `Vault`."""
    return Fernet.generate_key().decode()
