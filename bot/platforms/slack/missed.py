"""Reactions that came or went while nobody listened: read again, and the difference recorded."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import structlog
from aiolimiter import AsyncLimiter

from bot.chat import ChannelRef, Inbox, MessageRef, Person, Reaction
from bot.errors import NotSentError, PlatformError
from bot.platforms.slack.access import Keyring, Wire
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.emoji import neutral_emoji
from bot.platforms.slack.faults import is_absent, translated
from bot.rounds.votes import SAVE, named
from storage import channels, posts, votes
from storage.database import Database
from storage.posts import Delivered

COMPARED = timedelta(days=7)
"""How old a post may be for its reactions to be read again."""

_MOST = 500
_A_MINUTE = 40
"""Calls a minute and workspace: Slack allows some 50 (tier 3), and others need some."""

_USUAL_WAIT = 30.0
_TOMBSTONE = "tombstone"
"""What Slack leaves in the place of a deleted message that has replies."""

log = structlog.get_logger(__name__)


class MissedReactions:
    """Reads the reactions of the latest posts; repeating that is harmless.

    Slack sends an event again within some minutes, and then never. Of papers that people saved,
    only new ones are noticed, for a paper can be saved on more posts than one.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        wire: Wire,
        now: Callable[[], datetime],
        *,
        directory: Directory | None = None,
        a_minute: float = _A_MINUTE,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wire = wire
        self._now = now
        self._directory = directory or Directory()
        self._a_minute = a_minute

    async def compare(self, inbox: Inbox) -> None:
        """Tell `inbox` what changed on the latest posts, workspaces side by side."""
        async with self._database.read() as session:
            since = self._now() - COMPARED
            recent = await posts.list_on_platform(session, "slack", since, _MOST)
        by_workspace: defaultdict[str, list[Delivered]] = defaultdict(list)
        for one in recent:
            by_workspace[ChannelRef.parse(one.address).workspace].append(one)
        await asyncio.gather(
            *(self._workspace(inbox, name, found) for name, found in by_workspace.items())
        )

    async def compare_post(self, inbox: Inbox, message: MessageRef) -> None:
        """Tell `inbox` what changed on one post; raises PlatformError."""
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            post = channel and await posts.find_message(session, channel.id or 0, message.message)
        if post:
            known = Delivered(post.id or 0, str(message.channel), message.message)
            await self._patiently(inbox, message.channel.workspace, known)

    async def _workspace(self, inbox: Inbox, workspace: str, recent: Sequence[Delivered]) -> None:
        limit = AsyncLimiter(1, 60 / self._a_minute)
        for one in recent:
            async with limit:
                try:
                    await self._patiently(inbox, workspace, one)
                except PlatformError as error:
                    if is_absent(error):
                        where = ChannelRef.parse(one.address)
                        await inbox.message_gone(MessageRef(where, one.message))
                    # A post that is gone, or a channel, says nothing of the others.
                    log.info("reactions.unread", message=one.message, reason=str(error))

    async def _patiently(self, inbox: Inbox, workspace: str, one: Delivered) -> None:
        try:
            await self._compare(inbox, workspace, one)
        except NotSentError as error:
            await asyncio.sleep(error.retry_after or _USUAL_WAIT)
            await self._compare(inbox, workspace, one)

    async def _compare(self, inbox: Inbox, workspace: str, one: Delivered) -> None:
        access = await self._keyring.find(workspace)
        if access is None:
            return
        message = MessageRef(ChannelRef.parse(one.address), one.message)
        client = self._wire.client(access.token)
        async with translated():
            said = await client.reactions_get(
                channel=message.channel.channel, timestamp=one.message, full=True
            )
        at = _time_of(said.headers) or self._now()
        found = said.get("message") or {}
        if found.get("subtype") == _TOMBSTONE:
            await inbox.message_gone(message)
            return
        there = set(_standing(found, access.bot_user))
        for person, emoji, added in await self._difference(one, there):
            if await self._directory.is_bot(client, person):
                continue
            await inbox.reaction(Reaction(message, Person(person, person), emoji, added, at))

    async def _difference(
        self, one: Delivered, there: set[tuple[str, str]]
    ) -> list[tuple[str, str, bool]]:
        async with self._database.read() as session:
            known = set(await votes.list_standing(session, one.post_id))
            known |= {(person, SAVE) for person in await votes.list_savers(session, one.post_id)}
        come = [(person, emoji, True) for person, emoji in sorted(there - known)]
        gone = [(p, emoji, False) for p, emoji in sorted(known - there) if emoji != SAVE]
        return come + gone


def _standing(message: Mapping[str, Any], bot_user: str) -> Iterator[tuple[str, str]]:
    """Who put what on a message, the bot's own offers aside."""
    for reaction in message.get("reactions") or ():
        emoji = named(neutral_emoji(str(reaction.get("name", ""))))
        for user in reaction.get("users") or ():
            if user != bot_user:
                yield str(user), emoji


def _time_of(headers: Mapping[str, str]) -> datetime | None:
    """When Slack answered, by its own clock, which is the one of its events."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None
