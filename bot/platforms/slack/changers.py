"""Who may change a channel in Slack."""

from collections.abc import Collection

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.directory import Directory

MEMBERS, ADMINS = "members", "admins"


class Changers:
    """Says who may change shared settings: "members", "admins", or people by id.

    By default everybody who can type in a channel may. People from another company in a shared
    channel may only where they are named.
    """

    def __init__(
        self, allowed: Collection[str] = (MEMBERS,), directory: Directory | None = None
    ) -> None:
        self._allowed = frozenset(allowed)
        self._directory = directory or Directory()

    async def may_change(self, client: AsyncWebClient, person: str, *, guest: bool = False) -> bool:
        """Whether a person may; `guest` is somebody of another company."""
        if person in self._allowed:
            return True
        if guest:
            return False
        return MEMBERS in self._allowed or (
            ADMINS in self._allowed and await self._directory.is_admin(client, person)
        )
