"""Our own messages, found again by the mark in their metadata."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import OutcomeUnknownError, PlatformError, RefusedError, UnaskableError
from bot.platforms.slack.errors import LATER, error_name, said

MARK = "paperround_"
"""How the kind of metadata begins that marks our posts, heads and details.

The payload is `{"delivery_id": …}`.
"""

_PAGE, _MOST_BROKEN_OFF = 200, 1000
_CLOCKS_APART = 300.0
_NO_HISTORY = (
    "Slack does not let the app read the channel's history: give it channels:history and "
    "groups:history"
)


def marked(what: str, delivery_id: str) -> dict[str, Any]:
    """The metadata of a post, head or details."""
    return {"event_type": f"{MARK}{what}", "event_payload": {"delivery_id": delivery_id}}


Ask = Callable[[str | None], Awaitable[AsyncSlackResponse]]
"""Asks for one page, from a cursor on."""


class History:
    """Searches for marks; one that Slack's limits break off goes on where it was.

    Slack lets some apps read 15 messages a minute (rate limits, "non-Marketplace apps"), so that a
    search from the beginning each time would never end in a busy channel or a long thread.
    """

    def __init__(self) -> None:
        self._reached: dict[tuple[str, str, str], str] = {}

    async def find(
        self, client: AsyncWebClient, channel: str, delivery_id: str, since: datetime
    ) -> str | None:
        """The time stamp of the marked message in a channel, replies aside; None if there is none.

        Five minutes before `since` are read too, as clocks differ.
        """
        oldest = f"{since.timestamp() - _CLOCKS_APART:.6f}"

        async def ask(cursor: str | None) -> AsyncSlackResponse:
            return await client.conversations_history(
                channel=channel,
                oldest=oldest,
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )

        return await self._search((channel, "", delivery_id), ask)

    async def find_below(
        self, client: AsyncWebClient, channel: str, parent: str, delivery_id: str
    ) -> str | None:
        """The marked message in a thread; None, too, where there is no such thread."""

        async def ask(cursor: str | None) -> AsyncSlackResponse:
            return await client.conversations_replies(
                channel=channel, ts=parent, include_all_metadata=True, limit=_PAGE, cursor=cursor
            )

        try:
            return await self._search((channel, parent, delivery_id), ask)
        except SlackApiError as error:
            if error_name(error) != "thread_not_found":
                raise
        return None

    async def _search(self, place: tuple[str, str, str], ask: Ask) -> str | None:
        cursor = self._reached.pop(place, None)
        while True:
            try:
                page = await ask(cursor)
            except SlackApiError as error:
                if cursor and error_name(error) == "invalid_cursor":
                    cursor = None
                    continue
                self._keep(place, cursor, error)
                raise
            found = _marked_in(page, place[-1])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if found or not cursor:
                return found

    def _keep(self, place: tuple[str, str, str], cursor: str | None, error: SlackApiError) -> None:
        if cursor and error_name(error) in LATER:
            if len(self._reached) >= _MOST_BROKEN_OFF:
                self._reached.clear()
            self._reached[place] = cursor


async def list_marks(client: AsyncWebClient, channel: str, post: str) -> set[str]:
    """The marks of our messages in a post's thread; none where it is gone."""
    try:
        pages = await client.conversations_replies(
            channel=channel, ts=post, include_all_metadata=True, limit=_PAGE
        )
        return {
            mark
            async for page in pages
            for found in page.get("messages", [])
            if (mark := _mark(found))
        }
    except SlackApiError as error:
        if error_name(error) != "thread_not_found":
            raise
    return set()


async def list_details(client: AsyncWebClient, channel: str, post: str) -> list[str]:
    """The time stamps of the details in a post's thread."""
    pages = await client.conversations_replies(
        channel=channel, ts=post, include_all_metadata=True, limit=_PAGE
    )
    return [
        str(found["ts"])
        async for page in pages
        for found in page.get("messages", [])
        if found.get("thread_ts") == post and _kind(found) == f"{MARK}details"
    ]


@asynccontextmanager
async def asking() -> AsyncIterator[None]:
    """Where the app has no leave to read the history, nobody can be asked: UnaskableError.

    A question that Slack refuses says nothing of the message that was asked for.
    """
    try:
        yield
    except RefusedError as error:
        raise OutcomeUnknownError(str(error)) from error
    except PlatformError as error:
        if said(error) != "missing_scope":
            raise
        raise UnaskableError(_NO_HISTORY) from error


def _marked_in(page: AsyncSlackResponse, delivery_id: str) -> str | None:
    messages: list[dict[str, Any]] = page.get("messages") or []
    return next((str(each["ts"]) for each in messages if _mark(each) == delivery_id), None)


def _mark(found: Mapping[str, Any]) -> str | None:
    """The delivery id in a message's metadata, if it is one of ours."""
    if not _kind(found).startswith(MARK):
        return None
    payload: Mapping[str, Any] = found["metadata"].get("event_payload") or {}
    return payload.get("delivery_id")


def _kind(found: Mapping[str, Any]) -> str:
    return str((found.get("metadata") or {}).get("event_type", ""))
