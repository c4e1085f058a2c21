"""Installations in workspaces, with their tokens encrypted at rest."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import SettingsError
from storage import channels
from storage.database import advisory_lock
from storage.models import Installation, InstallState


async def save(
    session: AsyncSession, platform: str, place: str, sealed: bytes, now: datetime
) -> None:
    """Keep an installation, in place of an earlier one; `place` is a workspace or organisation.

    What was wrong with the earlier one is forgotten.
    """
    await advisory_lock(session, "installations")
    row = await find(session, platform, place)
    if row is None:
        row = Installation(platform=platform, place=place, sealed=sealed, installed_at=now)
    row.sealed, row.installed_at, row.problem = sealed, now, None
    session.add(row)
    await session.flush()


async def find(session: AsyncSession, platform: str, place: str) -> Installation | None:
    """The installation in a workspace or organisation, or None."""
    return await session.get(Installation, (platform, place))


async def list_platform(session: AsyncSession, platform: str) -> list[str]:
    """The places of all installations on a platform, in order."""
    statement = select(Installation.place).where(Installation.platform == platform)
    return list((await session.exec(statement.order_by(col(Installation.place)))).all())


async def mark(session: AsyncSession, platform: str, place: str, problem: str) -> bool:
    """Note why the app must be installed again; True for the one caller that notes it first."""
    marked = await session.exec(
        update(Installation)
        .where(
            col(Installation.platform) == platform,
            col(Installation.place) == place,
            col(Installation.problem).is_(None),
        )
        .values(problem=problem)
        .returning(col(Installation.place))
        .execution_options(synchronize_session=False)
    )
    return marked.first() is not None


async def list_problems(session: AsyncSession, platform: str) -> list[tuple[str, str]]:
    """The places where the app must be installed again, each with the reason, in order."""
    statement = select(Installation.place, Installation.problem).where(
        Installation.platform == platform, col(Installation.problem).is_not(None)
    )
    found = await session.exec(statement.order_by(col(Installation.place)))
    return [(place, problem or "") for place, problem in found]


async def remove(session: AsyncSession, platform: str, place: str, until: datetime) -> bool:
    """Forget an installation that was made, or renewed, by then; False where a later one stands."""
    known = (col(Installation.platform) == platform) & (col(Installation.place) == place)
    await session.exec(delete(Installation).where(known, col(Installation.installed_at) <= until))
    return (await session.exec(select(Installation.place).where(known))).first() is None


async def note_organisation(
    session: AsyncSession, platform: str, workspace: str, organisation: str
) -> None:
    """Remember which organisation's installation serves a workspace."""
    row = await channels.add_workspace(session, platform, workspace)
    row.organisation = organisation
    session.add(row)


async def organisation_of(session: AsyncSession, platform: str, workspace: str) -> str | None:
    """The organisation whose installation serves a workspace, or None."""
    row = await channels.find_workspace(session, platform, workspace)
    return row.organisation if row else None


async def issue_state(session: AsyncSession, state: str, expires_at: datetime) -> None:
    """Keep the digest of a state handed to a browser that begins to install."""
    session.add(InstallState(digest=_digest(state), expires_at=expires_at))


async def consume_state(session: AsyncSession, state: str, now: datetime) -> bool:
    """Whether a state was issued, is not used and not expired; it is used up by asking."""
    await session.exec(delete(InstallState).where(col(InstallState.expires_at) <= now))
    used = await session.exec(
        delete(InstallState)
        .where(col(InstallState.digest) == _digest(state))
        .returning(col(InstallState.digest))
    )
    return used.first() is not None


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


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
