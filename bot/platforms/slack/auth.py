"""Slack tokens, users, and who may change a channel."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import ChannelGoneError, Obstacle, PlatformError, RefusedError
from bot.platforms.server_clock import ServerClock
from bot.platforms.slack.errors import translated, words_for

SLACK = "https://slack.com/api/"
_PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """A bot token and the ids by which the bot's own actions are recognised; has no repr.

    `granted` are its scopes, where Slack told them; `installer` is the user who installed the app,
    where known.
    """

    token: str
    bot_user: str
    bot_id: str
    workspace: str | None
    organisation: str | None = None
    granted: frozenset[str] | None = None
    installer: str | None = None


def quiet_logger() -> logging.Logger:
    """The logger of Slack's libraries at level WARNING, so that they build no debug texts.

    Those texts hold messages and addresses that only their readers should see.
    """
    logger = logging.getLogger("slack")
    logger.setLevel(logging.WARNING)
    return logger


class Keyring(Protocol):
    """Where tokens come from: the settings, or the installations in the database."""

    async def find(self, workspace: str | None, organisation: str | None = None) -> Access | None:
        """The access to a workspace, or None where the app is not installed."""
        ...

    async def forget(
        self, workspace: str | None, organisation: str | None, at: datetime
    ) -> list[str]:
        """Drop an installation that Slack ended then; returns the workspaces that it served."""
        ...

    async def renew_all(self) -> None:
        """Renew every token that ends soon, so that `troubles` knows what cannot be renewed."""
        ...

    async def troubles(self) -> list[str]:
        """The workspaces that must install the app again, each as `place: reason`."""
        ...

    async def served_by(self, organisation: str) -> list[str]:
        """The known workspaces that an organisation's installation serves."""
        ...


class Wire:
    """The connections to Slack's API, shared by all clients.

    Nothing is sent again by itself: the default of slack_sdk repeats a post whose connection
    broke after Slack had taken it.
    """

    def __init__(self, base_url: str = SLACK) -> None:
        self.base_url = base_url
        self.clock = ServerClock()
        self._session: aiohttp.ClientSession | None = None

    def client(self, token: str | None = None) -> AsyncWebClient:
        """A client for one token; needs a running loop."""
        return AsyncWebClient(
            token=token,
            base_url=self.base_url,
            session=self._open(),
            logger=quiet_logger(),
            retry_handlers=[],
        )

    def webhook(self, url: str) -> AsyncWebhookClient:
        """A client for the address that a command is answered at."""
        return AsyncWebhookClient(
            url, session=self._open(), logger=quiet_logger(), retry_handlers=[]
        )

    async def close(self) -> None:
        """Close the connections; a later client opens new ones."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=_PATIENCE, trace_configs=[self.clock.tracing(aiohttp.TraceConfig())]
            )
        return self._session


class OneToken:
    """A `Keyring` for the one workspace of a token from the settings."""

    def __init__(self, token: str, wire: Wire) -> None:
        self._token = token
        self._wire = wire
        self._access: Access | None = None
        self._asking = asyncio.Lock()

    async def find(self, workspace: str | None, organisation: str | None = None) -> Access:
        """The access of the token, whichever workspace is asked for; raises PlatformError."""
        async with self._asking:
            if self._access is None:
                async with translated():
                    said = await self._wire.client(self._token).auth_test()
                self._access = Access(
                    token=self._token,
                    bot_user=str(said.get("user_id")),
                    bot_id=str(said.get("bot_id")),
                    workspace=said.get("team_id"),
                    organisation=said.get("enterprise_id"),
                    granted=_scopes(said.headers),
                )
        return self._access

    async def forget(
        self, workspace: str | None, organisation: str | None, at: datetime
    ) -> list[str]:
        """The workspace, if Slack refuses the host's token now; otherwise an empty list.

        An event may tell late of a token that the host has replaced since.
        """
        try:
            async with translated():
                await self._wire.client(self._token).auth_test()
        except PlatformError:
            return [workspace] if workspace else []
        return []

    async def renew_all(self) -> None:
        """Do nothing: the host's token does not end."""

    async def troubles(self) -> list[str]:
        """None: what is wrong with the one token, `find` raises."""
        return []

    async def served_by(self, organisation: str) -> list[str]:
        """None: the token is for one workspace."""
        return []


async def client_for(
    keyring: Keyring, wire: Wire, workspace: str, organisation: str | None = None
) -> AsyncWebClient:
    """A client that speaks for the bot in a workspace; raises ChannelGoneError without access."""
    access = await keyring.find(workspace, organisation)
    if access is None:
        raise ChannelGoneError(words_for("account_inactive"), obstacle=Obstacle.REMOVED)
    return wire.client(access.token)


def _scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """The scopes of a token, which Slack names in a header of every answer."""
    told = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes")
    return None if told is None else frozenset(told.replace(" ", "").split(","))


_REMEMBERED_SECONDS = 600.0
_MOST = 10_000
_SLACKBOT = "USLACKBOT"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SlackUser:
    """One user; `is_bot` is an app or a workflow, whose reactions are no votes."""

    is_admin: bool
    is_bot: bool


_UNLISTED = SlackUser(is_admin=False, is_bot=False)


class Directory:
    """Looks users up, and remembers for ten minutes what Slack said.

    Where Slack does not answer, or the app lacks `users:read`, everybody is a person and nobody
    an admin.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: dict[tuple[str | None, str], tuple[float, SlackUser]] = {}

    async def is_admin(self, client: AsyncWebClient, user: str) -> bool:
        """Whether Slack names this user an admin or owner of the workspace."""
        return (await self._find(client, user)).is_admin

    async def is_bot(self, client: AsyncWebClient, user: str) -> bool:
        """Whether this user is an app, a workflow or Slackbot."""
        return user == _SLACKBOT or (await self._find(client, user)).is_bot

    async def _find(self, client: AsyncWebClient, user: str) -> SlackUser:
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


async def _asked(client: AsyncWebClient, user: str) -> SlackUser:
    async with translated():
        said = (await client.users_info(user=user)).get("user") or {}
    return SlackUser(
        is_admin=bool(said.get("is_admin") or said.get("is_owner")),
        is_bot=bool(said.get("is_bot") or said.get("is_workflow_bot")),
    )


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
        """Whether a person may change settings; `guest` is a person of another company."""
        if person in self._allowed:
            return True
        if guest:
            return False
        return MEMBERS in self._allowed or (
            ADMINS in self._allowed and await self._directory.is_admin(client, person)
        )
