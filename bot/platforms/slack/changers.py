"""Who may change a channel in Slack."""

import time
from collections.abc import Callable, Collection

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.faults import translated

MEMBERS, ADMINS = "members", "admins"
_REMEMBERED_SECONDS = 600.0
_MOST = 10_000


class Changers:
    """Says who may change shared settings: "members", "admins", or people by id.

    By default everybody who can type in a channel may. People from another company in a shared
    channel may only where they are named. Slack's word on who administers a workspace is
    remembered for ten minutes; where Slack does not answer, nobody is taken for an admin.
    """

    def __init__(
        self, allowed: Collection[str] = (MEMBERS,), now: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed = frozenset(allowed)
        self._now = now
        self._admins: dict[tuple[str | None, str], tuple[float, bool]] = {}

    async def may_change(self, client: AsyncWebClient, person: str, *, guest: bool = False) -> bool:
        """Whether a person may; `guest` is somebody of another company."""
        if person in self._allowed:
            return True
        if guest:
            return False
        return MEMBERS in self._allowed or (
            ADMINS in self._allowed and await self._is_admin(client, person)
        )

    async def _is_admin(self, client: AsyncWebClient, person: str) -> bool:
        # Ids of people are unique within a workspace alone.
        key = (client.token, person)
        asked_at, known = self._admins.get(key, (-_REMEMBERED_SECONDS, False))
        if self._now() - asked_at < _REMEMBERED_SECONDS:
            return known
        try:
            async with translated():
                user = (await client.users_info(user=person)).get("user") or {}
        except PlatformError:
            return False
        if len(self._admins) >= _MOST:
            self._admins.clear()
        is_admin = bool(user.get("is_admin") or user.get("is_owner"))
        self._admins[key] = (self._now(), is_admin)
        return is_admin
