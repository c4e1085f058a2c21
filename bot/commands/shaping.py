"""How much comes, and everything a channel is set to: limit, threshold, quiet, settings, admin."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.spans import Line, bold, code, line
from bot.chat import Reply
from bot.commands.overview import is_paused
from bot.commands.scene import Scene
from bot.commands.timing import coming
from bot.commands.wording import announced, count, joined, moment, say
from storage import channels, sources, watches
from storage.models import Channel, ChannelState, Source


async def limit(scene: Scene, papers: int) -> Reply:
    """Change how many papers a local day may bring."""
    async with scene.changing() as channel:
        channel.post_limit = papers
    return announced(scene, "set the limit to ", bold(f"{count(papers, 'paper')} a day"), ".")


async def threshold(scene: Scene, score: int) -> Reply:
    """Change the score from which a match counts."""
    async with scene.changing() as channel:
        channel.threshold = score
    effect = line("See what passes it with ", code("preview"), ".")
    return announced(scene, "set the threshold to ", bold(str(score)), ".", lines=[effect])


async def quiet(scene: Scene, on: bool) -> Reply:
    """Choose between silence and one line on a day without papers."""
    async with scene.changing() as channel:
        channel.quiet = on
    if on:
        return announced(scene, "chose silence on days without papers.")
    return announced(scene, "asked for one line on days without papers.")


async def admin_here(scene: Scene, _: None) -> Reply:
    """Make this the channel that hears of broken sources and lost channels."""
    async with scene.database.write() as session:
        workspace = await channels.workspace_of(session, scene.channel)
        if workspace.admin_channel_id == scene.channel_id:
            return say("This is the admin channel already.")
        workspace.admin_channel_id = scene.channel_id
        session.add(workspace)
    return announced(scene, "made this the channel that hears of broken sources and lost channels.")


async def settings(scene: Scene, _: None) -> Reply:
    """Everything the channel is set to, each with the command that changes it."""
    async with scene.database.read() as session:
        admin = await _admin(session, scene)
        watching = len(await watches.list_channel(session, scene.channel_id))
        known = await sources.list_channel(session, scene.channel)
    return Reply(
        lines=(
            line(bold(f"Settings of {scene.channel.name}")),
            *_gone(scene.channel),
            *_when(scene),
            *_how_much(scene.channel),
            _row("Watches", str(watching), "list", "watch mixture of experts"),
            _row("Sources", _read(known), "sources", "sources add cs.LG"),
            _row("Admin channel", admin, "admin here"),
        )
    )


async def _admin(session: AsyncSession, scene: Scene) -> str:
    workspace = await channels.workspace_of(session, scene.channel)
    if workspace.admin_channel_id is None:
        return "none yet"
    if workspace.admin_channel_id == scene.channel_id:
        return "this one"
    return (await channels.get(session, workspace.admin_channel_id)).name


def _row(name: str, value: str, *commands: str) -> Line:
    ways = joined((code(command) for command in commands), " or ")
    return line(f"{name}: ", bold(value), ". Type ", *ways, ".")


def _gone(channel: Channel) -> list[Line]:
    if channel.state is ChannelState.ACTIVE:
        return []
    return [line("Posts cannot be delivered here: ", bold(channel.state_reason or "unknown"), ".")]


def _when(scene: Scene) -> list[Line]:
    schedule = _row("Schedule", scene.channel.schedule, "schedule daily 09:00 Europe/Paris")
    if not is_paused(scene.channel, scene.now):
        paused = _row("Paused", "no", "pause for 3 days")
    else:
        end = scene.channel.paused_until
        until = f"until {moment(end, scene.zone)}" if end else "until somebody resumes"
        paused = _row("Paused", until, "resume")
    return [schedule, coming(scene, scene.schedule), paused]


def _how_much(channel: Channel) -> list[Line]:
    empty_day = "silence" if channel.quiet else "one line"
    return [
        _row("Limit", f"{count(channel.post_limit, 'paper')} a day", "limit 5"),
        _row("Threshold", str(channel.threshold), "threshold 85"),
        line(
            "Beyond the watches: ", bold(count(channel.beyond, "paper")), " a day, after 20 votes."
        ),
        _row("Day without papers", empty_day, "quiet off" if channel.quiet else "quiet on"),
    ]


def _read(known: Sequence[tuple[Source, bool]]) -> str:
    return ", ".join(source.name for source, on in known if on) or "none"
