"""Why a round has nothing to post: counted, and said in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rounds.matches import WatchMatch
from bot.rounds.round import left_today
from storage import posts, reading, watches
from storage.models import Channel, ChannelState

_MOST = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """What a channel's next round has to work with, in papers of the window.

    `considered` are those that the channel reads, `matching` those of them that a watch matches at
    the channel's threshold; of these `picked` were picked here before and `waiting` may be picked
    now. What is neither was there before its source was added. `left` is how many more the local
    day has room for.
    """

    watches: int
    considered: int
    matching: int
    picked: int
    waiting: int
    left: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nothing comes, as a sentence, and the command that helps, "" where none does.

    `to` says what for, as the beginning of a sentence that the command ends.
    """

    text: str
    way: str = ""
    to: str = ""


async def read_standing(
    session: AsyncSession,
    channel: Channel,
    found: Mapping[int, WatchMatch],
    *,
    now: datetime,
    window: timedelta,
) -> Standing:
    """Count what a round of this channel would have; `found` are its matches."""
    channel_id = channel.id or 0
    read = await reading.readable(session, channel_id, now - window)
    candidates = set(await reading.candidate_ids(session, channel_id, now - window))
    passing = {each for each, hit in found.items() if hit.match.score >= channel.threshold}
    matching = {paper.id for paper in read} & passing
    left, _ = await left_today(session, channel, now)
    return Standing(
        watches=len(await watches.list_channel(session, channel_id)),
        considered=len(read),
        matching=len(matching),
        picked=len(matching & await posts.picked_papers(session, channel_id)),
        waiting=len(matching & candidates),
        left=left,
    )


def why_none(channel: Channel, standing: Standing) -> Reason:
    """Why a round of this channel brings nothing; the first of several reasons."""
    if channel.state is ChannelState.GONE:
        return Reason(f"Posts cannot be delivered here: {channel.state_reason or 'unknown'}.")
    if not standing.watches:
        return Reason(
            "Nothing is watched here yet.", "watch mixture of experts -survey", "For example:"
        )
    if not standing.left:
        return _limit_reached(channel, standing)
    if not standing.matching:
        return _nothing_matches(channel, standing)
    if standing.waiting:
        return Reason(
            f"{_papers(standing.waiting)} may be picked next.", "now", "To have them, type"
        )
    return _all_there(standing)


def _nothing_matches(channel: Channel, standing: Standing) -> Reason:
    if not standing.considered:
        return Reason("No paper has come in lately.", "sources", "Where they come from:")
    seen = _papers(standing.considered, "recent paper")
    said = f"None of {seen} matches a watch here at {channel.threshold}."
    return Reason(said, "list", "The watches:")


def _limit_reached(channel: Channel, standing: Standing) -> Reason:
    limit = channel.post_limit
    more = f"; {standing.waiting} more would match" if standing.waiting else ""
    way = f"limit {min(_MOST, limit + max(1, standing.waiting))}" if limit < _MOST else ""
    return Reason(
        f"The day's limit of {_papers(limit)} is reached{more}.", way, "To raise it, type"
    )


def _all_there(standing: Standing) -> Reason:
    older = standing.matching - standing.picked
    if not standing.picked:
        what = f"All that matches ({_papers(older)}) was there before its source was added."
        return Reason(what)
    and_older = f", or was there before its source was added ({older})" if older else ""
    picked = _papers(standing.picked)
    return Reason(f"All that matches was picked here already ({picked}){and_older}.")


def _papers(number: int, noun: str = "paper") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
