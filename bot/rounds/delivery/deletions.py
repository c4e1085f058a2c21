"""Posts that are taken down: by a command, or by a person in the chat itself."""

from collections.abc import Mapping

import structlog

from bot.errors import CommandError, PaperroundError
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.delivery.edits import DigestHeaderEdits
from bot.rounds.picking import explain
from storage import channels, posts
from storage.database import Database, lock_channel
from storage.models import Channel, Paper, Post, PostState

log = structlog.get_logger(__name__)

BY_COMMAND = "it was deleted with a command"
"""Why a post is gone; who did it is said in the channel and not kept."""

BY_HAND = "somebody deleted it in the chat"
"""Why a post is gone that the platform itself no longer has."""


class PostDeletion:
    """Takes posts down and remembers it: their papers do not come again, their votes stay.

    `header_edits` take the papers off the lists above.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        header_edits: DigestHeaderEdits,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._header_edits = header_edits

    async def delete(self, channel: Channel, paper: Paper) -> None:
        """Delete a paper's post; raises CommandError where none stands, and PlatformError.

        The platform comes first: if this breaks off after it, the same command completes it.
        """
        async with self._database.read() as session:
            post = await posts.find_paper(session, channel.id or 0, paper.id or 0)
        if post is None:
            raise CommandError("That paper was not posted in this channel.")
        if post.state is not PostState.POSTED:
            raise CommandError(explain.of_post(channel, post))
        if post.message is None:
            raise CommandError("That post is too old: which message it was is not kept.")
        message = MessageRef(ChannelRef.parse(channel.address), post.message)
        await self._take_down(message)
        await self._note(post, BY_COMMAND)
        await self._header_edits.lost(message.channel, post)

    async def gone(self, message: MessageRef) -> bool:
        """Note that a message is not there any more; returns whether it was a standing post.

        What the platform still shows below it is taken down too, where that can be done.
        """
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            if channel is None:
                return False
            post = await posts.find_message(session, channel.id or 0, message.message)
        if post is None or not await self._note(post, BY_HAND):
            return False
        await self._header_edits.lost(message.channel, post)
        try:
            await self._take_down(message)
        except PaperroundError as error:
            log.info("post.left_behind", message=message.message, reason=str(error))
        return True

    async def _take_down(self, message: MessageRef) -> None:
        platform = self._platforms.get(message.channel.platform)
        if platform is None:
            raise PaperroundError(
                f"No {message.channel.platform} connection is configured, so nothing can be "
                "deleted there."
            )
        await platform.delete(message)

    async def _note(self, post: Post, reason: str) -> bool:
        async with self._database.write() as session:
            await lock_channel(session, post.channel_id)
            return await posts.withdraw(session, post.id or 0, reason)
