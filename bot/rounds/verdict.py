"""What became of one paper in one channel, in a sentence."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.matching.paper import Evidence, Match
from bot.rounds.matches import WatchMatch
from bot.rounds.schedule import parse_schedule, zone_of
from storage import reading, sources
from storage.models import Channel, Paper, Post, PostState, Source


def picked_for(post: Post | None) -> WatchMatch | None:
    """The watch and the match that a post was made for, as they were then."""
    memo = post.match if post is not None else {}
    if not memo.get("watch"):
        return None
    evidence = tuple(Evidence(**each) for each in memo.get("evidence", ()))
    return WatchMatch(memo["watch"], Match(memo.get("score", 0.0), evidence))


def of_post(channel: Channel, post: Post) -> str:
    """What became of a paper that was picked or handed in."""
    if post.state is PostState.POSTED and post.posted_at is not None:
        day = _day(channel, post.posted_at)
        return f"It was posted here on {day}{_how(post)}."
    if post.state is PostState.DROPPED and post.posted_at is not None:
        day, why = _day(channel, post.posted_at), post.reason or "it was deleted"
        return f"It was posted here on {day}; {why}."
    if post.state is PostState.DROPPED:
        return f"It was picked but could not be posted: {post.reason}."
    if post.state is PostState.UNKNOWN:
        return f"It may stand here already, and is not sent again: {post.reason}."
    return "It is picked and on its way."


async def of_unpicked(
    session: AsyncSession,
    channel: Channel,
    paper: Paper,
    best: WatchMatch | None,
    *,
    now: datetime,
    window: timedelta,
) -> str:
    """Why a paper was not picked so far; `best` is its best match here today."""
    if best is None:
        return "No watch of this channel matches it."
    if best.match.score < channel.threshold:
        return f"Its best score is below this channel's threshold of {channel.threshold}."
    if paper.id in await reading.candidate_ids(session, channel.id or 0, now - window):
        return "It may come next time; the day's limit decides."
    if paper.first_seen_at < now - window:
        came = _day(channel, paper.first_seen_at)
        return f"It came in on {came}, more than {window.days} days ago."
    known = await sources.list_channel(session, channel)
    read = {source.id for source, on in known if on}
    return _unread(await sources.list_sightings(session, paper.id or 0), read)


def _unread(sightings: Sequence[tuple[Source, bool]], read: set[int | None]) -> str:
    past = [source.name for source, backlog in sightings if source.id in read and backlog]
    if past:
        return (
            f"It was there already when {past[0]} was added: what a new source holds is shown in "
            "previews and never posted."
        )
    elsewhere = [source for source, _ in sightings if source.kind != "submitted"]
    if not elsewhere:
        return "It was submitted in another channel."
    # What another channel added by itself may be private, name and all.
    shared = ", ".join(source.name for source in elsewhere if source.shared)
    where = f"{shared}, which" if shared else "a source that"
    return f"It comes from {where} is not read here."


def _how(post: Post) -> str:
    if post.kind == "beyond":
        return ", beyond the watches"
    by = post.match.get("submitted_by")
    return f", submitted by {by}" if by else ""


def _day(channel: Channel, at: datetime) -> str:
    local = at.astimezone(zone_of(parse_schedule(channel.schedule)))
    return f"{local.day} {local:%b %Y}"
