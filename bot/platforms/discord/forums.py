"""Papers in a forum: a thread for each, or one a day, with the tags that fit their watches."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import discord

from bot.errors import ChannelGoneError, Obstacle, RefusedError
from bot.platforms.discord import events
from bot.platforms.discord.cards import Content
from bot.platforms.discord.errors import (
    FORUM,
    NOT_A_TEXT_CHANNEL,
    THREAD_ARCHIVED,
    THREAD_LOCKED,
    UNKNOWN_CHANNEL,
    once,
)
from bot.platforms.discord.events import below
from bot.platforms.discord.markdown import raw_within
from bot.ports import ChannelRef
from bot.text import one_line

_NAME = 100
_TAG = 20
_TAGS = 5
_WEEK: Literal[10080] = 10_080
_LOOKED_AT = 100
_NO_TAG = (
    "the forum wants a tag on every post and has none that the bot may give; add a tag, or ask "
    "for none"
)
_CLOSED = frozenset({UNKNOWN_CHANNEL, THREAD_ARCHIVED, THREAD_LOCKED})


class Forums:
    """Posts in forums; a forum that the gateway did not report is asked for once and remembered.

    A new thread has no nonce, so a failed request is never repeated here: after OutcomeUnknownError
    the caller must look for the post first.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._asked: dict[int, discord.ForumChannel] = {}
        self._days: dict[int, tuple[str, int]] = {}
        self._turns: dict[int, asyncio.Lock] = {}

    def known(self, ref: ChannelRef) -> discord.ForumChannel | None:
        """The forum at an address; None where the channel is not known to be a forum."""
        guild_id, place_id = events.guild_id_of(ref), int(ref.channel)
        guild = self._client.get_guild(guild_id) if guild_id is not None else None
        place = guild.get_channel(place_id) if guild is not None else None
        if place is None:
            return self._asked.get(place_id)
        return place if isinstance(place, discord.ForumChannel) else None

    async def ask(self, ref: ChannelRef, error: discord.HTTPException) -> discord.ForumChannel:
        """The forum that refused a message; raises the error where the channel is no forum."""
        if error.code not in (NOT_A_TEXT_CHANNEL, FORUM):
            raise error
        found = await self._client.fetch_channel(int(ref.channel))
        if not isinstance(found, discord.ForumChannel):
            raise error
        self._asked[found.id] = found
        return found

    async def post(
        self, forum: discord.ForumChannel, title: str, content: Content, phrases: Sequence[str]
    ) -> str:
        """Open a thread with a post; returns the post's name below the forum."""
        name = raw_within(title, _NAME) or "Untitled"
        return await self._open(forum, name, content, tags(forum, phrases))

    async def post_daily(
        self,
        forum: discord.ForumChannel,
        name: str,
        content: Content,
        phrases: Sequence[str],
        nonce: str,
    ) -> str:
        """Add a post to the thread of this name; the first post of a day opens it."""
        async with self._turns.setdefault(forum.id, asyncio.Lock()):
            thread_id = await self._find_day(forum, name)
            if thread_id is not None:
                added = await self._add(forum, thread_id, content, nonce)
                if added is not None:
                    return added
            opened = await self._open(forum, name, content, tags(forum, phrases))
            self._days[forum.id] = (name, int(opened.partition("/")[0]))
            return opened

    async def threads(self, forum: discord.ForumChannel, since: datetime) -> AsyncIterator[int]:
        """The ids of the bot's threads in a forum made since one day before `since`."""
        active = await self._client.http.get_active_threads(forum.guild.id)
        archived = await self._client.http.get_public_archived_threads(forum.id, limit=_LOOKED_AT)
        user = self._client.user
        for each in [*active["threads"], *archived["threads"]]:
            made = discord.utils.snowflake_time(int(each["id"]))
            ours = user is not None and int(each["owner_id"]) == user.id
            if ours and int(each["parent_id"]) == forum.id and made > since - timedelta(days=1):
                yield int(each["id"])

    async def _open(
        self,
        forum: discord.ForumChannel,
        name: str,
        content: Content,
        applied: Sequence[discord.ForumTag],
    ) -> str:
        with once():
            opened = await forum.create_thread(
                name=name, applied_tags=applied, auto_archive_duration=_WEEK, **content
            )
        return below(opened.thread.id, opened.message.id)

    async def _add(
        self, forum: discord.ForumChannel, thread_id: int, content: Content, nonce: str
    ) -> str | None:
        """The post's name in the day's thread, or None where the thread was closed or deleted."""
        thread = self._client.get_partial_messageable(thread_id, guild_id=forum.guild.id)
        try:
            sent = await thread.send(**content, nonce=nonce)
        except discord.HTTPException as error:
            if error.code not in _CLOSED:
                raise
            self._days.pop(forum.id, None)
            return None
        return below(thread_id, sent.id)

    async def _find_day(self, forum: discord.ForumChannel, name: str) -> int | None:
        """The day's thread: remembered, or found by its name among those that are open."""
        remembered = self._days.get(forum.id)
        if remembered is not None and remembered[0] == name:
            return remembered[1]
        active = await self._client.http.get_active_threads(forum.guild.id)
        user = self._client.user
        for each in active["threads"]:
            ours = user is not None and int(each["owner_id"]) == user.id
            if ours and int(each["parent_id"]) == forum.id and each["name"] == name:
                self._days[forum.id] = (name, int(each["id"]))
                return int(each["id"])
        return None


def tags(forum: discord.ForumChannel, phrases: Sequence[str]) -> list[discord.ForumTag]:
    """The forum's tags that have the name of the watch or of a phrase that matched.

    A forum that requires a tag gets its first one where none fits; raises ChannelGoneError if the
    bot may give none.
    """
    offered = [tag for tag in forum.available_tags if not tag.moderated]
    wanted = {one_line(text)[:_TAG].strip().casefold() for text in phrases}
    wanted |= {one_line(text).strip('"').casefold() for text in phrases}
    fitting = [tag for tag in offered if tag.name.casefold() in wanted][:_TAGS]
    if fitting or not forum.flags.require_tag:
        return fitting
    if not offered:
        raise ChannelGoneError(_NO_TAG, obstacle=Obstacle.UNSUITABLE)
    return offered[:1]


def no_room(ref: ChannelRef) -> RefusedError:
    """The error of a line for everybody in a forum, which has no place for one."""
    return RefusedError(f"{ref} is a forum: it has threads for papers, and no place for a line.")
