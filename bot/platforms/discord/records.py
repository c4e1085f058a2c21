"""The stored rows that the Discord edge needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.card import Card
from bot.cards.compose import compose
from bot.platforms.discord.events import NAME
from bot.ports import ChannelRef, MessageRef
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from bot.sources.paper_ids import public_id
from storage import channels, install_state, pace, papers, posts, votes
from storage.channels import Kept
from storage.database import Database
from storage.models import ChannelState, Post


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """A stored channel: its address, its name, and whether papers are posted there."""

    ref: ChannelRef
    name: str
    active: bool


class Records:
    """Reads rows; writes only what Discord needs: looks, and which commands are registered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_kept(self, names: Iterable[MessageRef]) -> MessageRef | None:
        """The first of these names under which a post is stored, or None."""
        async with self._database.read() as session:
            for name in names:
                if await _post(session, name) is not None:
                    return name
        return None

    async def paper_name(self, message: MessageRef) -> str | None:
        """The paper of a message as typed after `why`; None for a message that is no post."""
        async with self._database.read() as session:
            post = await _post(session, message)
            if post is None:
                return None
            found = await papers.get_many(session, [post.paper_id])
        return public_id(found[0].key)

    async def phrases(self, delivery_id: str) -> Sequence[str]:
        """The watch that picked a delivery, and its phrases that matched."""
        async with self._database.read() as session:
            post = await posts.find_delivery(session, delivery_id)
        memo = post.match if post is not None else {}
        matched = [str(each.get("phrase", "")) for each in memo.get("evidence", ())]
        return [text for text in (str(memo.get("watch", "")), *matched) if text]

    async def today(self, channel: ChannelRef, now: datetime) -> date:
        """The channel's local day, in the time zone of its schedule."""
        async with self._database.read() as session:
            kept = await channels.find(session, str(channel))
        if kept is None:
            return now.date()
        return now.astimezone(zone_of(parse_schedule(kept.schedule))).date()

    async def extras(self, channel: ChannelRef) -> Mapping[str, Any]:
        """A channel's Discord choices; empty where it chose nothing."""
        async with self._database.read() as session:
            return await channels.find_extras(session, str(channel))

    async def keep_extras(self, channel: ChannelRef, extras: Mapping[str, Any]) -> bool:
        """Store a channel's Discord choices; False for a channel that is not known."""
        async with self._database.write() as session:
            return await channels.keep_extras(session, str(channel), extras)

    async def card(self, delivery_id: str) -> Card | None:
        """The paper of a delivery with its whole abstract, or None for an unknown delivery."""
        async with self._database.read() as session:
            post = await posts.find_delivery(session, delivery_id)
            if post is None:
                return None
            found = await papers.get_many(session, [post.paper_id])
        return compose(found[0])

    async def votes(self, message: MessageRef) -> Sequence[tuple[str, str]]:
        """The votes on a message that were not removed, as (person, emoji)."""
        async with self._database.read() as session:
            post = await _post(session, message)
            return await votes.list_standing(session, post.id) if post and post.id else ()

    async def has_saved(self, message: MessageRef, person: str) -> bool:
        """Whether a person saved the paper of a message."""
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            post = channel and await posts.find_message(session, channel.id or 0, message.message)
            if not channel or not post:
                return False
            saved = await votes.list_saved(session, channel.workspace_id, person)
        return any(paper.id == post.paper_id for paper in saved)

    async def recent_posts(
        self, workspaces: Collection[str], since: datetime, most: int
    ) -> Sequence[MessageRef]:
        """Posts in these workspaces since then, latest first, at most `most`."""
        async with self._database.read() as session:
            found = await posts.list_on_platform(session, NAME, since, most, workspaces=workspaces)
        return [MessageRef(ChannelRef.parse(each.address), each.message) for each in found]

    async def posts_below(self, channel: ChannelRef, thread_id: int) -> Sequence[MessageRef]:
        """The posts of a channel in one of its threads."""
        async with self._database.read() as session:
            kept = await channels.find(session, str(channel))
            if kept is None:
                return []
            found = await posts.list_below(session, kept.id or 0, f"{thread_id}/")
        return [MessageRef(channel, message) for message in found]

    async def channel(self, ref: ChannelRef) -> KnownChannel | None:
        """A stored channel, or None."""
        async with self._database.read() as session:
            kept = await channels.find_kept(session, str(ref))
        return _known(kept) if kept is not None else None

    async def channels(
        self, workspaces: Collection[str] | None = None
    ) -> Mapping[str, Sequence[KnownChannel]]:
        """The stored channels by workspace: of these workspaces, or of all."""
        async with self._database.read() as session:
            kept = await channels.list_kept(session, NAME, workspaces)
        return {workspace: [_known(each) for each in found] for workspace, found in kept.items()}

    async def held_for(self) -> float:
        """The seconds for which no process may ask Discord for anything; 0 for none."""
        async with self._database.read() as session:
            return await pace.held_for(session, NAME)

    async def hold_off(self, seconds: float) -> None:
        """Tell the other processes that Discord wants to be left alone for so long."""
        async with self._database.write() as session:
            await pace.hold_off(session, NAME, seconds)

    async def published(self) -> str | None:
        """The digest that `note_published` stored last."""
        async with self._database.read() as session:
            return await install_state.published_commands(session)

    async def note_published(self, commands: str) -> None:
        """Store a digest of the registered commands, so that they are not sent at every start."""
        async with self._database.write() as session:
            await install_state.note_published_commands(session, commands)


def _known(kept: Kept) -> KnownChannel:
    ref = ChannelRef.parse(kept.address)
    return KnownChannel(ref, kept.name, kept.state is ChannelState.ACTIVE)


async def _post(session: AsyncSession, message: MessageRef) -> Post | None:
    """The post of a message, or None."""
    channel = await channels.find(session, str(message.channel))
    if channel is None:
        return None
    return await posts.find_message(session, channel.id or 0, message.message)
