"""What Slack says of who acts: who administers a workspace, and who is no person at all."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError, RefusedError
from bot.platforms.slack.faults import translated

_REMEMBERED_SECONDS = 600.0
_MOST = 10_000
_SLACKBOT = "USLACKBOT"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One user; `is_bot` is an app or a workflow, whose reactions are no votes."""

    is_admin: bool
    is_bot: bool


_UNLISTED = Entry(is_admin=False, is_bot=False)


class Directory:
    """Looks users up, and remembers for ten minutes what Slack said.

    Where Slack does not answer, or the app lacks `users:read`, everybody is a person and nobody
    an admin.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: dict[tuple[str | None, str], tuple[float, Entry]] = {}

    async def is_admin(self, client: AsyncWebClient, user: str) -> bool:
        """Whether Slack names this user an admin or owner of the workspace."""
        return (await self._find(client, user)).is_admin

    async def is_bot(self, client: AsyncWebClient, user: str) -> bool:
        """Whether an app acts here, or Slack itself."""
        return user == _SLACKBOT or (await self._find(client, user)).is_bot

    async def _find(self, client: AsyncWebClient, user: str) -> Entry:
        # Ids of people are unique within a workspace alone.
        key = (client.token, user)
        asked_at, known = self._known.get(key, (-_REMEMBERED_SECONDS, _UNLISTED))
        if self._now() - asked_at < _REMEMBERED_SECONDS:
            return known
        try:
            entry = await _asked(client, user)
        except RefusedError as error:
            log.info("user.unknown", user=user, reason=str(error))
            entry = _UNLISTED
        except PlatformError:
            return _UNLISTED
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = (self._now(), entry)
        return entry


async def _asked(client: AsyncWebClient, user: str) -> Entry:
    async with translated():
        said = (await client.users_info(user=user)).get("user") or {}
    return Entry(
        is_admin=bool(said.get("is_admin") or said.get("is_owner")),
        is_bot=bool(said.get("is_bot") or said.get("is_workflow_bot")),
    )
