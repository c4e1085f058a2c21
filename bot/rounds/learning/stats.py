"""A channel's numbers for `stats`, and its past for a backtest."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.stats import Bar, Share, Stats, Step, Weighed
from bot.picks.backtest import dataset
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from storage import posts, votes, watches
from storage.models import Channel, Paper, Post
from storage.votes import Stance

LEARNING = 20
"""Posts with a vote after which a channel's picks count as learned."""

WORDS = 7
"""Words liked, and words disliked, at most."""

_LOOKED_AT = 5 * WORDS
_LEAST = 0.05
_DAYS, _FEWEST_DAYS, _WEEKS = 21, 7, 26
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)

Vote = tuple[date, int]
"""A vote as its local day and -1 or +1."""


async def read_stats(
    session: AsyncSession, channel: Channel, tastes: TasteStore, now: datetime
) -> Stats:
    """The numbers of one channel, and of no other."""
    assert channel.id is not None
    delivered = await posts.list_delivered(session, channel.id)
    stances = await votes.list_stances(session, channel.id)
    taste = await tastes.load(session, channel.id)
    likes, dislikes = worth_saying(*taste.favourites(_LOOKED_AT))
    before, since = shares(delivered, stances)
    zone = zone_of(parse_schedule(channel.schedule))
    # A clock that once ran ahead must not leave the votes of its time in the future.
    days = [(_day(min(one.at, now), zone), one.value) for one in stances]
    step, bars = over_time(days, _day(now, zone))
    tally = Counter(one.value for one in stances)
    return Stats(
        channel=channel.name,
        posts=len(delivered),
        voted=len({one.post_id for one in stances}),
        people=len({one.person for one in stances}),
        up=tally[1],
        down=tally[-1],
        likes=likes,
        dislikes=dislikes,
        step=step,
        bars=bars,
        before=before,
        since=since,
    )


def worth_saying(
    likes: Sequence[Weighed], dislikes: Sequence[Weighed]
) -> tuple[tuple[Weighed, ...], tuple[Weighed, ...]]:
    """At most `WORDS` each of words given strongest first, divided by the largest weight of all.

    Left out is what weighs less than a twentieth of that, and a word pair beside its own word or
    a word beside its pair, whichever is weaker.
    """
    largest = max((abs(weight) for _, weight in (*likes, *dislikes)), default=0.0) or 1.0

    def chosen(words: Sequence[Weighed]) -> tuple[Weighed, ...]:
        kept: dict[str, float] = {}
        for word, weight in words:
            said = any(_shares_a_word(word, other) for other in kept)
            if abs(weight) / largest >= _LEAST and not said and len(kept) < WORDS:
                kept[word] = weight / largest
        return tuple(kept.items())

    return chosen(likes), chosen(dislikes)


def _shares_a_word(one: str, other: str) -> bool:
    """Whether one of them is part of the other, word by word."""
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "


def shares(delivered: Sequence[Post], stances: Iterable[Stance]) -> tuple[Share, Share]:
    """The share of picks voted up before learning, and since.

    A pick is voted up when its people's votes add up to more than 0. "Before" are the channel's
    first `LEARNING` picks that anybody voted on, in the order in which they were posted; "since"
    are the later ones. Picks without a vote are in neither, for silence is no verdict; nor are
    papers that people handed in, for the bot did not pick them. Of posts so old that their votes
    were let go, what those came to is still known.
    """
    verdicts: Counter[int] = Counter()
    for post in delivered:
        if post.id is not None and "verdict" in post.match:
            verdicts[post.id] = int(post.match["verdict"])
    for one in stances:
        verdicts[one.post_id] += one.value
    picked = [post.id for post in delivered if post.kind != "submitted"]
    liked = [verdicts[each] > 0 for each in picked if each is not None and each in verdicts]
    first, later = liked[:LEARNING], liked[LEARNING:]
    return Share(sum(first), len(first)), Share(sum(later), len(later))


def over_time(votes_cast: Sequence[Vote], today: date) -> tuple[Step, tuple[Bar, ...]]:
    """Votes by day while there are three weeks of them at most, then by week, up to today's.

    There are at least 7 days and at most 26 weeks, which begin on Mondays; what is older is left
    out. Days and weeks without a vote are there. Without any vote there is nothing.
    """
    if not votes_cast:
        return "day", ()
    first = min(day for day, _ in votes_cast)
    if today - first < _DAYS * _DAY:
        start = min(first, today - (_FEWEST_DAYS - 1) * _DAY)
        return "day", _bars(Counter(votes_cast), start, today, _DAY)
    start = max(_monday(first), _monday(today) - (_WEEKS - 1) * _WEEK)
    by_week = Counter((_monday(day), value) for day, value in votes_cast)
    return "week", _bars(by_week, start, today, _WEEK)


def _bars(counts: Counter[Vote], start: date, end: date, step: timedelta) -> tuple[Bar, ...]:
    starts = [start + number * step for number in range((end - start) // step + 1)]
    return tuple(Bar(each, counts[each, 1], counts[each, -1]) for each in starts)


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def read_history(session: AsyncSession, channel: Channel) -> dataset.ReplayedChannel:
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
    days = tuple(_voted_day(day, zone, by_day[day], verdicts) for day in sorted(by_day))
    return dataset.ReplayedChannel(channel.address, texts, (), days)


def _voted_day(
    day: date, zone: ZoneInfo, shown: Sequence[tuple[Post, Paper]], verdicts: Counter[int]
) -> dataset.Day:
    said = {paper.key: verdicts[post.id or 0] for post, paper in shown}
    return dataset.Day(
        at=datetime.combine(day, time(), zone),
        entries=tuple(_entry(paper) for _, paper in shown),
        votes={key: 1 if total > 0 else -1 for key, total in said.items() if total},
        k=(len(shown) + 1) // 2,
    )


def _entry(paper: Paper) -> dataset.ReplayedPaper:
    return dataset.ReplayedPaper(
        id=paper.key,
        title=paper.title,
        abstract=paper.abstract,
        authors=tuple(paper.authors),
        categories=tuple(paper.categories),
        upvotes=float(max(paper.upvotes or 0, 0)),
        source=paper.source,
    )
