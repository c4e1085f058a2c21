"""Finds suggestions for a channel from what is stored, and tells one a week by itself."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.cards.suggestion import suggestion_line, ways_line
from bot.errors import ExpressionError
from bot.matching.query.expression import Expression, parse
from bot.matching.text.lexicon import KnownWords
from bot.ports import Choice
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.suggestions import Matcher, Suggestion, Voted, suggest
from storage import candidates, channels, library, suggestions, votes, watches
from storage.database import Database
from storage.models import Channel, ChannelState, Paper, Post, Watch

LOOKED_BACK = timedelta(days=180)
"""How old the votes may be that suggestions are made of."""

SILENT_FOR = timedelta(days=60)
"""How long a watch finds nothing before that is said."""

PAUSE = timedelta(days=7)
"""Between two suggestions that a channel is told by itself."""

log = structlog.get_logger(__name__)

_MOST_POSTS = 400
_MOST_TAUGHT = 50
_LEAST_VOTED = 10


class Suggester:
    """Looks at a channel's votes and watches; what was refused never comes again."""

    def __init__(
        self,
        database: Database,
        matches: MatchCache,
        notices: AdminNotices,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._matches = matches
        self._notices = notices
        self._now = now
        self._looked: dict[int, datetime] = {}

    async def find(self, channel: Channel) -> list[Suggestion]:
        """What is suggested for a channel now, what helps most first."""
        now, channel_id = self._now(), channel.id or 0
        async with self._database.read() as session:
            shown = await suggestions.list_posts(session, channel, now - LOOKED_BACK, _MOST_POSTS)
            counted = await votes.counts(session, [post.id or 0 for post, _ in shown])
            live = await watches.list_channel(session, channel_id)
            kept = await library.list_papers(session, channel_id)
            refused = await suggestions.list_refused(session, channel_id)
        voted = [_voted(post, paper, counted) for post, paper in shown]
        trees = _parsed(live)
        silent = await self._silent(channel, live, shown)
        matcher = Matcher(KnownWords(self._matches.lexicon), channel.threshold)
        taught = [paper for paper, _ in kept[:_MOST_TAUGHT]]
        found = await asyncio.to_thread(suggest, trees, voted, taught, silent, matcher)
        return [each for each in found if each.key not in refused]

    def may_be_due(self, channel_id: int) -> bool:
        """Whether this process did not look at the channel for a week; asks no database."""
        looked = self._looked.get(channel_id)
        return looked is None or self._now() - looked >= PAUSE

    async def tell(self, channel_id: int) -> bool:
        """Say one thing in a channel that it was never told: at most one a week, and never twice.

        Never raises: a round does not fail for it.
        """
        self._looked[channel_id] = self._now()
        try:
            return await self._tell(channel_id)
        except Exception:
            log.exception("suggestion.failed", channel_id=channel_id)
            return False

    async def _tell(self, channel_id: int) -> bool:
        now = self._now()
        async with self._database.read() as session:
            channel = await channels.get(session, channel_id)
            last = await suggestions.last_told(session, channel_id)
            told = await suggestions.list_told(session, channel_id)
            voted = await votes.count_voted(session, channel_id)
        waits = last is not None and now - last < PAUSE
        if not channel.suggests or channel.state is not ChannelState.ACTIVE or waits:
            return False
        if voted < _LEAST_VOTED:
            return False
        fresh = [each for each in await self.find(channel) if each.key not in told]
        if not fresh:
            return False
        async with self._database.write() as session:
            # Noted before it is said: better untold after a crash than told twice.
            if not await suggestions.note(session, channel_id, fresh[0].key, told_at=now):
                return False
        text = (*suggestion_line(fresh[0]), *ways_line(fresh[0]))
        return await self._notices.say(channel.address, text, choices_of(fresh[0]))

    async def _silent(
        self, channel: Channel, live: Sequence[Watch], shown: Sequence[tuple[Post, Paper]]
    ) -> list[str]:
        """The watches that brought nothing for long and find nothing in the window either."""
        since = self._now() - SILENT_FOR
        bringing = {str(post.match.get("watch", "")) for post, _ in shown if _is_after(post, since)}
        quiet = [each for each in live if each.added_at < since and each.text not in bringing]
        if not quiet:
            return []
        now = self._now()
        await self._matches.refresh(now)
        async with self._database.read() as session:
            ids = await candidates.readable_ids(session, channel.id or 0, now - PAUSE)
        window = await self._matches.papers(ids)
        if not window:
            return []
        return [
            text
            for text, tree in _parsed(quiet).items()
            if not await self._matches.of_expression(tree, window, channel.threshold)
        ]


def choices_of(one: Suggestion) -> tuple[Choice, Choice]:
    """The buttons that take or refuse it."""
    named = one.text or one.watch
    return (
        Choice("Take it", f"suggestions take {named}"),
        Choice("Never again", f"suggestions refuse {named}"),
    )


def _is_after(post: Post, since: datetime) -> bool:
    return post.posted_at is not None and post.posted_at >= since


def _voted(post: Post, paper: Paper, counted: Mapping[int, tuple[int, int]]) -> Voted:
    up, down = counted.get(post.id or 0, (0, 0))
    return Voted(paper, str(post.match.get("watch", "")), up, down)


def _parsed(live: Sequence[Watch]) -> dict[str, Expression]:
    found = {}
    for watch in live:
        try:
            found[watch.text] = parse(watch.text)
        except ExpressionError:
            # One that an earlier version took.
            continue
    return found
