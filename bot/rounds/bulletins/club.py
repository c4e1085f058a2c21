"""A journal club by the clock: shortlist, choice, thread, reminders, and who presented."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.bulletins import (
    NUMBERS,
    Listed,
    chosen_lines,
    reminder_lines,
    shortlist_lines,
)
from bot.cards.digest import detail_lines
from bot.cards.richtext import Line
from bot.rounds.bulletins.meetings import Stage, Times, times
from bot.rounds.bulletins.rota import Rota
from bot.rounds.bulletins.roundup import ranked, read_noted
from bot.rounds.delivery.bulletins import dump_lines
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from bot.rounds.scheduling.weekly import Weekly, parse_weekly
from bot.text import moment
from storage import bulletins, clubs
from storage.models import Bulletin, Channel, Club, ClubMeeting, ClubMember, Paper

EXAMPLE = "club thu 10:00 every 2 weeks"
"""The command that appoints one."""

VOTE, PAPER = "club-vote", "club-paper"
"""Kinds of bulletins: a shortlist, and what was chosen of it."""

_LOOKED_BACK = timedelta(days=14)


def clock_of(club: Club, channel: Channel) -> tuple[Weekly, ZoneInfo]:
    """When a club meets, and on whose clock."""
    weekly = parse_weekly(club.weekly, EXAMPLE)
    return weekly, weekly.zone_or(zone_of(parse_schedule(channel.schedule)))


def times_of(club: Club, channel: Channel, meeting: ClubMeeting | None, now: datetime) -> Times:
    """The times of the meeting that is prepared, or else of the next one."""
    weekly, zone = clock_of(club, channel)
    if meeting is not None:
        return times(weekly, zone, meeting.meets_at, meeting.made_at)
    return times(weekly, zone, weekly.following(now, zone, club.first))


def rota_of(members: Sequence[ClubMember]) -> Rota:
    """The rota that rows say."""
    order = tuple(each.person for each in members if not each.left)
    return Rota(order, frozenset(each.person for each in members if each.presented))


async def keep_rota(
    session: AsyncSession, channel_id: int, rota: Rota, *, name: str = "", person: str = ""
) -> None:
    """Write a rota down; `name` is what a `person` who joins is called."""
    known = {each.person: each for each in await clubs.list_members(session, channel_id)}
    if person in rota.order and person not in known:
        known[person] = ClubMember(channel_id=channel_id, person=person, name=name, place=0)
    places = {each: place for place, each in enumerate(rota.order)}
    for key, row in known.items():
        row.place, row.left = places.get(key, row.place), key not in places
        row.presented = key in rota.done
        session.add(row)


async def due_stage(
    session: AsyncSession, club: Club, channel: Channel, now: datetime
) -> tuple[ClubMeeting | None, Stage] | None:
    """The meeting and the stage that it is to reach now, or None."""
    meeting = await clubs.find_open(session, club.channel_id)
    at = Stage(meeting.stage) if meeting else Stage.NOTHING
    stage = times_of(club, channel, meeting, now).due(at, now)
    if stage is None or (meeting and stage is Stage.OPENED and await _unsaid(session, meeting)):
        return None
    return meeting, stage


async def advance(session: AsyncSession, club: Club, channel: Channel, now: datetime) -> bool:
    """Bring the club's meeting one stage further, with what that says; False where none is due."""
    due = await due_stage(session, club, channel, now)
    if due is None:
        return False
    meeting, stage = due
    if meeting is None:
        await _shortlist(session, club, channel, now)
        return True
    if stage is Stage.CHOSEN:
        await _choose(session, club, channel, meeting, now)
    elif stage is Stage.OPENED:
        await _open(session, meeting, now)
    elif stage is Stage.HELD:
        await _hold(session, meeting)
    else:
        await _remind(session, club, channel, meeting, stage=stage, now=now)
    meeting.stage = stage
    session.add(meeting)
    await session.flush()
    return True


async def _shortlist(session: AsyncSession, club: Club, channel: Channel, now: datetime) -> None:
    weekly, _ = clock_of(club, channel)
    since = now - max(_LOOKED_BACK, timedelta(weeks=weekly.every))
    known = await clubs.discussed(session, club.channel_id)
    noted = [
        one for one in await read_noted(session, channel, since, now) if one.paper.id not in known
    ]
    best = ranked(noted)[: len(NUMBERS)]
    meeting = await clubs.add_meeting(
        session,
        ClubMeeting(
            channel_id=club.channel_id,
            meets_at=times_of(club, channel, None, now).meets_at,
            made_at=now,
            stage=Stage.SHORTLISTED,
        ),
        [one.paper.id or 0 for one in best],
    )
    listed = [Listed(one.paper.title, one.paper.url, one.up, one.down) for one in best]
    lines = shortlist_lines(
        listed, _when(club, channel, meeting), await _presenter(session, club.channel_id)
    )
    choices = NUMBERS[: len(best)]
    await _say(session, meeting, VOTE, lines, now, until=meeting.meets_at, choices=choices)


async def _choose(
    session: AsyncSession, club: Club, channel: Channel, meeting: ClubMeeting, now: datetime
) -> None:
    """The paper with the most votes, of several the first."""
    picks = await clubs.list_picks(session, meeting.id or 0)
    if not picks:
        return
    votes = await clubs.tally(session, meeting.id or 0)
    rank, paper = max(picks, key=lambda pick: (votes[pick[0]], -pick[0]))
    meeting.paper_id = paper.id
    lines = chosen_lines(
        Listed(paper.title, paper.url),
        votes[rank],
        _when(club, channel, meeting),
        await _presenter(session, club.channel_id),
    )
    await _say(session, meeting, PAPER, lines, now, until=meeting.meets_at)


async def _open(session: AsyncSession, meeting: ClubMeeting, now: datetime) -> None:
    """Begin the chosen paper's thread with its abstract."""
    told = await bulletins.find(session, meeting.channel_id, PAPER, _key(meeting))
    paper = await session.get(Paper, meeting.paper_id) if meeting.paper_id else None
    if told is None or told.message is None or paper is None:
        return
    until = meeting.meets_at
    lines = detail_lines(paper)
    if lines:
        await _say(session, meeting, "club-thread", lines, now, until=until, under=told.message)


async def _remind(
    session: AsyncSession,
    club: Club,
    channel: Channel,
    meeting: ClubMeeting,
    *,
    stage: Stage,
    now: datetime,
) -> None:
    paper = await session.get(Paper, meeting.paper_id) if meeting.paper_id else None
    listed = Listed(paper.title, paper.url) if paper else None
    presenter = await _presenter(session, club.channel_id)
    lines = reminder_lines(listed, _when(club, channel, meeting), presenter)
    late = stage is Stage.HOUR_TOLD
    kind = "club-hour" if late else "club-day"
    until = meeting.meets_at if late else meeting.meets_at - timedelta(hours=1)
    await _say(session, meeting, kind, lines, now, until=until)


async def _hold(session: AsyncSession, meeting: ClubMeeting) -> None:
    """Note who presented: whoever was next."""
    members = await clubs.list_members(session, meeting.channel_id)
    rota = rota_of(members)
    names = {each.person: each.name for each in members}
    if rota.next is not None and meeting.paper_id is not None:
        meeting.presenter, meeting.presenter_name = rota.next, names[rota.next]
        await keep_rota(session, meeting.channel_id, rota.presented())


async def _unsaid(session: AsyncSession, meeting: ClubMeeting) -> bool:
    """Whether the message about the chosen paper is still to be sent."""
    told = await bulletins.find(session, meeting.channel_id, PAPER, _key(meeting))
    return told is not None and told.message is None and told.given_up is None


async def _presenter(session: AsyncSession, channel_id: int) -> str:
    members = await clubs.list_members(session, channel_id)
    following = rota_of(members).next
    return next((each.name for each in members if each.person == following), "")


def _when(club: Club, channel: Channel, meeting: ClubMeeting) -> str:
    return moment(meeting.meets_at, clock_of(club, channel)[1])


def _key(meeting: ClubMeeting) -> str:
    # One that was called off and appointed again at the same time is another meeting.
    return f"{meeting.meets_at.isoformat()} {meeting.made_at.isoformat()}"


async def find_voted(session: AsyncSession, told: Bulletin) -> ClubMeeting | None:
    """The meeting whose shortlist a bulletin is, while it is voted on."""
    meeting = await clubs.find_open(session, told.channel_id)
    if meeting is None or told.kind != VOTE or told.key != _key(meeting):
        return None
    return meeting if meeting.stage == Stage.SHORTLISTED else None


async def _say(
    session: AsyncSession,
    meeting: ClubMeeting,
    kind: str,
    lines: Sequence[Line],
    now: datetime,
    *,
    until: datetime,
    choices: Sequence[str] = (),
    under: str | None = None,
) -> None:
    key = _key(meeting)
    await bulletins.add(
        session,
        Bulletin(
            channel_id=meeting.channel_id,
            kind=kind,
            key=key,
            delivery_id=bulletins.mark(meeting.channel_id, kind, key),
            lines=dump_lines(lines),
            choices=list(choices),
            under=under,
            made_at=now,
            until=until,
        ),
    )
