"""Reactions become votes and saved papers, each event once, whatever order they arrive in."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.ports import ChannelRef, MessageRef, Reaction
from bot.rounds.learning.taste_store import TasteStore, VoteChange
from bot.rounds.process.metrics import Metrics
from storage import channels, papers, posts, votes
from storage.database import Database, lock_channel
from storage.group_commit import Grouped
from storage.models import Channel, Post
from storage.votes import VoteEvent

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
        self._asks: Grouped[Reaction, bool] = Grouped(database, self._count)
        self._meanings = {bare(emoji): value for emoji, value in meanings.items()}

    async def record(self, reaction: Reaction) -> bool:
        """Count a reaction on one of our posts; returns whether anything changed.

        Reactions on other messages are ignored. Vote and taste change in one transaction, together
        with those of other reactions that came meanwhile: each channel's taste is read and kept
        once for all of them.
        """
        return await self._asks.ask(reaction)

    async def is_early(self, reaction: Reaction) -> bool:
        """Whether a reaction may be on a post that is there already, but not noted yet."""
        async with self._database.read() as session:
            channel = await channels.find(session, str(reaction.message.channel))
            if channel is None or channel.id is None:
                return False
            known = await posts.find_message(session, channel.id, reaction.message.message)
            return known is None and await posts.is_sending(session, channel.id)

    async def _count(self, session: AsyncSession, reactions: Sequence[Reaction]) -> list[bool]:
        """Count reactions in their order; for each, whether anything changed."""
        known = await self._posts(session, reactions)
        # In one order everywhere, so that no two processes wait for each other.
        for channel_id in sorted({channel.id or 0 for channel, _ in known.values()}):
            await lock_channel(session, channel_id)
        counted = [False] * len(reactions)
        events: dict[int, VoteEvent] = {}
        for place, reaction in enumerate(reactions):
            found = known.get(reaction.message)
            if found is None:
                continue
            if bare(reaction.emoji) == SAVE:
                await self._save(session, *found, reaction)
                counted[place] = True
            elif event := await self._event(session, *found, reaction):
                events[place] = event
        changes = await votes.record(session, list(events.values())) if events else []
        changed = dict(zip(events, changes, strict=True))
        for place, change in changed.items():
            counted[place] = change is not None
        await self._learn(session, reactions, known, events, changed)
        return counted

    async def _posts(
        self, session: AsyncSession, reactions: Sequence[Reaction]
    ) -> dict[MessageRef, tuple[Channel, Post]]:
        """Our posts among the messages, each with its channel."""
        wanted: defaultdict[ChannelRef, set[str]] = defaultdict(set)
        for reaction in reactions:
            wanted[reaction.message.channel].add(reaction.message.message)
        known: dict[MessageRef, tuple[Channel, Post]] = {}
        for ref, messages in wanted.items():
            channel = await channels.find(session, str(ref))
            if channel is None:
                continue
            found = await posts.list_messages(session, channel.id or 0, messages)
            known |= {MessageRef(ref, name): (channel, post) for name, post in found.items()}
        return known

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

    async def _event(
        self, session: AsyncSession, channel: Channel, post: Post, reaction: Reaction
    ) -> VoteEvent | None:
        """What a reaction says as a vote; None where it says nothing, or too late."""
        value = self._meanings.get(bare(reaction.emoji), 0)
        if value == 0 or post.id is None or channel.id is None:
            return None
        if await self._tastes.is_closed(session, channel.id, post):
            log.info("vote.too_late", post_id=post.id, channel=channel.address)
            return None
        return VoteEvent(
            post.id,
            reaction.person.id,
            named(reaction.emoji),
            value=value,
            added=reaction.added,
            at=reaction.at,
        )

    async def _learn(
        self,
        session: AsyncSession,
        reactions: Sequence[Reaction],
        known: Mapping[MessageRef, tuple[Channel, Post]],
        events: Mapping[int, VoteEvent],
        changed: Mapping[int, tuple[int, int] | None],
    ) -> None:
        """Teach each channel's taste what changed, all at once."""
        moved = {place: each for place, each in changed.items() if each and each[0] != each[1]}
        ids = {known[reactions[place].message][1].paper_id for place in moved}
        by_id = {paper.id: paper for paper in await papers.get_many(session, list(ids))}
        lessons: defaultdict[int, list[VoteChange]] = defaultdict(list)
        for place, (before, after) in moved.items():
            channel, post = known[reactions[place].message]
            person, paper = events[place].person, by_id[post.paper_id]
            change = VoteChange(paper, person, before, after, post.picked_at)
            lessons[channel.id or 0].append(change)
            self._metrics.voted(after)
            log.info("vote", post_id=post.id, channel=channel.address, value=after)
        now = max((events[place].at for place in moved), default=None)
        for channel_id, theirs in lessons.items():
            assert now is not None
            await self._tastes.learn(session, channel_id, theirs, now)


def named(emoji: str) -> str:
    """The emoji as a reaction is known by: a person may give thumbs of two skin tones."""
    return emoji.replace("\ufe0f", "")


def bare(emoji: str) -> str:
    """The emoji without skin tone or presentation selector, which change no meaning."""
    return "".join(c for c in named(emoji) if not "\U0001f3fb" <= c <= "\U0001f3ff")
