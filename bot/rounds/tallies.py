"""Vote counts on posts: many votes, one edit."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.chat import ChatPlatform, MessageRef
from bot.rounds.edits import Edits
from bot.rounds.memo import card_of
from storage import channels, papers, posts, votes
from storage.database import Database

PAUSE_SECONDS = 10.0
"""How long votes on one post are gathered before it is edited."""


class Tallies:
    """Edits a post some time after its votes changed, at most once in each `pause` (seconds).

    Only platforms in `shown_on` show counts. Counts are decoration: an edit that keeps failing is
    given up, and the next vote tries again.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        *,
        shown_on: Collection[str],
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._shown_on = shown_on
        self._edits = Edits(self._show, pause=pause)

    def touch(self, message: MessageRef) -> None:
        """Note that a post's votes changed; returns at once, needs a running loop."""
        if message.channel.platform in self._shown_on:
            self._edits.touch(message)

    async def close(self) -> None:
        """Make the edits that still wait, within three seconds."""
        await self._edits.close()

    async def _show(self, message: MessageRef) -> None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            post = channel and await posts.find_message(session, channel.id or 0, message.message)
            if not post or post.id is None:
                return
            paper = (await papers.get_many(session, [post.paper_id]))[0]
            counted = (await votes.counts(session, [post.id])).get(post.id, (0, 0))
        card = replace(card_of(post, paper), votes=counted)
        await self._platforms[message.channel.platform].edit(message, card)
