"""The lists above rounds' posts, which lose the papers whose posts were taken down."""

from collections.abc import Mapping, Sequence

from bot.cards.thread import Titled, head_lines
from bot.chat import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.edits import Edits
from storage import channels, heads, posts
from storage.database import Database
from storage.models import Head, Post

PAUSE_SECONDS = 2.0
"""How long deletions below one head are gathered before it is edited."""


class Headings:
    """Edits a head soon after a post below it was deleted, once for many of them."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        *,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._edits = Edits(self._show, pause=pause)

    async def lost(self, channel: ChannelRef, post: Post) -> None:
        """Note that a post was taken down; most have no head, and then nothing is to be done."""
        async with self._database.read() as session:
            head = await heads.find(session, post.channel_id, post.slot_at)
        if head is not None and head.message is not None and channel.platform in self._platforms:
            self._edits.touch(MessageRef(channel, head.message))

    async def close(self) -> None:
        """Make the edits that still wait, within three seconds."""
        await self._edits.close()

    async def _show(self, message: MessageRef) -> None:
        found = await self._find(message)
        if found is None:
            return
        head, left = found
        platform = self._platforms[message.channel.platform]
        await platform.edit_head(message, head_lines(left), delivery_id=head.delivery_id)

    async def _find(self, message: MessageRef) -> tuple[Head, Sequence[Titled]] | None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            if channel is None:
                return None
            head = await heads.find_message(session, channel.id or 0, message.message)
            if head is None:
                return None
            left = await posts.list_left(session, head.channel_id, head.slot_at)
        return head, [Titled(paper.title, paper.url) for paper in left]
