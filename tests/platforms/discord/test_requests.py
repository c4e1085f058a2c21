"""Whatever is sent to Discord is as its official description says, whatever the papers are.

The local Discord of every test judges each request by that description; these stories send all
that the program can send.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from discord.http import handle_message_parameters
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType

from bot.cards.card import Form, simplified
from bot.cards.compose import compose
from bot.cards.richtext import line
from bot.platforms.discord.build import build_discord
from bot.platforms.discord.cards import card_message, details_messages, head_message
from bot.platforms.discord.manage_form import Look, Looks
from bot.ports import ChannelRef, MessageRef
from storage.models import Paper
from tests.make import NOON
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import MESSAGES, Fault
from tests.peers.discord.openapi import Description, description
from tests.peers.discord.people import Someone
from tests.peers.extremes import EXTREMES, TOPIC
from tests.platforms.discord.conftest import Installed, Open, address, greeted, options, voted
from tests.shared import needs_shared

pytestmark = needs_shared


@pytest.fixture
def judge() -> Description:
    found = description()
    assert found is not None
    return found


LOOKS = [Looks(frozenset(each)) for each in ((), {Look.EMBEDS}, {Look.BUTTONS}, set(Look))]


def body(made: Mapping[str, Any]) -> Any:
    """What discord.py makes of a message to send."""
    given = {name: value for name, value in made.items() if name != "nonce"}
    silent = given.pop("suppress_embeds", False)
    with handle_message_parameters(**given) as sent:
        assert sent.payload is not None
        return sent.payload | ({"flags": 4} if silent else {})


@pytest.mark.parametrize("name", EXTREMES)
def test_an_extreme_paper_in_every_form_and_look_is_a_message_as_described(
    judge: Description, name: str
) -> None:
    paper = Paper(key="a", source="a", first_seen_at=NOON, updated_at=NOON, **EXTREMES[name])
    card = compose(paper, why=line("matched ", paper.title))

    for form in Form:
        for look in LOOKS:
            sent = body(card_message(simplified(card, form), "d" * 25, look))
            assert judge.wrong("POST", "/channels/1/messages", {}, sent) == [], (form, look)
            assert judge.wrong("PATCH", "/channels/1/messages/2", {}, sent) == [], (form, look)


@pytest.mark.parametrize("name", EXTREMES)
def test_lists_and_details_of_extreme_papers_are_messages_as_described(
    judge: Description, name: str
) -> None:
    title, abstract = EXTREMES[name]["title"], EXTREMES[name].get("abstract", "")
    lines = [line(title), line(abstract), *[line(f"{number}. ", title) for number in range(200)]]

    for made in (head_message(lines, "h"), *details_messages(lines, "h")):
        assert judge.wrong("POST", "/channels/1/messages", {}, body(made)) == []


def test_an_unknown_field_a_wrong_kind_and_an_unknown_path_are_seen(judge: Description) -> None:
    path = "/channels/1/messages"

    assert judge.wrong("POST", path, {}, {"content": "x"}) == []
    assert judge.wrong("POST", path, {}, {"content": "x", "contents": "x"})
    assert judge.wrong("POST", path, {}, {"content": 7})
    assert judge.wrong("POST", path, {}, {"embeds": [{"title": "x" * 257}]})
    assert judge.wrong("POST", path, {}, {"components": [{"type": 10, "content": ""}]})
    assert judge.wrong("POST", path, {"wait": "true"}, {"content": "x"})
    assert judge.wrong("POST", "/channels/1/message", {}, {})
    assert judge.wrong("GET", path, {"limit": "1000"}, None)


SENT = frozenset(
    {
        *("get_my_user", "get_my_oauth2_application", "get_bot_gateway", "list_my_guilds"),
        *("list_application_commands", "bulk_set_application_commands"),
        "list_guild_application_commands",
        *("create_message", "update_message", "delete_message", "get_message", "list_messages"),
        *("create_thread", "create_thread_from_message"),
        *("add_my_message_reaction", "list_message_reactions_by_emoji", "crosspost_message"),
        *("create_interaction_response", "execute_webhook", "update_original_webhook_message"),
        *("get_guild", "get_channel", "get_guild_member", "create_dm"),
        *("get_active_guild_threads", "list_public_archived_threads"),
    }
)
"""Every operation that the program asks Discord for."""


async def test_a_story_with_extreme_papers_sends_all_that_can_be_sent_as_described(
    judge: Description, bridge: Bridge, install: Open, guild: Guild, ada: User
) -> None:
    judge.used.clear()
    world = bridge.world
    general, papers = world.channel(guild, "general"), world.channel(guild, "papers")
    forum = world.backend.create_channel(guild.id, "forum", type=ChannelType.FORUM)
    mine = world.backend.get_dm_channel(ada.id)
    async with install(discord_seed_votes=True, discord_vote_buttons=True) as running:
        await greeted(bridge, world.channel(world.invite("club", "hall"), "hall"))
        await extremes(running)
        for where, style in ((general, "cards"), (papers, "short"), (mine, "digest")):
            await read(running, ada, where, style)
        await digest_in_a_thread(running, ada, papers)
        await in_a_forum(running, ada, forum)
        await managed(running, ada, general)
        await published(running, ada, guild)
        await changed_and_found(running, general, forum)
    async with install():
        await running.quiet()

    assert SENT - judge.used == set()
    assert judge.used - SENT == set()


async def extremes(running: Installed) -> None:
    for facts in EXTREMES.values():
        told = {name: fact for name, fact in facts.items() if name != "title"}
        await running.papers(facts["title"], **told)


async def read(running: Installed, ada: User, where: Channel, style: str) -> None:
    """Watch, get all there is, vote, and ask for everything that can be asked for."""
    someone = running.person(ada, where)
    await someone.slash("watch", expression=TOPIC)
    await someone.slash("limit", papers=50)
    await someone.slash("style", look=style)
    await someone.slash("now")
    posts = await posted(running, where)
    someone.react(posts[0], "👍")
    await voted(running, 1)
    someone.unreact(posts[0], "👍")
    for words in ("list", "find top", "saved list", "sources list", "help"):
        await someone.slash(words)
    await someone.slash("search", expression=TOPIC)
    await someone.complete("unwatch", "watch", "mix")
    await someone.press(posts[0], "Details")
    await someone.menu("Why this paper?", posts[0])


async def posted(running: Installed, where: Channel | int) -> list[int]:
    async with running.waiting(f"posts in {where}") as look:
        while not running.bridge.world.post_ids(where):
            await look()
    await running.quiet()
    return running.bridge.world.post_ids(where)


async def digest_in_a_thread(running: Installed, ada: User, where: Channel) -> None:
    someone = running.person(ada, where)
    await someone.slash("style", look="digest")
    await running.papers(*(f"A digest of {TOPIC} {'x' * 300} {each}" for each in range(8)))
    await someone.slash("now")
    await running.quiet()


async def in_a_forum(running: Installed, ada: User, forum: Channel) -> None:
    world = running.bridge.world
    talk = world.backend.create_thread(forum.id, "talk", ada.id, type=ChannelType.PUBLIC_THREAD)
    someone = Someone(running.bridge, ada, talk)
    panel = (await someone.slash("settings")).messages[0].id
    whole = (await someone.press(panel, "The whole forum…")).messages[0].id
    await someone.fill_in(await someone.press(whole, "Watch…"), watch=TOPIC)
    await running.round(forum)
    await someone.pick(whole, f"paperround:looks@{forum.id}", "daily")
    await running.papers(f"One more on {TOPIC}")
    await running.round(forum)


async def managed(running: Installed, ada: User, where: Channel) -> None:
    someone = running.person(ada, where)
    panel = (await someone.slash("settings")).messages[0].id
    await someone.press(panel, "How many…")
    await someone.pick(panel, "paperround:looks", "embeds", "buttons")
    await running.papers(f"An embed on {TOPIC}")
    await running.round(where)
    await someone.slash("admin export")
    await someone.slash("admin import")
    [*_, post] = running.bridge.world.post_ids(where)
    await someone.press_emoji(post, "👍")
    shown = (await someone.slash("stats")).messages[-1]
    await someone.press(shown.id, "Show everybody here")


async def published(running: Installed, ada: User, guild: Guild) -> None:
    world = running.bridge.world
    news = world.backend.create_channel(guild.id, "news", type=ChannelType.NEWS)
    someone = running.person(ada, news)
    await someone.slash("watch", expression=TOPIC)
    panel = (await someone.slash("settings")).messages[0].id
    await someone.pick(panel, "paperround:looks", "publish")
    await running.round(news)
    await running.quiet()


async def changed_and_found(running: Installed, where: Channel, forum: Channel) -> None:
    """What is done to posts that stand already, and by a process that no gateway tells of."""
    chat, ref = running.chat, ChannelRef.parse(address(where))
    [post, *_] = running.bridge.world.post_ids(where)
    paper = Paper(key="a", source="a", first_seen_at=NOON, updated_at=NOON, title="x" * 9_000)
    message = MessageRef(ref, str(post))
    await chat.edit(message, compose(paper))
    await chat.thread(message, [line("x" * 9_000)])
    await chat.find_post(ref, "d", since=datetime.now(UTC))
    await chat.find_post(ChannelRef.parse(address(forum)), "d", since=datetime.now(UTC))
    await chat.tell_installer(ref.workspace, line("For you."))
    await chat.delete(message)
    worker = build_discord(options(running.bridge), running.app.database, running.app.clock)
    await worker.find_post(ref, "d", since=datetime.now(UTC))
    refusal = {"code": 40058, "message": "Cannot send a message in a forum channel"}
    running.bridge.faults.append(Fault("POST", MESSAGES, 400, refusal))
    await worker.post(ChannelRef.parse(address(forum)), compose(paper), delivery_id="w")
    await worker.stop()
