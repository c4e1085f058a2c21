"""Buttons, menus and forms that people use: each known by its custom id, across restarts."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import ui

from bot.chat import MessageRef
from bot.commands.wording import say
from bot.platforms.discord import manage
from bot.platforms.discord.answers import Answers, Asked, defer, tell, where
from bot.platforms.discord.markdown import escape_within
from bot.platforms.discord.marks import DETAILS, VOTE
from bot.platforms.discord.records import Records
from bot.platforms.discord.voting import Voting

_ABSTRACT = 3_000


class Controls:
    """What happens when somebody presses, picks or sends something of ours.

    discord.py could hold views for this; a custom id that says what to do needs none in memory.
    """

    def __init__(self, answers: Answers, records: Records, voting: Voting) -> None:
        self._answers = answers
        self._records = records
        self._voting = voting

    async def used(self, asked: Asked) -> None:
        """Do what a component or a form asks for; those that are not ours are left alone."""
        data: Mapping[str, Any] = asked.data or {}
        custom_id = str(data.get("custom_id", ""))
        if asked.type is discord.InteractionType.modal_submit:
            if sent := manage.FORM.fullmatch(custom_id):
                await self._sent(asked, sent["what"], data.get("components", ()))
        elif asked.type is discord.InteractionType.component:
            if details := DETAILS.fullmatch(custom_id):
                await self._details(asked, details["delivery_id"])
            elif vote := VOTE.fullmatch(custom_id):
                with self._answers.working():
                    await self._voting.pressed(asked, vote["what"])
            elif custom_id == manage.PICK:
                await self._answers.run(asked, *(f"unwatch {text}" for text in data["values"]))
            elif pressed := manage.DO.fullmatch(custom_id):
                await self._pressed(asked, pressed["what"])

    async def show_settings(self, asked: Asked) -> None:
        """Show what the channel is set to, with the means to change it."""
        with self._answers.working():
            if not await defer(asked):
                return
            overview = await self._answers.inbox.overview(where(asked))
            view = manage.panel(overview, may_change=self._answers.allows(asked))
            await asked.followup.send(
                view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )

    async def ask_for_import(self, asked: Asked) -> None:
        """Open a form for many lines: an option of a command has room for one."""
        overview = await self._answers.inbox.overview(where(asked))
        await asked.response.send_modal(manage.form("import", overview))

    async def why(self, asked: Asked, message: discord.Message) -> None:
        """Say why the paper of a message was posted."""
        name = await self._records.paper_name(MessageRef(where(asked), str(message.id)))
        if name is not None:
            await self._answers.run(asked, f"why {name}")
        elif await defer(asked):
            await tell(asked, say("That message is not a paper that was posted here."))

    async def _pressed(self, asked: Asked, what: str) -> None:
        if what in manage.DIRECT:
            await self._answers.run(asked, manage.DIRECT[what])
        elif what in manage.FORMS:
            overview = await self._answers.inbox.overview(where(asked))
            await asked.response.send_modal(manage.form(what, overview))

    async def _sent(self, asked: Asked, what: str, components: Any) -> None:  # noqa: ANN401 - JSON
        overview = await self._answers.inbox.overview(where(asked))
        texts = manage.commands(what, manage.typed_values(components), overview)
        if texts:
            await self._answers.run(asked, *texts)
        elif await defer(asked):
            await tell(asked, say("Nothing was changed."))

    async def _details(self, asked: Asked, delivery_id: str) -> None:
        with self._answers.working():
            if not await defer(asked):
                return
            card = await self._records.card(delivery_id)
            if card is None:
                await tell(asked, say("This paper is no longer kept here."))
                return
            text = escape_within(card.abstract, _ABSTRACT) or "This paper has no abstract."
            title = escape_within(card.title, 500)
            view = ui.LayoutView(timeout=None).add_item(ui.TextDisplay(f"### {title}\n{text}"))
            await asked.followup.send(
                view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )
