"""Buttons, menus and forms that people use: each known by its custom id, across restarts."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord
from discord import ui

from bot.cards.card import Card
from bot.cards.spans import bold, line
from bot.chat import MessageRef
from bot.commands.wording import say
from bot.platforms.discord import forms, manage
from bot.platforms.discord.access import unpostable
from bot.platforms.discord.answers import Answers, Asked, defer, tell, where
from bot.platforms.discord.looks import Look, Looks, LooksBook
from bot.platforms.discord.markdown import escape_within, paragraphs
from bot.platforms.discord.marks import DETAILS, SHOW, VOTE
from bot.platforms.discord.pictures import Pictures
from bot.platforms.discord.places import names
from bot.platforms.discord.records import Records
from bot.platforms.discord.voting import Voting

_TITLE = 500
_ABSTRACT = 3_000


_NOT_ALLOWED = (
    "You may not change what this channel gets. Ask somebody who may, such as a moderator."
)


class Controls:
    """What happens when somebody presses, picks or sends something of ours.

    discord.py could hold views for this; a custom id that says what to do needs none in memory.
    """

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
        """Do what a component or a form asks for; those that are not ours are left alone."""
        data: Mapping[str, Any] = asked.data or {}
        custom_id = str(data.get("custom_id", ""))
        if asked.type is discord.InteractionType.modal_submit:
            if sent := forms.FORM.fullmatch(custom_id):
                await self._sent(asked, sent["what"], data.get("components", ()), _at(sent))
        elif asked.type is discord.InteractionType.component:
            if details := DETAILS.fullmatch(custom_id):
                await self._details(asked, details["delivery_id"])
            elif vote := VOTE.fullmatch(custom_id):
                with self._answers.working():
                    await self._voting.pressed(asked, vote["what"])
            elif shown := SHOW.fullmatch(custom_id):
                await self._pictures.show(asked, shown["text"])
            elif picked := manage.PICK.fullmatch(custom_id):
                texts = [f"unwatch {text}" for text in data["values"]]
                await self._answers.run(asked, *texts, at=_at(picked))
            elif looked := manage.LOOK.fullmatch(custom_id):
                with self._answers.working():
                    await self._chose(asked, data["values"], _at(looked))
            elif pressed := manage.DO.fullmatch(custom_id):
                await self._pressed(asked, pressed["what"], _at(pressed))

    async def show_settings(self, asked: Asked, at: int | None = None) -> None:
        """Show what the channel, or the forum `at` above it, is set to, and ways to change it."""
        with self._answers.working():
            if not await defer(asked):
                return
            overview = await self._answers.inbox.overview(where(asked, at))
            looks = await self._looks.of(where(asked, at))
            view = manage.panel(
                overview, _place(asked, looks, at), may_change=self._answers.allows(asked)
            )
            await asked.followup.send(
                view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )

    async def ask_for_import(self, asked: Asked) -> None:
        """Open a form for many lines: an option of a command has room for one."""
        overview = await self._answers.inbox.overview(where(asked))
        await asked.response.send_modal(forms.form("import", overview))

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
        if what in manage.DIRECT:
            await self._answers.run(asked, manage.DIRECT[what], at=at)
        elif what in forms.FORMS:
            overview = await self._answers.inbox.overview(where(asked, at))
            await asked.response.send_modal(forms.form(what, overview, at))
        elif what == manage.FORUM:
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
        texts = forms.commands(what, forms.typed_values(components), overview)
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
        names = ", ".join(manage.LOOKS[look][0].lower() for look in chosen) or "plain cards"
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
    """Title and whole abstract, in as many texts as they take."""
    first, *more = paragraphs(card.abstract, _ABSTRACT) or ["This paper has no abstract."]
    return [f"### {escape_within(card.title, _TITLE)}\n{first}", *more]


def _at(found: re.Match[str]) -> int | None:
    """The forum that a custom id is about, or None."""
    return int(found["at"]) if found["at"] else None


def _names(asked: Asked, message_id: int) -> Sequence[MessageRef]:
    place_id = asked.channel_id or 0
    return names(asked.client, asked.guild_id, place_id, message_id, asked.user.id)


def _place(asked: Asked, looks: Looks, at: int | None) -> manage.Place:
    """What a panel can offer where it is opened."""
    offered = [Look.EMBEDS, Look.BUTTONS]
    forum = isinstance(getattr(asked.channel, "parent", None), discord.ForumChannel)
    if at is not None:
        offered.append(Look.DAILY)
    elif isinstance(asked.channel, discord.TextChannel) and asked.channel.is_news():
        offered.append(Look.PUBLISH)
    return manage.Place(looks, tuple(offered), at, below_forum=forum and at is None)
