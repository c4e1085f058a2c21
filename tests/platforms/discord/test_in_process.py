"""Every command, completion, button, menu and form, in one process with simcord's own client.

It refuses what a real client could not do, fails for every error in an event, and knows no wire.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
import simcord
from simcord.backend import Backend
from simcord.components import walk_components

from bot.app import App
from bot.bootstrap import build_app
from bot.commands.verbs import VERBS
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.manage_form import FORMS
from bot.platforms.discord.manage_view import DIRECT
from bot.platforms.discord.markdown import OPTIONS, here
from bot.rounds.scheduling.schedule import Slot
from config.settings import Settings
from storage import channels
from tests import make
from tests.peers.discord.bridge import encoded
from tests.platforms.discord.conftest import EXPERTS, AtOnce
from tests.waiting import PATIENCE

OPENS_A_FORM = "import"
KNOWN_HERE = ("unwatch", "preview", "sources remove", "why", "delete", "help", "limit")
"""Verbs for whose value something can be offered in every channel with a watch and a post."""

WITHOUT_A_VALUE = ("schedule", "limit", "threshold", "quiet", "style", "pause", "top", "help")


@dataclass
class Inside:
    """A running bot, with a channel, and somebody in it who may change it."""

    env: simcord.Env
    app: App
    channel: simcord.ChannelHandle
    ada: simcord.MemberActor

    async def slash(self, words: str, value: str | None = None) -> simcord.InteractionResult:
        """Type a command with its value, in the words of Discord's form."""
        numeric = words in ("limit", "threshold", "club vote")
        given = {} if value is None else {OPTIONS[words]: int(value) if numeric else value}
        return await self.ada.slash(self.channel, f"papers {listed(words)}", **given)

    async def round(self) -> None:
        async with self.app.database.read() as session:
            [kept] = [
                each
                for each in await channels.list_platform(session, "discord")
                if each.address.endswith(f"/{self.channel.id}")
            ]
        await AtOnce(self.app).run_slot(Slot(kept.id or 0, self.app.clock()))


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Inside]:
    """No fixture: simcord's clock belongs to the task that started it."""
    number = encoded(Backend().application_id)
    settings = Settings(
        data_dir=folder,
        huggingface=False,
        arxiv_url="http://127.0.0.1:9",
        discord_token=f"{number}.AAAAAA.secret",
    )
    app = build_app(settings)
    assert app.hold()
    await app.prepare()
    async with app.database.write() as session:
        await make.paper(session, EXPERTS, "arxiv:2601.00001", at=app.clock())
    chat = app.platforms["discord"]
    assert isinstance(chat, DiscordChat)

    async def opened() -> None:
        await chat.client.open(app.inbox(AtOnce(app)), chat.announce)

    chat.client.setup_hook = opened
    async with simcord.run(chat.client, shard_count=1, settle_timeout=PATIENCE) as env:
        guild = env.create_guild("lab")
        channel = guild.create_text_channel("general")
        role = guild.create_role("mods", permissions=discord.Permissions(manage_channels=True))
        ada = guild.add_member(env.create_user("ada"), roles=[role])
        yield Inside(env, app, channel, ada)
    await app.close()


def listed(words: str) -> str:
    """A verb as it is typed on Discord, where it is also the name of a group."""
    family = any(here(each.words).startswith(f"{here(words)} ") for each in VERBS)
    return f"{words} list" if family else here(words)


async def test_every_verb_is_answered_to_its_author_alone(tmp_path: Path) -> None:
    async with running(tmp_path) as inside:
        await inside.slash("watch", "mixture of experts")
        await inside.round()
        for verb in VERBS:
            example = verb.example.removeprefix(verb.words).strip()
            value = example if verb.words in OPTIONS else None
            if verb.words in ("why", "similar", "submit", "delete"):
                value = EXPERTS
            answered = await inside.slash(verb.words, value)
            if verb.words == OPENS_A_FORM:
                assert answered.modal is not None
                continue
            said = [*filter(None, [answered.response]), *answered.followups]
            assert said, verb.words
            assert all(each.ephemeral for each in said), verb.words
            assert "went wrong" not in " ".join(each.content for each in said), verb.words


@pytest.mark.parametrize("words", WITHOUT_A_VALUE)
async def test_a_verb_that_needs_no_value_is_answered_without_one(
    tmp_path: Path, words: str
) -> None:
    async with running(tmp_path) as inside:
        answered = await inside.slash(words)

        assert answered.ephemeral
        assert answered.acknowledged


async def test_every_completed_option_offers_what_its_command_takes(tmp_path: Path) -> None:
    async with running(tmp_path) as inside:
        await inside.slash("watch", "mixture of experts")
        await inside.round()
        completed = [verb for verb in VERBS if verb.words in OPTIONS and not verb.argument.closed]
        for verb in completed:
            offered = await inside.ada.autocomplete(
                inside.channel, f"papers {listed(verb.words)}", OPTIONS[verb.words], ""
            )
            assert len(offered) <= 25, verb.words
            if verb.words in (
                "unwatch",
                "preview",
                "sources remove",
                "why",
                "delete",
                "help",
                "limit",
            ):
                assert offered, verb.words


async def test_every_button_menu_and_form_of_the_panel_works(tmp_path: Path) -> None:
    async with running(tmp_path) as inside:
        await inside.slash("watch", "mixture of experts")
        panel = (await inside.slash("settings")).response
        assert panel is not None
        custom_ids = [
            str(each["custom_id"])
            for each in walk_components(panel.components)
            if "custom_id" in each
        ]
        used = []
        for custom_id in custom_ids:
            if not custom_id.startswith("paperround:do:"):
                continue
            what = custom_id.removeprefix("paperround:do:")
            answered = await inside.ada.click(panel, custom_id=custom_id)
            if what in FORMS:
                typed = {field.verb: field.placeholder for field in FORMS[what][1]}
                answered = await inside.ada.submit_modal(answered, typed)
            assert answered.ephemeral, custom_id
            used.append(what)
        await inside.ada.select(panel, ["embeds", "buttons"], custom_id="paperround:looks")
        await inside.ada.select(panel, ["mixture of experts"], custom_id="paperround:unwatch")

        assert {*used} >= {*FORMS, *DIRECT} - {OPENS_A_FORM, "resume"}


async def test_every_button_of_a_post_works_in_either_look(tmp_path: Path) -> None:
    async with running(tmp_path) as inside:
        await inside.slash("watch", "mixture of experts")
        panel = (await inside.slash("settings")).response
        assert panel is not None
        await inside.ada.select(panel, ["embeds", "buttons"], custom_id="paperround:looks")
        await inside.round()
        [post] = [each for each in inside.channel.history() if each.components and each.embeds]
        await inside.ada.react(post, "👍")
        details = await inside.ada.click(post, label="Details")
        why = await inside.ada.context_menu(inside.channel, "Why this paper?", post)
        for custom_id in ("paperround:vote:down", "paperround:vote:save"):
            pressed = await inside.ada.click(post, custom_id=custom_id)
            assert pressed.ephemeral

        assert details.ephemeral
        assert why.response is not None
        assert "mixture of experts" in why.response.content.lower()
