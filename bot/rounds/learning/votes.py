"""Reactions become votes and saved papers, each event once, whatever order they arrive in."""

from collections.abc import Mapping

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.ports import Reaction
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.process.metrics import Metrics
from storage import channels, papers, posts, votes
from storage.database import Database, lock_channel
from storage.models import Channel, Post

SAVE = "🔖"
VOTES: Mapping[str, int] = {"👍": 1, "❤️": 1, "🔥": 1, "🎉": 1, "🚀": 1, "👎": -1}

log = structlog.get_logger(__name__)


class VoteRecorder:
    """Counts reactions: `meanings` maps an emoji to +1 or -1; 🔖 saves; others mean nothing."""

    def __init__(
        self,
        database: Database,
        tastes: TasteStore,
        meanings: Mapping[str, int] = VOTES,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._database = database
        self._tastes = tastes
        self._meanings = {bare(emoji): value for emoji, value in meanings.items()}

    async def record(self, reaction: Reaction) -> bool:
        """Count a reaction on one of our posts; returns whether anything changed.

        Reactions on other messages are ignored. Vote and taste change in one transaction.
        """
        async with self._database.write() as session:
            channel = await channels.find(session, str(reaction.message.channel))
            post = channel and await posts.find_message(
                session, channel.id or 0, reaction.message.message
            )
            if not channel or not post:
                return False
            await lock_channel(session, post.channel_id)
            if bare(reaction.emoji) == SAVE:
                await self._save(session, channel, post, reaction)
                return True
            return await self._vote(session, channel, post, reaction)

    async def is_early(self, reaction: Reaction) -> bool:
        """Whether a reaction may be on a post that is there already, but not noted yet."""
        async with self._database.read() as session:
            channel = await channels.find(session, str(reaction.message.channel))
            if channel is None or channel.id is None:
                return False
            known = await posts.find_message(session, channel.id, reaction.message.message)
            return known is None and await posts.is_sending(session, channel.id)

    async def _save(
        self, session: AsyncSession, channel: Channel, post: Post, reaction: Reaction
    ) -> None:
        await votes.save(
            session,
            channel.workspace_id,
            reaction.person.id,
            post.paper_id,
            on=reaction.added,
            at=reaction.at,
        )

    async def _vote(
        self, session: AsyncSession, channel: Channel, post: Post, reaction: Reaction
    ) -> bool:
        value = self._meanings.get(bare(reaction.emoji), 0)
        if value == 0 or post.id is None or channel.id is None:
            return False
        if await self._tastes.is_closed(session, channel.id, post):
            log.info("vote.too_late", post_id=post.id, channel=channel.address)
            return False
        change = await votes.record(
            session,
            post.id,
            reaction.person.id,
            named(reaction.emoji),
            value=value,
            added=reaction.added,
            at=reaction.at,
        )
        if change is None or change[0] == change[1]:
            return change is not None
        paper = (await papers.get_many(session, [post.paper_id]))[0]
        await self._tastes.learn(
            session,
            channel.id,
            paper,
            person=reaction.person.id,
            before=change[0],
            after=change[1],
            post=post,
            now=reaction.at,
        )
        self._metrics.voted(change[1])
        log.info("vote", post_id=post.id, channel=channel.address, value=change[1])
        return True


def named(emoji: str) -> str:
    """The emoji as a reaction is known by: a person may give thumbs of two skin tones."""
    return emoji.replace("\ufe0f", "")


def bare(emoji: str) -> str:
    """The emoji without skin tone or presentation selector, which change no meaning."""
    return "".join(c for c in named(emoji) if not "\U0001f3fb" <= c <= "\U0001f3ff")
