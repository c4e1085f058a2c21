"""Finds reactions and channels that changed while nobody listened."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import structlog
from aiolimiter import AsyncLimiter
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import NotSentError, PlatformError
from bot.platforms.slack.auth import Access, Directory, Keyring, Wire
from bot.platforms.slack.errors import is_absent, translated
from bot.platforms.slack.events import neutral_emoji
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Inbox, MessageRef, Person, Reaction
from bot.rounds.learning.votes import SAVE, named
from storage import channels, posts, votes
from storage.database import AWAY, Database
from storage.models import Channel, ChannelState
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
    """(person, emoji) of each reaction on a message, without the bot's own."""
    for reaction in message.get("reactions") or ():
        emoji = named(neutral_emoji(str(reaction.get("name", ""))))
        for user in reaction.get("users") or ():
            if user != bot_user:
                yield str(user), emoji


def _time_of(headers: Mapping[str, str]) -> datetime | None:
    """The time of an answer by Slack's clock (its Date header), or None."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None


PAUSES = (5.0, 60.0, 600.0)
"""Seconds before each further try to compare, where Slack fails or the database is away."""


class Missed(Protocol):
    """Something that may have changed while no events arrived."""

    async def compare(self, inbox: Inbox) -> None:
        """Tell `inbox` what changed; telling it twice is harmless."""
        ...


class CatchUp:
    """Runs all comparisons after every new connection; does nothing before `start`.

    Nothing else would notice a vote that was missed, so a failed try is repeated.
    """

    def __init__(
        self,
        channels: "Whereabouts | None" = None,
        reactions: MissedReactions | None = None,
        *,
        missed: Sequence[Missed] = (),
    ) -> None:
        self._missed = [*missed, *(each for each in (channels, reactions) if each is not None)]
        self._channels = channels
        self._reactions = reactions
        self._inbox: Inbox | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, inbox: Inbox) -> None:
        """Set the inbox and run all comparisons; returns at once."""
        self._inbox = inbox
        self.again()

    def again(self) -> None:
        """Compare from the beginning, as after a connection was lost; returns at once."""
        if self._inbox is None:
            return
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._all(self._inbox))

    async def on(self, message: MessageRef) -> None:
        """Compare one post that was known too late for its events; raises PlatformError."""
        if self._inbox is not None and self._reactions is not None:
            await self._reactions.compare_post(self._inbox, message)

    async def in_workspace(self, workspace: str) -> None:
        """Compare the channels of one workspace, as after an installation; raises PlatformError."""
        if self._inbox is not None and self._channels is not None:
            await self._channels.compare_workspace(self._inbox, workspace)

    async def stop(self) -> None:
        """Cancel the comparisons that run."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _all(self, inbox: Inbox) -> None:
        for each in self._missed:
            await self._keep_trying(each, inbox)

    async def _keep_trying(self, each: Missed, inbox: Inbox) -> None:
        what = type(each).__name__
        for pause in (*PAUSES, None):
            try:
                await each.compare(inbox)
            except (PlatformError, *AWAY) as error:
                reason = str(getattr(error, "orig", error))
                log.warning("slack.not_compared", what=what, reason=reason, again=pause)
            except Exception:
                # The next connection compares again; whoever hosts this finds it in the log.
                log.exception("slack.comparing_failed", what=what)
                return
            else:
                return
            if pause is not None:
                await asyncio.sleep(pause)


_PAGE = 200


class Whereabouts:
    """Compares the channels that the bot is in with those that are known; repeating is harmless.

    A channel that it is not in any more is found out by the next post, and told then.
    """

    def __init__(self, database: Database, keyring: Keyring, wire: Wire) -> None:
        self._database = database
        self._keyring = keyring
        self._wire = wire

    async def compare(self, inbox: Inbox) -> None:
        """Tell `inbox` of channels joined and renamed, workspace by workspace."""
        for workspace in await self._workspaces():
            try:
                await self.compare_workspace(inbox, workspace)
            except PlatformError as error:
                log.info("channels.unread", workspace=workspace, reason=str(error))

    async def _workspaces(self) -> list[str]:
        async with self._database.read() as session:
            known = {
                ChannelRef.parse(each.address).workspace
                for each in await channels.list_platform(session, "slack")
            }
        own = await self._keyring.find(None)
        return sorted(known | ({own.workspace} if own and own.workspace else set()))

    async def compare_workspace(self, inbox: Inbox, workspace: str) -> None:
        """Tell `inbox` of channels joined and renamed in one workspace; raises PlatformError."""
        access = await self._keyring.find(workspace)
        if access is None:
            return
        there = await self._joined(access, workspace)
        async with self._database.read() as session:
            known = await _known(session, workspace)
        for event in _changes(workspace, there, known):
            await inbox.channel_changed(event)

    async def _joined(self, access: Access, workspace: str) -> Mapping[str, Mapping[str, Any]]:
        """The channels that the bot is in, by id."""
        found: dict[str, Mapping[str, Any]] = {}
        async with translated():
            pages = await self._wire.client(access.token).users_conversations(
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                team_id=workspace if access.organisation else None,
            )
            async for page in pages:
                found |= {str(each["id"]): each for each in page["channels"]}
        return found


async def _known(session: AsyncSession, workspace: str) -> Mapping[str, Channel]:
    found = await channels.list_workspace(session, "slack", workspace)
    return {ChannelRef.parse(each.address).channel: each for each in found}


def _changes(
    workspace: str, there: Mapping[str, Mapping[str, Any]], known: Mapping[str, Channel]
) -> Iterable[ChannelEvent]:
    for identity, said in there.items():
        ref, channel = ChannelRef("slack", workspace, identity), known.get(identity)
        name, public = str(said.get("name") or ""), said.get("is_private") is False
        if channel is None or channel.state is ChannelState.GONE:
            yield ChannelEvent(ref, ChannelChange.JOINED, name=name or None, public=public)
        elif name and name != channel.name:
            yield ChannelEvent(ref, ChannelChange.RENAMED, name=name)
