"""When papers come: schedule, pause, resume, now."""

from dataclasses import replace

from bot.cards.spans import Line, bold, line, slash
from bot.chat import Reply
from bot.commands.overview import is_paused
from bot.commands.scene import Scene
from bot.commands.until import Until
from bot.commands.wording import announced, count, moment, none_line, paper_span, row, say, unset
from bot.rounds.schedule import Daily, Instant, Schedule, next_slot, zone_of

_SCHEDULES = ("daily 09:00 Europe/Paris", "instant")


async def schedule(scene: Scene, chosen: Schedule | None) -> Reply:
    """Change when the channel's papers come, or tell."""
    if chosen is None:
        return Reply(lines=(scheduled(scene), coming(scene, scene.schedule)))
    if str(chosen) == scene.channel.schedule:
        return say("That is the schedule already. ", *coming(scene, chosen))
    async with scene.changing() as channel:
        channel.schedule = str(chosen)
        # What was due before the change is not made up for by the new schedule.
        channel.last_slot_at = scene.now
    lines = [coming(scene, chosen), *_zone_lost(scene, chosen)]
    return announced(scene, "set the schedule to ", bold(str(chosen)), ".", lines=lines)


async def pause(scene: Scene, until: Until | None) -> Reply:
    """Stop posting, for good or until a moment in the channel's own zone."""
    end = until.ends(scene.now, scene.zone) if until else None
    async with scene.changing() as channel:
        channel.paused, channel.paused_until = True, end
    when = f"until {moment(end, scene.zone)}" if end else "until somebody resumes them"
    effect = line("Posts are paused ", bold(when), ". End it with ", slash("resume"), ".")
    return announced(scene, f"paused posts here {when}.", lines=[effect])


async def resume(scene: Scene, _: None) -> Reply:
    """End a pause."""
    if not is_paused(scene.channel, scene.now):
        return say("Posts are not paused here. ", *coming(scene, scene.schedule))
    async with scene.changing() as channel:
        channel.paused, channel.paused_until = False, None
    return announced(scene, "resumed posts here.", lines=[coming(scene, scene.schedule)])


async def now(scene: Scene, _: None) -> Reply:
    """Run the channel's round at once, whatever the schedule or a pause says."""
    papers = await scene.rounds.round_now(scene.channel)
    if papers:
        found = [line(paper_span(paper)) for paper in papers]
        return Reply(lines=(line(f"{count(len(papers), 'paper')} picked:"), *found))
    standing = await scene.rounds.standing(scene.channel)
    return say("Nothing to post. ", *none_line(scene.channel, standing))


def _zone_lost(scene: Scene, chosen: Schedule) -> list[Line]:
    """A way back for who left out the zone that the channel had."""
    if not isinstance(chosen, Daily) or chosen.zone != "UTC" or scene.zone.key == "UTC":
        return []
    meant = replace(chosen, zone=scene.zone.key)
    return [line("That is UTC. In the zone from before: ", slash(f"schedule {meant}"))]


def scheduled(scene: Scene) -> Line:
    """The schedule with the way to another."""
    set_now = scene.channel.schedule
    return row("Schedule", set_now, f"schedule {unset(_SCHEDULES, set_now)}")


def coming(scene: Scene, chosen: Schedule) -> Line:
    """What a schedule means, with its next time."""
    if isinstance(chosen, Daily):
        at = next_slot(chosen, scene.now)
        when = moment(at, zone_of(chosen)) if at else "never"
        return line("The next papers come ", bold(when), ".")
    if isinstance(chosen, Instant):
        return line("Papers come soon after their source has them.")
    return line("Papers come only when somebody types ", slash("now"), ".")
