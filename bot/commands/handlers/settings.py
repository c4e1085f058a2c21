"""The commands that set a channel: limit, threshold, floor, quiet, schedule, pause and more."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.cards.richtext import Line, bold, code, line, slash
from bot.commands.arguments import FeedChoice, Until
from bot.commands.context import Scene
from bot.commands.handlers.watches import where_words_count
from bot.commands.overview import is_paused
from bot.commands.replies import (
    announced,
    count,
    none_line,
    paper_span,
    row,
    say,
    sources_trouble,
    support_lines,
    unset,
)
from bot.commands.verbs import CATEGORIES, CLUB, ROUNDUP, WEBHOOK
from bot.ports import Reply
from bot.rounds.picking.explain import obstructed
from bot.rounds.scheduling.quiet_hours import NO_QUIET, QuietHours
from bot.rounds.scheduling.schedule import Daily, Instant, Schedule, next_slot, zone_of
from bot.text import moment
from storage import bulletins, channels, clubs, sources, watches, webhooks
from storage.models import Channel, ChannelState, PostStyle, Source

_KEY_BYTES = 24
_NEVER = 100
_SCHEDULES = ("daily 09:00 Europe/Paris", "instant")


async def schedule(scene: Scene, chosen: Schedule | None) -> Reply:
    """Change the schedule; without a value, say what it is."""
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
        if not is_paused(channel, scene.now):
            channel.paused_at = scene.now
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
    brought = await scene.rounds.round_now(scene.channel)
    if brought.papers:
        found = [line(paper_span(paper)) for paper in brought.papers]
        picked = line(f"{count(len(brought.papers), 'paper')} picked:")
        return Reply(lines=(picked, *found, *map(line, brought.troubles), *_still_paused(scene)))
    forecast = await scene.rounds.forecast(scene.channel)
    nothing = line("Nothing to post. ", *none_line(scene.channel, forecast))
    return Reply(lines=(nothing, *await sources_trouble(scene)))


def _still_paused(scene: Scene) -> list[Line]:
    if not is_paused(scene.channel, scene.now):
        return []
    return [line("You asked for these; by themselves none come until ", slash("resume"), ".")]


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


TOPICS = ("mixture of experts", "diffusion models", "graph neural networks")
"""Watches to suggest, the first that is not there yet."""

_HERE = "this one"

LOOKS: Mapping[PostStyle, str] = MappingProxyType(
    {
        PostStyle.CARDS: "a full card for each paper",
        PostStyle.SHORT: "short posts with the abstract in a thread",
        PostStyle.DIGEST: "one list each time, with every paper in its thread",
    }
)
"""What each style means, in words."""


async def limit(scene: Scene, papers: int | None) -> Reply:
    """Change how many papers a local day may bring; without a value, say how many."""
    if papers is None:
        return Reply(lines=(_limit(scene.channel),))
    before = scene.channel.post_limit
    async with scene.changing() as channel:
        channel.post_limit = papers
    now = bold(f"{count(papers, 'paper')} a day")
    changed = replace(scene, channel=channel)
    effect = line("At most ", now, f" come here from now on; it was {before}.")
    return announced(scene, "set the limit to ", now, ".", lines=[effect, *await _room(changed)])


async def threshold(scene: Scene, score: int | None) -> Reply:
    """Change the score from which a match counts; without a value, say which."""
    if score is None:
        lines = [_threshold(scene.channel), *await _examples(scene, _MARKS)]
        return Reply(lines=(*lines, _ON_THRESHOLDS))
    before = scene.channel.threshold
    async with scene.changing() as channel:
        channel.threshold = score
    marks = sorted({before, score}, reverse=True)
    effects = [
        line("A paper must match a watch by ", bold(str(score)), f" from now on; it was {before}."),
        *await _examples(scene, marks),
        line("See what that leaves with ", slash("preview"), "."),
    ]
    return announced(scene, "set the threshold to ", bold(str(score)), ".", lines=effects)


_MARKS = (90, 80, 70)
_ON_THRESHOLDS = line(
    "100 is the watch's very words in a title; lower lets in looser wording, and more that is "
    "about something else."
)


async def _examples(scene: Scene, thresholds: Sequence[int]) -> list[Line]:
    """What thresholds let through of the last days' papers here; nothing where none match."""
    found = await scene.rounds.at_thresholds(scene.channel, thresholds)
    if not any(each.papers for each in found):
        return []
    rows = [
        (
            *line("• ", bold(str(each.threshold)), f": {count(each.papers, 'paper')}"),
            *(line(", the last of them ", paper_span(each.example)) if each.example else ()),
        )
        for each in found
    ]
    return [line("Of the last days' papers it lets through:"), *rows]


async def _room(scene: Scene) -> list[Line]:
    """How many papers may come yet today."""
    left = (await scene.rounds.forecast(scene.channel)).left
    return [line(f"Today {count(left, 'more paper')} may come." if left else "Today's are here.")]


async def floor(scene: Scene, strength: int | None) -> Reply:
    """Change how strongly votes may speak against a paper that is still posted, or tell."""
    if strength is None:
        return Reply(lines=(_floor(scene.channel),))
    async with scene.changing() as channel:
        channel.floor = strength
    now = bold(_withheld(strength))
    effect = line("See what that leaves with ", slash("preview"), ".")
    return announced(scene, "set the floor: ", now, ".", lines=[effect])


async def style(scene: Scene, chosen: PostStyle | None) -> Reply:
    """Change how papers look here; without a value, say how."""
    if chosen is None:
        return Reply(lines=(_style(scene.channel),))
    async with scene.changing() as channel:
        channel.style = chosen
    effect = line("From the next papers on: ", bold(LOOKS[chosen]), ".")
    return announced(
        scene, "chose ", bold(LOOKS[chosen]), " from the next papers on.", lines=[effect]
    )


async def quiet(scene: Scene, on: bool | None) -> Reply:
    """Change whether a day without papers is silent; without a value, say whether."""
    if on is None:
        return Reply(lines=(_empty_day(scene.channel),))
    async with scene.changing() as channel:
        channel.quiet = on
    if on:
        effect = line("A day without papers now passes in silence.")
        return announced(scene, "chose silence on days without papers.", lines=[effect])
    effect = line("A day without papers now brings one line that says why.")
    return announced(scene, "asked for one line on days without papers.", lines=[effect])


async def quiet_hours(scene: Scene, hours: QuietHours | None) -> Reply:
    """Change the hours, weekends and holidays without posts; without a value, say which."""
    if hours is None:
        return Reply(lines=(_quiet_hours(scene.channel),))
    async with scene.changing() as channel:
        channel.quiet_hours = str(hours)
    if hours == NO_QUIET:
        lines = [line("Papers may come at any time.")]
        return announced(scene, "ended the quiet hours here.", lines=lines)
    lines = [
        line("Nothing is posted by itself in ", bold(str(hours)), f", {scene.zone.key}."),
        line("What was due then comes when they end; ", slash("now"), " posts at any time."),
    ]
    return announced(scene, "set quiet hours: ", bold(str(hours)), ".", lines=lines)


def _quiet_hours(channel: Channel) -> Line:
    if not channel.quiet_hours:
        return row("Quiet hours", "none", "quiet hours 19:00-08:00 weekends")
    return row("Quiet hours", channel.quiet_hours, "quiet hours off")


async def feed(scene: Scene, chosen: FeedChoice | None) -> Reply:
    """Make, renew or end the channel's outgoing feed; without a value, say its address."""
    had = scene.channel.feed_key
    if chosen is None or (chosen is FeedChoice.ON and had):
        return Reply(lines=_feed(scene, had))
    key = None if chosen is FeedChoice.OFF else secrets.token_urlsafe(_KEY_BYTES)
    async with scene.changing() as channel:
        channel.feed_key = key
    said = "ended the feed of this channel." if key is None else "made a feed of this channel."
    return announced(scene, said, lines=_feed(scene, key))


def _feed(scene: Scene, key: str | None) -> tuple[Line, ...]:
    if key is None:
        return (line("This channel has no feed. To have one, type ", slash("feed on"), "."),)
    start = f"{scene.context.pages.rstrip('/')}/feeds/{key}"
    return (
        line("Atom: ", code(f"{start}.atom")),
        line("JSON Feed: ", code(f"{start}.json")),
        line("Whoever has the address can read it. To change it, type ", slash("feed new"), "."),
    )


async def admin_here(scene: Scene, _: None) -> Reply:
    """Make this the channel that hears of broken sources and lost channels."""
    async with scene.database.write() as session:
        workspace = await channels.workspace_of(session, scene.channel)
        if workspace.admin_channel_id == scene.channel_id:
            return say("This is the admin channel already.")
        workspace.admin_channel_id = scene.channel_id
        session.add(workspace)
    return announced(
        scene,
        "made this the channel that hears of broken sources and lost channels.",
        lines=[line("Broken sources and lost channels are told here from now on.")],
    )


async def settings(scene: Scene, _: None) -> Reply:
    """Everything the channel is set to, each with the command that changes it."""
    scene = await scene.reached()
    admin = await _admin(scene)
    async with scene.database.read() as session:
        watched = [each.text for each in await watches.list_channel(session, scene.channel_id)]
        known = await sources.list_channel(session, scene.channel)
    read = [source for source, on in known if on]
    return Reply(
        lines=(
            line(bold(f"Settings of {scene.channel.name}")),
            *_gone(scene.channel),
            *_when(scene),
            *_how_much(scene.channel),
            row("Watches", str(len(watched)), "list", f"watch {unset(TOPICS, *watched)}"),
            row("Sources", _named(read), "sources", _another(read)),
            *await _beside(scene),
            row("Admin channel", admin, *([] if admin == _HERE else ["admin here"])),
            *support_lines(scene.context.support),
        )
    )


async def _beside(scene: Scene) -> list[Line]:
    """What comes beside the papers, or goes out with them."""
    async with scene.database.read() as session:
        roundup = await bulletins.find_roundup(session, scene.channel_id)
        club = await clubs.find(session, scene.channel_id)
        hook = await webhooks.find(session, scene.channel_id)
    suggests, feeds = scene.channel.suggests, scene.channel.feed_key is not None
    meets, weekly = club.weekly if club else "", roundup.weekly if roundup else ""
    host = hook.host if hook and hook.ended_at is None else ""
    return [
        row("Weekly round-up", weekly or "off", "roundup off" if weekly else ROUNDUP.example),
        row("Journal club", meets or "off", "club off" if meets else CLUB.example),
        row("Suggestions", _on(suggests), "suggestions off" if suggests else "suggestions on"),
        row("Feed of these posts", _on(feeds), "feed off" if feeds else "feed on"),
        row("Webhook", host or "none", "webhook off" if host else WEBHOOK.example),
    ]


def _on(so: bool) -> str:
    return "on" if so else "off"


async def _admin(scene: Scene) -> str:
    async with scene.database.read() as session:
        workspace = await channels.workspace_of(session, scene.channel)
        if workspace.admin_channel_id is None:
            return "none yet"
        if workspace.admin_channel_id == scene.channel_id:
            return _HERE
        admin = await channels.get(session, workspace.admin_channel_id)
    return await scene.rounds.public_name(admin) or "a private channel"


def _gone(channel: Channel) -> list[Line]:
    if channel.state is ChannelState.ACTIVE:
        return []
    return [line(bold(obstructed(channel)))]


def _when(scene: Scene) -> list[Line]:
    if not is_paused(scene.channel, scene.now):
        paused = row("Paused", "no", "pause for 3 days")
    else:
        end = scene.channel.paused_until
        until = f"until {moment(end, scene.zone)}" if end else "until somebody resumes"
        paused = row("Paused", until, "resume")
    return [scheduled(scene), coming(scene, scene.schedule), paused]


def _how_much(channel: Channel) -> list[Line]:
    return [
        _limit(channel),
        _threshold(channel),
        line(
            "Beyond the watches: ", bold(count(channel.beyond, "paper")), " a day, after 5 votes."
        ),
        _floor(channel),
        _style(channel),
        where_words_count(channel),
        _empty_day(channel),
        _quiet_hours(channel),
    ]


def _limit(channel: Channel) -> Line:
    other = unset(("5", "10"), str(channel.post_limit))
    return row("Limit", f"{count(channel.post_limit, 'paper')} a day", f"limit {other}")


def _threshold(channel: Channel) -> Line:
    other = unset(("85", "75"), str(channel.threshold))
    return row("Threshold", str(channel.threshold), f"threshold {other}")


def _floor(channel: Channel) -> Line:
    other = unset(("20", "100"), str(channel.floor))
    return row("Floor", _withheld(channel.floor), f"floor {other}")


def _withheld(strength: int) -> str:
    if strength >= _NEVER:
        return "nothing is held back for votes"
    return f"held back where votes speak against a paper by more than {strength}"


def _style(channel: Channel) -> Line:
    others = [f"style {each}" for each in PostStyle if each is not channel.style]
    return row("Style", LOOKS[channel.style], *others)


def _empty_day(channel: Channel) -> Line:
    empty_day = "silence" if channel.quiet else "one line"
    return row("Day without papers", empty_day, "quiet off" if channel.quiet else "quiet on")


def _named(read: Sequence[Source]) -> str:
    return ", ".join(source.name for source in read) or "none"


def _another(read: Sequence[Source]) -> str:
    return f"sources add {unset(CATEGORIES, *(source.spec for source in read))}"
