"""The view to manage a channel: what it is set to, with buttons and menus that send commands.

Everything in it is found by custom ids that name what to do, never by objects in memory, so a
view that was opened before a restart works after it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import discord
from discord import ui

from bot.cards.spans import Line, bold, code, line
from bot.chat import Overview
from bot.platforms.discord.forms import AT, WHAT, about
from bot.platforms.discord.looks import Look, Looks
from bot.platforms.discord.markdown import markdown
from bot.platforms.discord.sizes import CHOICES, OPTION

_PREFIX = "paperround:do:"
DO = re.compile(rf"{_PREFIX}{WHAT}{AT}")
PICK = re.compile(rf"paperround:unwatch{AT}")
LOOK = re.compile(rf"paperround:looks{AT}")
"""Custom ids; one that ends in `@FORUM` is about the forum above the thread in which it stands."""

FORUM = "forum"
"""The word of the button that leads from a thread to the forum above it."""

_TEXT = 3_500
_LINE = 400


LOOKS: Mapping[Look, tuple[str, str]] = MappingProxyType(
    {
        Look.EMBEDS: ("Classic embeds", "Instead of cards, for older apps and other bots."),
        Look.BUTTONS: ("Buttons to vote with", "Under every post, beside reactions."),
        Look.PUBLISH: ("Publish posts", "To the servers that follow this channel."),
        Look.DAILY: ("One thread a day", "Instead of a thread for each paper."),
    }
)
"""What each look is called, and what it does."""

DIRECT: Mapping[str, str] = MappingProxyType({"pause": "pause", "resume": "resume", "now": "now"})
"""Buttons that need no form, with the command that they send."""


@dataclass(frozen=True, slots=True)
class Place:
    """What only Discord knows of a channel: its looks, and which of them it could have.

    `at` is the forum's id in a panel about the forum above a thread; `below_forum` says that the
    panel stands in such a thread.
    """

    looks: Looks
    offered: tuple[Look, ...] = (Look.EMBEDS, Look.BUTTONS)
    at: int | None = None
    below_forum: bool = False


def panel(overview: Overview, place: Place, *, may_change: bool) -> ui.LayoutView:
    """What a channel is set to, and for those who may change it, the means to."""
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(_summary(overview)))
    above = about(place.at)
    if may_change:
        if options := _options(overview.watches):
            box.add_item(
                ui.ActionRow(
                    ui.Select(
                        custom_id=f"paperround:unwatch{above}",
                        placeholder="Stop watching…",
                        options=options,
                    )
                )
            )
        box.add_item(ui.ActionRow(_looks(place)))
        box.add_item(ui.ActionRow(*_buttons(overview, above)))
    if place.below_forum:
        forum = ui.Button[ui.LayoutView](label="The whole forum…", custom_id=f"{_PREFIX}{FORUM}")
        box.add_item(ui.ActionRow(forum))
    view.add_item(box)
    view.stop()
    return view


def _summary(overview: Overview) -> str:
    lines: list[Line] = [
        line(bold(f"Papers in {overview.name}")),
        line("Comes: ", code(overview.schedule), _paused(overview)),
        line(f"At most {overview.limit} a day, matching {overview.threshold} or better."),
        *(
            line("Source ", bold(each.name), f": {each.problem}" if each.problem else " answers.")
            for each in overview.sources
            if each.on
        ),
        *([line("No papers arrive: ", overview.lost)] if overview.lost else []),
        line("Watches:") if overview.watches else line("Nothing is watched yet."),
        *(line(f"{number}. ", code(text)) for number, text in enumerate(overview.watches, 1)),
    ]
    shown: list[str] = []
    for each in lines:
        text = markdown(each, _LINE)
        if sum(map(len, shown)) + len(text) > _TEXT:
            shown.append("…")
            break
        shown.append(text)
    return "\n".join(shown)


def _paused(overview: Overview) -> str:
    if not overview.paused:
        return ""
    if overview.paused_until is None:
        return ", paused until resumed"
    return f", paused until {overview.paused_until:%Y-%m-%d %H:%M} UTC"


def _options(watches: Sequence[str]) -> list[discord.SelectOption]:
    """The watches that fit an option whole: a shortened one could not be told from another."""
    fitting = [text for text in watches if 0 < len(text) <= OPTION]
    return [discord.SelectOption(label=text, value=text) for text in fitting[:CHOICES]]


def _looks(place: Place) -> ui.Select[ui.LayoutView]:
    """Everything that may be chosen together, with what is chosen now."""
    options = [
        discord.SelectOption(
            label=LOOKS[look][0],
            description=LOOKS[look][1],
            value=look,
            default=look in place.looks,
        )
        for look in place.offered
    ]
    return ui.Select(
        custom_id=f"paperround:looks{about(place.at)}",
        placeholder="How posts look…",
        min_values=0,
        max_values=len(options),
        options=options,
    )


def _buttons(overview: Overview, above: str) -> list[ui.Button[ui.LayoutView]]:
    turn = ("Resume", "resume") if overview.paused else ("Pause", "pause")
    named = (("Watch…", "watch"), ("When…", "when"), ("How many…", "amount"), turn, ("Now", "now"))
    return [ui.Button(label=label, custom_id=f"{_PREFIX}{what}{above}") for label, what in named]
