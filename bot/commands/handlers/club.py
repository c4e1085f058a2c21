"""The journal club: when it meets, who presents, votes, history and a calendar file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from bot.cards.richtext import Line, Span, bold, line, slash
from bot.commands.arguments import ClubFormat
from bot.commands.context import Scene
from bot.commands.handlers.citations import bibtex
from bot.commands.replies import announced, count, paper_span, row, say
from bot.errors import CommandError
from bot.ports import Reply
from bot.rounds.bulletins.club import EXAMPLE, clock_of, keep_rota, rota_of, times_of
from bot.rounds.bulletins.meetings import Stage, times
from bot.rounds.bulletins.rota import Rota
from bot.rounds.scheduling.schedule import Off
from bot.rounds.scheduling.weekly import Weekly
from bot.text import moment
from storage import clubs
from storage.database import lock_channel
from storage.models import Club, ClubMeeting, ClubMember, Paper

_SHOWN = 10
_LASTS = timedelta(hours=1)
_STANDS = {
    Stage.NOTHING: "The shortlist comes ",
    Stage.SHORTLISTED: "Votes count until ",
}


async def club(scene: Scene, chosen: Weekly | Off | None) -> Reply:
    """Say how the club stands, appoint it, or end it."""
    if chosen is None:
        return await agenda(scene, None)
    if isinstance(chosen, Off):
        async with scene.database.write() as session:
            await lock_channel(session, scene.channel_id)
            ended = await clubs.end(session, scene.channel_id)
        if not ended:
            return _none()
        effect = line("The club's members and history are kept.")
        return announced(scene, "ended the journal club.", lines=[effect])
    zone = chosen.zone_or(scene.zone)
    async with scene.database.read() as session:
        known = await clubs.find(session, scene.channel_id)
    if known is not None and known.weekly == str(chosen):
        so = await agenda(scene, None)
        return replace(so, lines=(line("That is so already."), *so.lines))
    first = chosen.first(scene.now, zone)
    async with scene.database.write() as session:
        await lock_channel(session, scene.channel_id)
        await clubs.appoint(session, scene.channel_id, str(chosen), first, scene.now)
    meets_at = chosen.on(first, zone)
    begins = times(chosen, zone, meets_at).shortlist
    voted = f"from {moment(begins, zone)} on" if begins > scene.now else "in the days until then"
    effect = line(
        "It meets first on ",
        bold(moment(meets_at, zone)),
        f"; its papers are voted on {voted}. Whoever wants to present types ",
        slash("club join"),
        ".",
    )
    return announced(scene, "appointed a journal club: ", bold(str(chosen)), ".", lines=[effect])


async def agenda(scene: Scene, _: None) -> Reply:
    """What stands: the next meeting, its paper or shortlist, and who presents when."""
    async with scene.database.read() as session:
        found = await clubs.find(session, scene.channel_id)
        if found is None:
            return _none()
        meeting = await clubs.find_open(session, scene.channel_id)
        members = await clubs.list_members(session, scene.channel_id)
        paper = await session.get(Paper, meeting.paper_id) if meeting and meeting.paper_id else None
        picks = await clubs.list_picks(session, meeting.id or 0) if meeting else []
        votes = await clubs.tally(session, meeting.id or 0) if meeting else {}
    shortlist = [
        line(f"{rank}. ", paper_span(each), f"  {count(votes[rank], 'vote')}" if votes else "")
        for rank, each in picks
    ]
    chosen = [line("The paper: ", paper_span(paper), ".")] if paper else shortlist
    return Reply(lines=(*_when(scene, found, meeting), *chosen, _rota(members)))


def _when(scene: Scene, found: Club, meeting: ClubMeeting | None) -> list[Line]:
    zone = clock_of(found, scene.channel)[1]
    due = times_of(found, scene.channel, meeting, scene.now)
    stage = Stage(meeting.stage) if meeting else Stage.NOTHING
    lines = [
        row("Journal club", found.weekly, "club off"),
        line("It meets next on ", bold(moment(due.meets_at, zone)), "."),
    ]
    until = due.choice if stage is Stage.SHORTLISTED else due.shortlist
    if stage in _STANDS and until > scene.now:
        lines.append(line(_STANDS[stage], bold(moment(until, zone)), "."))
    return lines


def _rota(members: Sequence[ClubMember]) -> Line:
    names = {each.person: each.name for each in members}
    waiting = rota_of(members).waiting
    if not waiting:
        return line("Nobody presents yet. Join with ", slash("club join"), ".")
    return line("Who presents: ", ", then ".join(names[each] for each in waiting), ".")


async def vote(scene: Scene, number: int) -> Reply:
    """Choose a paper of the shortlist; 0 takes the choice back."""
    async with scene.database.write() as session:
        await lock_channel(session, scene.channel_id)
        meeting = await clubs.find_open(session, scene.channel_id)
        if meeting is None or meeting.stage != Stage.SHORTLISTED:
            raise CommandError("No papers are voted on here just now. For example: agenda")
        picks = dict(await clubs.list_picks(session, meeting.id or 0))
        if number and number not in picks:
            raise CommandError(
                f"The shortlist has {count(len(picks), 'paper')}. For example: club vote 1"
            )
        await clubs.vote(session, meeting.id or 0, scene.person.id, number, scene.now)
    if not number:
        return say("Your vote was taken back.")
    return say("Your vote: ", paper_span(picks[number]), ". The last one you cast counts.")


async def join(scene: Scene, _: None) -> Reply:
    """Come to the end of the rota."""
    return await _change(scene, lambda rota: rota.join(scene.person.id), "presents from now on.")


async def leave(scene: Scene, _: None) -> Reply:
    """Go off the rota."""
    return await _change(
        scene, lambda rota: rota.leave(scene.person.id), "presents no more in the journal club."
    )


async def take(scene: Scene, _: None) -> Reply:
    """Present next."""
    return await _change(
        scene, lambda rota: rota.take(scene.person.id), "presents next in the journal club."
    )


async def skip(scene: Scene, _: None) -> Reply:
    """Let the others of this turn go first."""
    return await _change(
        scene, lambda rota: rota.skip(scene.person.id), "lets the others present first."
    )


async def swap(scene: Scene, named: str) -> Reply:
    """Change places with another member."""
    async with scene.database.read() as session:
        other = _meant(await clubs.list_members(session, scene.channel_id), named)
    return await _change(
        scene, lambda rota: rota.swap(scene.person.id, other.person), f"swapped with {other.name}."
    )


async def _change(scene: Scene, change: Callable[[Rota], Rota], told: str) -> Reply:
    async with scene.database.write() as session:
        await lock_channel(session, scene.channel_id)
        if await clubs.find(session, scene.channel_id) is None:
            return _none()
        rota = change(rota_of(await clubs.list_members(session, scene.channel_id)))
        await keep_rota(session, scene.channel_id, rota, name=scene.who, person=scene.person.id)
        await session.flush()
        members = await clubs.list_members(session, scene.channel_id)
    return announced(scene, told, lines=[_rota(members)])


def _meant(members: Sequence[ClubMember], named: str) -> ClubMember:
    """The member of this name or mention; raises CommandError with the names there are."""
    rows = [each for each in members if not each.left]
    said = named.strip().strip("<>").lstrip("@!").partition("|")[0].casefold()
    for each in rows:
        if said in (each.person.casefold(), each.name.casefold()):
            return each
    names = ", ".join(each.name for each in rows) or "nobody"
    raise CommandError(f"Nobody on the rota is called so: {names}. For example: club swap @bo")


async def history(scene: Scene, _: None) -> Reply:
    """What was read, latest first."""
    async with scene.database.read() as session:
        past = await clubs.history(session, scene.channel_id)
    if not past:
        return say("The journal club has read nothing yet. What stands: ", slash("agenda"), ".")
    rows = [_read(scene, meeting, paper) for meeting, paper in past[:_SHOWN]]
    hidden = len(past) - len(rows)
    more = [line(f"and {hidden} more: ", slash("club export markdown"))] if hidden else []
    return Reply(lines=(*rows, *more))


def _read(scene: Scene, meeting: ClubMeeting, paper: Paper) -> Line:
    day = meeting.meets_at.astimezone(scene.zone).date().isoformat()
    who: list[str | Span] = [f", {meeting.presenter_name}"] if meeting.presenter_name else []
    return line(f"{day}: ", paper_span(paper), *who)


async def export(scene: Scene, form: ClubFormat) -> Reply:
    """What was read as a file."""
    async with scene.database.read() as session:
        past = await clubs.history(session, scene.channel_id)
    if not past:
        return say("The journal club has read nothing yet. What stands: ", slash("agenda"), ".")
    told = line(f"{count(len(past), 'paper')} of the journal club.")
    if form is ClubFormat.BIBTEX:
        text = bibtex([paper for _, paper in past])
        return Reply(lines=(told,), file=("journal-club.bib", text))
    rows = [_markdown(scene, meeting, paper) for meeting, paper in past]
    text = "\n".join(("# Journal club\n", *rows, ""))
    return Reply(lines=(told,), file=("journal-club.md", text))


def _markdown(scene: Scene, meeting: ClubMeeting, paper: Paper) -> str:
    day = meeting.meets_at.astimezone(scene.zone).date().isoformat()
    shown = paper_span(paper)
    title = shown.text.replace("[", r"\[").replace("]", r"\]")
    linked = f"[{title}](<{shown.url}>)" if shown.url else title
    return f"- {day}: {linked}" + (f", {meeting.presenter_name}" if meeting.presenter_name else "")


async def calendar(scene: Scene, _: None) -> Reply:
    """The club's meetings as a calendar file."""
    async with scene.database.read() as session:
        found = await clubs.find(session, scene.channel_id)
    if found is None:
        return _none()
    text = _ics(scene, found)
    return Reply(
        lines=(line("The club's meetings for your calendar."),), file=("journal-club.ics", text)
    )


def _ics(scene: Scene, found: Club) -> str:
    # Imported where it is used: few ask for it, and it is not small.
    from icalendar import Calendar, Event  # noqa: PLC0415

    weekly, zone = clock_of(found, scene.channel)
    begin = weekly.on(found.first, zone).astimezone(zone)
    event = Event()
    event.add("uid", f"club-{scene.channel_id}-{found.since:%Y%m%dT%H%M%S}@paperround")
    event.add("summary", "Journal club")
    event.add("dtstamp", scene.now.astimezone(UTC))
    event.add("dtstart", begin)
    event.add("duration", _LASTS)
    event.add("rrule", {"freq": "weekly", "interval": weekly.every})
    made = Calendar()
    made.add("prodid", "-//Paperround//EN")
    made.add("version", "2.0")
    made.add_component(event)
    made.add_missing_timezones()
    return bytes(made.to_ical()).decode()


def _none() -> Reply:
    return say("There is no journal club here. Appoint one with ", slash(EXAMPLE), ".")
