"""Channels that the bot came to, or was let into again, while nobody listened."""

from collections.abc import Iterable, Mapping

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.chat import ChannelChange, ChannelEvent, ChannelRef, Inbox
from bot.errors import PlatformError
from bot.platforms.slack.access import Access, Keyring, Wire
from bot.platforms.slack.faults import translated
from storage import channels
from storage.database import Database
from storage.models import Channel, ChannelState

_PAGE = 200

log = structlog.get_logger(__name__)


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
                await self._compare(inbox, workspace)
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

    async def _compare(self, inbox: Inbox, workspace: str) -> None:
        access = await self._keyring.find(workspace)
        if access is None:
            return
        there = await self._joined(access, workspace)
        async with self._database.read() as session:
            known = await _known(session, workspace)
        for event in _changes(workspace, there, known):
            await inbox.channel_changed(event)

    async def _joined(self, access: Access, workspace: str) -> dict[str, str]:
        """The names of the channels that the bot is in, by id."""
        found: dict[str, str] = {}
        async with translated():
            pages = await self._wire.client(access.token).users_conversations(
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                team_id=workspace if access.organisation else None,
            )
            async for page in pages:
                found |= {str(each["id"]): str(each.get("name", "")) for each in page["channels"]}
        return found


async def _known(session: AsyncSession, workspace: str) -> Mapping[str, Channel]:
    found = await channels.list_workspace(session, "slack", workspace)
    return {ChannelRef.parse(each.address).channel: each for each in found}


def _changes(
    workspace: str, there: Mapping[str, str], known: Mapping[str, Channel]
) -> Iterable[ChannelEvent]:
    for identity, name in there.items():
        ref, channel = ChannelRef("slack", workspace, identity), known.get(identity)
        if channel is None or channel.state is ChannelState.GONE:
            yield ChannelEvent(ref, ChannelChange.JOINED, name=name or None)
        elif name and name != channel.name:
            yield ChannelEvent(ref, ChannelChange.RENAMED, name=name)
