"""Why a round has nothing to post, and what became of one paper."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.matching.types import Evidence, Match
from bot.picks.types import Verdict
from bot.rounds.picking.match_cache import WatchMatch
from bot.rounds.picking.pick import Picker, left_today
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from bot.text import shorten
from storage import candidates as readings
from storage import posts, sources, watches
from storage.database import Database
from storage.models import Channel, ChannelState, Paper, Post, PostState, Source

_MOST = 50
_LONGEST_SENTENCE = 160
_ENDED = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class RoundForecast:
    """What a channel's next round has to work with, in papers of the window.

    `considered` are those that the channel reads, `matching` those of them that a watch matches at
    the channel's threshold; of these `picked` were picked here before and `waiting` may be picked
    now; `passing` say a watch's words in passing, and against `disliked` the votes speak. What is
    none of these was there before its source was added. `left` is how many more the local day has
    room for.
    """

    watches: int
    considered: int
    matching: int
    picked: int
    waiting: int
    left: int
    passing: int = 0
    disliked: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nothing comes, as a sentence, and the command that helps, "" where none does.

    `to` says what for, as the beginning of a sentence that the command ends.
    """

    text: str
    way: str = ""
    to: str = ""


async def forecast(
    database: Database, picker: Picker, channel: Channel, now: datetime
) -> RoundForecast:
    """What the channel's next round has to work with."""
    found = await picker.matched(channel.id or 0, now)
    async with database.read() as session:
        held = await picker.weigh_again(session, channel, now)
        verdicts = {key: one.verdict for key, one in held.items()}
        return await read_forecast(
            session, channel, found, held=verdicts, now=now, window=picker.window
        )


async def read_forecast(
    session: AsyncSession,
    channel: Channel,
    found: Mapping[int, WatchMatch],
    *,
    held: Mapping[int, Verdict] = MappingProxyType({}),
    now: datetime,
    window: timedelta,
) -> RoundForecast:
    """Count what a round of this channel would have.

    `found` are its matches, `held` those that are held back, and why.
    """
    channel_id = channel.id or 0
    read = set(await readings.readable_ids(session, channel_id, now - window))
    candidates = set(await readings.candidate_ids(session, channel_id, now - window))
    passing = {each for each, hit in found.items() if hit.match.score >= channel.threshold}
    matching = read & passing
    left, _ = await left_today(session, channel, now)
    fresh = matching & candidates
    verdicts = [held[each] for each in fresh if each is not None and each in held]
    return RoundForecast(
        watches=len(await watches.list_channel(session, channel_id)),
        considered=len(read),
        matching=len(matching),
        picked=len(matching & await posts.picked_papers(session, channel_id)),
        waiting=len(fresh) - len(verdicts),
        left=left,
        passing=verdicts.count("passing"),
        disliked=verdicts.count("disliked"),
    )


def obstructed(channel: Channel) -> str:
    """Why a lost channel takes no posts, and what to do about it, as a sentence."""
    return f"Posts cannot be delivered here: {channel.state_reason or 'nobody knows why'}."


_IDLE_DAYS = {5: "Saturdays", 6: "Sundays"}
_NAMES = {"arxiv": "arXiv", "huggingface": "Daily Papers"}
"""Kinds of sources that announce on weekdays alone."""


def idle_day(read: Sequence[Source], now: datetime) -> str:
    """Why no source of these can have anything new today, as a sentence, or ""."""
    day = _IDLE_DAYS.get(now.astimezone(UTC).weekday())
    kinds = sorted({source.kind for source in read})
    if day is None or not kinds or not set(kinds) <= _NAMES.keys():
        return ""
    who = " and ".join(_NAMES[kind] for kind in kinds)
    return f"{who} {'have' if len(kinds) > 1 else 'has'} nothing new on {day}."


def why_none(channel: Channel, forecast: RoundForecast) -> Reason:
    """Why a round of this channel brings nothing; the first of several reasons."""
    if channel.state is ChannelState.GONE:
        return Reason(obstructed(channel))
    if not forecast.watches:
        return Reason(
            "Nothing is watched here yet.", "watch mixture of experts -survey", "For example:"
        )
    if not forecast.left:
        return _limit_reached(channel, forecast)
    if not forecast.matching:
        return _nothing_matches(channel, forecast)
    if forecast.waiting:
        return Reason(
            f"{_papers(forecast.waiting)} may be picked next.", "now", "To have them, type"
        )
    held = forecast.disliked or forecast.passing
    return _held_back(forecast) if held else _all_there(forecast)


def _held_back(forecast: RoundForecast) -> Reason:
    if forecast.disliked >= forecast.passing:
        said = (
            f"{_papers(forecast.disliked)} that would match are held back: people here voted "
            "against papers like them."
        )
        return Reason(said, "list", "Other watches may serve you better. Those of now:")
    said = (
        f"{_papers(forecast.passing)} that would match are held back: they say a watch's words in "
        "passing."
    )
    return Reason(said, "list", "A watch in quotes takes every mention. Those of now:")


DISLIKED = (
    "Held back: people here voted against papers like it. With a higher floor such papers come "
    "too; 100 holds nothing back."
)
"""Why a paper is held back that votes speak against."""


def passing(found: WatchMatch, paper: Paper) -> str:
    """Why a paper is held back that says a watch's words in passing, and what would change that."""
    first = found.match.evidence[0] if found.match.evidence else None
    words, wanted = (first.words, first.phrase) if first else (found.watch, found.watch)
    sentence = _sentence(words, paper)
    where = f" (“{sentence}”)" if sentence else ""
    named = any(each.field == "title" for each in found.match.evidence)
    how = (
        f"its title names “{words}”, and as a whole it is about something else"
        if named
        else f"it says “{words}” in passing{where} and is about something else"
    )
    return f'Held back: {how}. For every mention, watch it in quotes: "{wanted}".'


def _sentence(words: str, paper: Paper) -> str:
    """The first sentence of an abstract with these words, shortened, or ""."""
    for sentence in _ENDED.split(" ".join(paper.abstract.split())):
        if words.casefold() in sentence.casefold():
            return shorten(sentence, _LONGEST_SENTENCE)
    return ""


def _nothing_matches(channel: Channel, forecast: RoundForecast) -> Reason:
    if not forecast.considered:
        return Reason("No paper has come in lately.", "sources", "Where they come from:")
    seen = _papers(forecast.considered, "recent paper")
    said = f"None of {seen} matches a watch here at {channel.threshold}."
    return Reason(said, "list", "The watches:")


def _limit_reached(channel: Channel, forecast: RoundForecast) -> Reason:
    limit = channel.post_limit
    more = f"; {forecast.waiting} more would match" if forecast.waiting else ""
    way = f"limit {min(_MOST, limit + max(1, forecast.waiting))}" if limit < _MOST else ""
    return Reason(
        f"The day's limit of {_papers(limit)} is reached{more}.", way, "To raise it, type"
    )


def _all_there(forecast: RoundForecast) -> Reason:
    older = forecast.matching - forecast.picked
    if not forecast.picked:
        what = f"All that matches ({_papers(older)}) was there before its source was added."
        return Reason(what)
    and_older = f", or was there before its source was added ({older})" if older else ""
    picked = _papers(forecast.picked)
    return Reason(f"All that matches was picked here already ({picked}){and_older}.")


def _papers(number: int, noun: str = "paper") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
    if post.state is PostState.FAILED:
        return f"It is picked and waits: {post.reason}. It is tried again by itself."
    return "It is picked and on its way."


def of_troubles(made: Iterable[Post]) -> list[str]:
    """A sentence for each reason for which posts of a round do not stand yet, or never will."""
    counts = Counter((post.state, post.reason) for post in made if post.state in _TROUBLED)
    return [
        f"{_TROUBLED[state].format(number)}: {reason}."
        for (state, reason), number in counts.items()
    ]


_TROUBLED = {
    PostState.FAILED: "{} not posted yet, and tried again by themselves",
    PostState.DROPPED: "{} could not be posted",
    PostState.UNKNOWN: "{} may stand here already, and are not sent again",
}


async def of_unpicked(
    session: AsyncSession,
    channel: Channel,
    paper: Paper,
    best: WatchMatch | None,
    *,
    held: str = "",
    now: datetime,
    window: timedelta,
) -> str:
    """Why a paper was not picked so far; `best` is its best match here today.

    `held` says why it is held back, "" where it is not.
    """
    if best is None:
        return "No watch of this channel matches it."
    if best.match.score < channel.threshold:
        return f"Its best score is below this channel's threshold of {channel.threshold}."
    if paper.id in await readings.candidate_ids(session, channel.id or 0, now - window):
        if channel.state is ChannelState.GONE:
            return f"It waits for this channel. {obstructed(channel)}"
        return held or "It may come next time; the day's limit decides."
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
