"""The week's best, once a week: when it comes."""

from bot.cards.richtext import Line, bold, line, slash
from bot.commands.context import Scene
from bot.commands.replies import announced, row, say
from bot.ports import Reply
from bot.rounds.bulletins.roundup import EXAMPLE
from bot.rounds.scheduling.schedule import Off
from bot.rounds.scheduling.weekly import Weekly, parse_weekly
from bot.text import moment
from storage import bulletins
from storage.models import Roundup


async def roundup(scene: Scene, chosen: Weekly | Off | None) -> Reply:
    """Say when the week's best comes, change that, or end it."""
    async with scene.database.read() as session:
        known = await bulletins.find_roundup(session, scene.channel_id)
    if chosen is None:
        return Reply(lines=told(scene, known))
    if isinstance(chosen, Off):
        return await _end(scene, known)
    zone = chosen.zone_or(scene.zone)
    if known is not None and known.weekly == str(chosen):
        return Reply(lines=(line("That is so already."), *told(scene, known)))
    first = chosen.first(scene.now, zone)
    async with scene.database.write() as session:
        await bulletins.set_roundup(session, scene.channel_id, str(chosen), first, scene.now)
    effect = line(
        "The first comes ",
        bold(moment(chosen.on(first, zone), zone)),
        "; a week without posts has none. End it with ",
        slash("roundup off"),
        ".",
    )
    return announced(scene, "ordered the week's best: ", bold(str(chosen)), ".", lines=[effect])


async def _end(scene: Scene, known: Roundup | None) -> Reply:
    if known is None:
        return say("No round-up comes here. Order one with ", slash(EXAMPLE), ".")
    async with scene.database.write() as session:
        await bulletins.drop_roundup(session, scene.channel_id)
    effect = line("No round-up comes any more.")
    return announced(scene, "ended the weekly round-up.", lines=[effect])


def told(scene: Scene, known: Roundup | None) -> tuple[Line, ...]:
    """When the next one comes, with the way to change it."""
    if known is None:
        return (row("Weekly round-up", "off", EXAMPLE),)
    weekly = parse_weekly(known.weekly, EXAMPLE)
    zone = weekly.zone_or(scene.zone)
    at = weekly.following(scene.now, zone, known.first)
    return (
        row("Weekly round-up", known.weekly, "roundup off"),
        line("The next comes ", bold(moment(at, zone)), "."),
    )
