"""Addresses of feeds that hold a key, sealed at rest with the host's encryption key.

The same address always gives the same sealed text (AES-SIV, RFC 5297), so that it can be found and
stays unique. Without a key of the host's, addresses are kept as they are.
"""

import base64
import hashlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Dialect, String, TypeDecorator

_MARK = "sealed:"
_PURPOSE = b"paperround feed addresses"

# A column's type is made with the class, long before settings are read.
_ciphers: list[AESSIV] = []


def use_keys(keys: str | None) -> None:
    """Seal with the first of these keys (commas between), unseal with any; None for none."""
    _ciphers[:] = [_cipher(key.strip()) for key in (keys or "").split(",") if key.strip()]


def has_keys() -> bool:
    """Whether addresses are sealed."""
    return bool(_ciphers)


def is_sealed(text: str) -> bool:
    """Whether a text is still sealed: no key of the host's opens it."""
    return text.startswith(_MARK)


def _cipher(key: str) -> AESSIV:
    return AESSIV(hashlib.sha512(_PURPOSE + key.encode()).digest())


def _holds_key(text: str) -> bool:
    """Whether an address has a part that may be secret: a query, or a user."""
    if "://" not in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return True
    return bool(parts.query or "@" in parts.netloc)


class SealedText(TypeDecorator[str]):
    """A text column whose addresses with a key in them are sealed in the database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal on the way in."""
        if value is None or not _ciphers or is_sealed(value) or not _holds_key(value):
            return value
        sealed = _ciphers[0].encrypt(value.encode(), None)
        return _MARK + base64.urlsafe_b64encode(sealed).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Unseal on the way out; what no key opens stays as it is."""
        if value is None or not is_sealed(value):
            return value
        return _opened(base64.urlsafe_b64decode(value[len(_MARK) :]), _ciphers) or value


def _opened(sealed: bytes, ciphers: Sequence[AESSIV]) -> str | None:
    for cipher in ciphers:
        try:
            return cipher.decrypt(sealed, None).decode()
        except InvalidTag:
            continue
    return None
