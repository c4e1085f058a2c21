"""A channel's past as a backtest replays it: what was posted each day, and what people said."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.picks import replayed
from bot.rounds.schedule import parse_schedule, zone_of
from storage import posts, votes, watches
from storage.models import Channel, Paper, Post

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def read_history(session: AsyncSession, channel: Channel) -> replayed.Channel:
    """The channel's local days with their posts, oldest first, and its watches as they are now.

    A post's vote is the sign of what its people's votes add up to. `k` is half a day's posts,
    rounded up: the question is which of them come first, for nobody knows what would have been
    said of papers that were never posted.
    """
    assert channel.id is not None
    zone = zone_of(parse_schedule(channel.schedule))
    verdicts: Counter[int] = Counter()
    for one in await votes.list_stances(session, channel.id):
        verdicts[one.post_id] += one.value
    by_day: defaultdict[date, list[tuple[Post, Paper]]] = defaultdict(list)
    for post, paper in await posts.list_recent(session, channel.id, _EVER):
        if post.posted_at is not None:
            by_day[post.posted_at.astimezone(zone).date()].append((post, paper))
    texts = tuple(watch.text for watch in await watches.list_channel(session, channel.id))
    days = tuple(_day(day, zone, by_day[day], verdicts) for day in sorted(by_day))
    return replayed.Channel(channel.address, texts, (), days)


def _day(
    day: date, zone: ZoneInfo, shown: Sequence[tuple[Post, Paper]], verdicts: Counter[int]
) -> replayed.Day:
    said = {paper.key: verdicts[post.id or 0] for post, paper in shown}
    return replayed.Day(
        at=datetime.combine(day, time(), zone),
        entries=tuple(_entry(paper) for _, paper in shown),
        votes={key: 1 if total > 0 else -1 for key, total in said.items() if total},
        k=(len(shown) + 1) // 2,
    )


def _entry(paper: Paper) -> replayed.Entry:
    return replayed.Entry(
        id=paper.key,
        title=paper.title,
        abstract=paper.abstract,
        authors=tuple(paper.authors),
        categories=tuple(paper.categories),
        upvotes=float(max(paper.upvotes or 0, 0)),
        source=paper.source,
    )
