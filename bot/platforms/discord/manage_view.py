"""The panel that manages a channel, and the handlers of its buttons and menus.

A custom id says what a button does, and no state is kept in memory: a panel from before a restart
works after it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import discord
from discord import ui

from bot.cards.card import Card
from bot.cards.richtext import Line, bold, code, line
from bot.commands.replies import say, support_lines
from bot.platforms.discord import manage_form
from bot.platforms.discord.auth import unpostable
from bot.platforms.discord.cards import ASK, CHOICE, CHOICES, DETAILS, OPTION, SHOW, VOTE
from bot.platforms.discord.events import names
from bot.platforms.discord.interactions import Answers, Asked, defer, tell, where
from bot.platforms.discord.manage_form import AT, WHAT, Look, Looks, LooksBook, about
from bot.platforms.discord.markdown import escape_within, markdown, paragraphs, weight
from bot.platforms.discord.pictures import Pictures
from bot.platforms.discord.reactions import Voting
from bot.platforms.discord.records import Records
from bot.ports import MessageRef, Overview

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
class CardPlace:
    """What only Discord knows of a channel: its looks, and which looks it may choose.

    `at` is the forum's id in a panel about the forum above a thread; `below_forum` says that the
    panel is in a thread of a forum.
    """

    looks: Looks
    offered: tuple[Look, ...] = (Look.EMBEDS, Look.BUTTONS)
    at: int | None = None
    below_forum: bool = False


def panel(overview: Overview, place: CardPlace, *, may_change: bool) -> ui.LayoutView:
    """A channel's settings, with buttons and menus for those who may change them."""
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
        *support_lines(overview.support),
        line("Watches:") if overview.watches else line("Nothing is watched yet."),
        *(line(f"{number}. ", code(text)) for number, text in enumerate(overview.watches, 1)),
    ]
    shown: list[str] = []
    for each in lines:
        text = markdown(each, _LINE)
        if sum(weight(line_) + 1 for line_ in shown) + weight(text) > _TEXT:
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
    """The watches that fit a menu's option whole; a shortened one would not be unique."""
    fitting = [text for text in watches if 0 < weight(text) <= OPTION]
    return [discord.SelectOption(label=text, value=text) for text in fitting[:CHOICES]]


def _looks(place: CardPlace) -> ui.Select[ui.LayoutView]:
    """The menu of looks, with the present ones selected."""
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


_TITLE = 500
_ABSTRACT = 3_000


_NOT_ALLOWED = (
    "You may not change what this channel gets. Ask somebody who may, such as a moderator."
)


class ComponentHandler:
    """Handles buttons, menus and forms by their custom ids."""

    def __init__(
        self,
        answers: Answers,
        records: Records,
        voting: Voting,
        looks: LooksBook,
        now: Callable[[], datetime],
    ) -> None:
        self._answers = answers
        self._records = records
        self._voting = voting
        self._looks = looks
        self._now = now
        self._pictures = Pictures(answers)

    async def used(self, asked: Asked) -> None:
        """Do what a button, menu or form asks for; ids of others are ignored."""
        data: Mapping[str, Any] = asked.data or {}
        custom_id = str(data.get("custom_id", ""))
        if asked.type is discord.InteractionType.modal_submit:
            if sent := manage_form.FORM.fullmatch(custom_id):
                await self._sent(asked, sent["what"], data.get("components", ()), _at(sent))
            elif told := ASK.fullmatch(custom_id):
                typed = manage_form.typed_values(data.get("components", ())).get("typed", "")
                await self._answers.run(asked, f"{told['text']} {typed.strip()}".strip())
        elif asked.type is discord.InteractionType.component:
            if chosen := CHOICE.fullmatch(custom_id):
                await self._answers.run(asked, chosen["text"])
            elif asks := ASK.fullmatch(custom_id):
                form = manage_form.ask_form(custom_id, asks["asks"])
                await asked.response.send_modal(form)
            else:
                await self._pressed_below(asked, custom_id, data)

    async def _pressed_below(self, asked: Asked, custom_id: str, data: Mapping[str, Any]) -> None:
        """A button below a post or a picture, or one of the settings."""
        if details := DETAILS.fullmatch(custom_id):
            await self._details(asked, details["delivery_id"])
        elif vote := VOTE.fullmatch(custom_id):
            with self._answers.working():
                await self._voting.pressed(asked, vote["what"])
        elif shown := SHOW.fullmatch(custom_id):
            await self._pictures.show(asked, shown["text"])
        elif picked := PICK.fullmatch(custom_id):
            texts = [f"unwatch {text}" for text in data["values"]]
            await self._answers.run(asked, *texts, at=_at(picked))
        elif looked := LOOK.fullmatch(custom_id):
            with self._answers.working():
                await self._chose(asked, data["values"], _at(looked))
        elif pressed := DO.fullmatch(custom_id):
            await self._pressed(asked, pressed["what"], _at(pressed))

    async def show_settings(self, asked: Asked, at: int | None = None) -> None:
        """Show the settings of the channel, or of the forum `at` above it."""
        with self._answers.working():
            if not await defer(asked):
                return
            overview = await self._answers.inbox.overview(where(asked, at))
            looks = await self._looks.of(where(asked, at))
            view = panel(overview, _place(asked, looks, at), may_change=self._answers.allows(asked))
            await asked.followup.send(
                view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )

    async def ask_for_import(self, asked: Asked) -> None:
        """Open a form for many lines: an option of a command takes one line."""
        overview = await self._answers.inbox.overview(where(asked))
        await asked.response.send_modal(manage_form.form("import", overview))

    async def why(self, asked: Asked, message: discord.Message) -> None:
        """Say why the paper of a message was posted."""
        kept = await self._records.find_kept(_names(asked, message.id))
        name = await self._records.paper_name(kept) if kept is not None else None
        if kept is not None and name is not None:
            below = kept.channel != where(asked)
            at = int(kept.channel.channel) if below else None
            await self._answers.run(asked, f"why {name}", at=at)
        elif await defer(asked):
            await tell(asked, say("That message is not a paper that was posted here."))

    async def _pressed(self, asked: Asked, what: str, at: int | None) -> None:
        if what in DIRECT:
            await self._answers.run(asked, DIRECT[what], at=at)
        elif what in manage_form.FORMS:
            overview = await self._answers.inbox.overview(where(asked, at))
            await asked.response.send_modal(manage_form.form(what, overview, at))
        elif what == FORUM:
            await self._show_forum(asked)

    async def _show_forum(self, asked: Asked) -> None:
        above = getattr(asked.channel, "parent", None)
        if above is not None and (reason := unpostable(above)) is not None:
            if await defer(asked):
                await tell(asked, say(f"{reason[0].upper()}{reason[1:]}."))
            return
        await self.show_settings(asked, getattr(asked.channel, "parent_id", None))

    async def _sent(
        self,
        asked: Asked,
        what: str,
        components: Sequence[Mapping[str, Any]],
        at: int | None,
    ) -> None:
        overview = await self._answers.inbox.overview(where(asked, at))
        texts = manage_form.commands(what, manage_form.typed_values(components), overview)
        if texts:
            await self._answers.run(asked, *texts, at=at)
        elif await defer(asked):
            await tell(asked, say("Nothing was changed."))

    async def _chose(self, asked: Asked, values: Sequence[str], at: int | None) -> None:
        if not await defer(asked):
            return
        if not self._answers.allows(asked):
            await tell(asked, say(_NOT_ALLOWED))
            return
        chosen = [look for look in Look if look in values]
        if not await self._looks.choose(where(asked, at), chosen, self._now):
            await tell(asked, say("Nothing comes here yet. Watch a topic first, then choose."))
            return
        names = ", ".join(LOOKS[look][0].lower() for look in chosen) or "plain cards"
        await tell(asked, say(f"From the next post on: {names}."))
        person = asked.user.display_name
        await self._answers.announce(asked, line(bold(person), f" chose for posts: {names}."), at)

    async def _details(self, asked: Asked, delivery_id: str) -> None:
        with self._answers.working():
            if not await defer(asked):
                return
            card = await self._records.card(delivery_id)
            if card is None:
                await tell(asked, say("This paper is no longer kept here."))
                return
            for text in _abstract(card):
                view = ui.LayoutView(timeout=None).add_item(ui.TextDisplay(text))
                await asked.followup.send(
                    view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
                )


def _abstract(card: Card) -> list[str]:
    """Title and whole abstract, in as many texts as needed."""
    first, *more = paragraphs(card.abstract, _ABSTRACT) or ["This paper has no abstract."]
    return [f"### {escape_within(card.title, _TITLE)}\n{first}", *more]


def _at(found: re.Match[str]) -> int | None:
    """The forum that a custom id is about, or None."""
    return int(found["at"]) if found["at"] else None


def _names(asked: Asked, message_id: int) -> Sequence[MessageRef]:
    place_id = asked.channel_id or 0
    return names(asked.client, asked.guild_id, place_id, message_id, asked.user.id)


def _place(asked: Asked, looks: Looks, at: int | None) -> CardPlace:
    """The looks that a panel offers in this channel."""
    offered = [Look.EMBEDS, Look.BUTTONS]
    forum = isinstance(getattr(asked.channel, "parent", None), discord.ForumChannel)
    if at is not None:
        offered.append(Look.DAILY)
    elif isinstance(asked.channel, discord.TextChannel) and asked.channel.is_news():
        offered.append(Look.PUBLISH)
    return CardPlace(looks, tuple(offered), at, below_forum=forum and at is None)
