"""Papers in a forum: a thread each or one a day, tagged, found again, voted on."""

from datetime import UTC, datetime, timedelta
from typing import cast

import discord
import pytest
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType

from bot.cards.richtext import line
from bot.errors import ChannelGoneError, OutcomeUnknownError, RefusedError
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.forums import tags
from bot.ports import ChannelRef, MessageRef
from storage.models import ChannelState
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import Fault
from tests.peers.discord.people import Someone
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Installed, Open, address, state, voted
from tests.platforms.discord.test_cards import FULL

EXPERTS = "Mixture of experts with balanced routing"
DELIVERY = "0123456789abcdef012345678"
LONG = "a long name of a topic that is watched"
THREADS = r"/channels/\d+/threads"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general")


@pytest.fixture
def forum(world: World, guild: Guild) -> Channel:
    names = {"robots": False, "Mixture of experts": False, "mixture": True}
    tags = [
        {"id": str(number), "name": name, "moderated": moderated, "emoji_name": None}
        for number, (name, moderated) in enumerate(names.items(), 1)
    ]
    return world.backend.create_channel(
        guild.id, "papers", type=ChannelType.FORUM, available_tags=tags
    )


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


@pytest.fixture
def ref(forum: Channel) -> ChannelRef:
    return ChannelRef.parse(address(forum))


async def test_a_forum_is_managed_from_a_thread_of_it_and_gets_a_thread_for_each_paper(
    world: World, install: Open, forum: Channel, ada: User
) -> None:
    async with install() as running:
        someone = await watching(running, forum, ada)
        await running.papers(EXPERTS)
        await running.round(forum)
        [thread] = papers(world, forum)
        voter = Someone(running.bridge, ada, thread)
        [post] = world.post_ids(thread)
        voter.react(post, "👍")
        await voted(running, 1)
        why = await voter.menu("Why this paper?", post)
        voter.unreact(post, "👍")
        await voted(running, 0)
        listed = await someone.slash("list")

    assert thread.name == EXPERTS
    assert thread.applied_tags == [2]
    assert EXPERTS in world.texts(thread)[0]
    assert "mixture of experts" in why.text.lower()
    assert "Nothing is watched" in listed.text or "mixture" not in listed.text


async def test_one_thread_a_day_holds_the_papers_of_a_day_and_outlives_a_restart(
    world: World, install: Open, forum: Channel, ada: User
) -> None:
    async with install() as running:
        someone = await watching(running, forum, ada)
        panel = await forum_panel(someone)
        chosen = await someone.pick(panel, f"paperround:looks@{forum.id}", "daily")
        await running.papers(EXPERTS, "Mixture of experts, again")
        await running.round(forum)
    async with install() as running:
        running.seen += [EXPERTS, "Mixture of experts, again"]
        await running.papers("Mixture of experts, a third")
        await running.round(forum)
        [thread] = papers(world, forum)
        voter = Someone(running.bridge, ada, thread)
        for message in world.post_ids(thread):
            voter.react(message, "👍")
        await voted(running, 3)
    for message in world.post_ids(thread):
        voter.unreact(message, "👍")
    async with install() as running:
        await voted(running, 0)

    assert "one thread a day" in chosen.text
    assert thread.name.startswith("Papers of ")
    assert len(world.post_ids(thread)) == 3


async def test_a_days_thread_that_was_deleted_is_opened_anew(
    world: World, install: Open, forum: Channel, ada: User
) -> None:
    async with install() as running:
        someone = await watching(running, forum, ada)
        await someone.pick(await forum_panel(someone), f"paperround:looks@{forum.id}", "daily")
        await running.papers(EXPERTS)
        await running.round(forum)
        [thread] = papers(world, forum)
        world.backend.delete_channel(thread.id)
        await running.papers("Mixture of experts, again")
        await running.round(forum)
        [anew] = papers(world, forum)
        await state(running, forum, ChannelState.ACTIVE)

    assert anew.id != thread.id


async def test_without_a_connection_a_forum_is_recognised_when_it_refuses_a_message(
    chat: DiscordChat, bridge: Bridge, world: World, forum: Channel, ref: ChannelRef
) -> None:
    refused = Fault("POST", rf"/channels/{forum.id}/messages", 400, {"code": 50008})
    bridge.faults.append(refused)

    await chat.post(ref, FULL, delivery_id=DELIVERY)
    await chat.post(ref, FULL, delivery_id="another")

    assert len(papers(world, forum)) == 2
    assert bridge.count("POST", rf"/channels/{forum.id}/messages") == 1


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_failure_opens_no_second_thread_and_the_first_is_found(
    chat: DiscordChat, bridge: Bridge, forum: Channel, ref: ChannelRef, moment: faults.Moment
) -> None:
    world = bridge.world
    await known(chat, bridge, ref, forum)
    bridge.faults.append(faults.failing(502, THREADS, moment=moment))

    with pytest.raises(OutcomeUnknownError):
        await chat.post(ref, FULL, delivery_id=DELIVERY)
    found = await chat.find_post(ref, DELIVERY, since=datetime.now(UTC) - timedelta(hours=1))

    made = papers(world, forum)[1:]
    assert bridge.count("POST", THREADS) == 2
    assert len(made) == (moment == "after")
    posts = [f"{each.id}/{world.post_ids(each)[0]}" for each in made]
    assert found == (MessageRef(ref, posts[0]) if posts else None)


async def test_a_post_in_an_archived_thread_is_found_edited_and_deleted(
    chat: DiscordChat, bridge: Bridge, world: World, forum: Channel, ref: ChannelRef
) -> None:
    await known(chat, bridge, ref, forum)
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)
    [_, thread] = papers(world, forum)
    await chat.edit(sent, FULL)
    await chat.thread(sent, [line("more")])
    world.backend.edit_channel(thread.id, {}, thread_metadata={"archived": True, "locked": False})

    found = await chat.find_post(ref, DELIVERY, since=datetime.now(UTC) - timedelta(hours=1))
    assert found == sent
    world.backend.edit_channel(thread.id, {}, thread_metadata={"archived": False, "locked": False})
    assert world.texts(thread)[-1] == "more"
    await chat.delete(sent)
    await chat.delete(sent)


async def test_a_forum_has_no_place_for_a_line(
    chat: DiscordChat, bridge: Bridge, forum: Channel, ref: ChannelRef
) -> None:
    await known(chat, bridge, ref, forum)

    with pytest.raises(RefusedError, match="forum"):
        await chat.announce(ref, line("x"))


class Offered:
    """What `tags` reads of a forum, which the local Discord does not model whole."""

    def __init__(self, *names: str, required: bool, moderated: bool = False) -> None:
        self.available_tags = [discord.ForumTag(name=each, moderated=moderated) for each in names]
        self.flags = discord.ChannelFlags(require_tag=required)


@pytest.mark.parametrize(
    ("forum", "phrases", "given"),
    [
        pytest.param(Offered("robots", "Routing", required=False), ["routing"], ["Routing"]),
        pytest.param(Offered("robots", required=False), ["routing"], []),
        pytest.param(Offered("any", "other", required=True), ["routing"], ["any"]),
        pytest.param(
            Offered("a long name of a topi", required=False), ["a long name of a topic"], []
        ),
        pytest.param(
            Offered("a long name of a top", required=False),
            ["a long name of a topic"],
            ["a long name of a top"],
        ),
        pytest.param(Offered(*"abcdefg", required=False), list("gfedcba"), list("abcde")),
    ],
)
def test_tags_are_those_that_are_called_as_what_matched(
    forum: Offered, phrases: list[str], given: list[str]
) -> None:
    assert [tag.name for tag in tags(cast("discord.ForumChannel", forum), phrases)] == given


def test_a_forum_that_wants_a_tag_and_has_none_is_lost_with_the_reason() -> None:
    closed = Offered("staff", required=True, moderated=True)

    with pytest.raises(ChannelGoneError, match="tag"):
        tags(cast("discord.ForumChannel", closed), ["routing"])


async def test_a_deleted_forum_is_lost(
    world: World, install: Open, forum: Channel, ada: User
) -> None:
    async with install() as running:
        await watching(running, forum, ada)
        world.backend.delete_channel(forum.id)
        await state(running, forum, ChannelState.GONE, reason="the channel was deleted")


def papers(world: World, forum: Channel) -> list[Channel]:
    """The bot's threads in the forum, oldest first."""
    every = world.backend.channels.values()
    return [each for each in every if each.parent_id == forum.id and each.owner_id == world.bot_id]


async def known(chat: DiscordChat, bridge: Bridge, ref: ChannelRef, forum: Channel) -> None:
    """A first post, by which a platform without a gateway gets to know the forum."""
    bridge.faults.append(Fault("POST", rf"/channels/{forum.id}/messages", 400, {"code": 50008}))
    await chat.post(ref, FULL, delivery_id="first")


async def watching(running: Installed, forum: Channel, ada: User) -> Someone:
    """Somebody in a thread of a forum who made the forum watch experts."""
    world = running.bridge.world
    thread = world.backend.create_thread(
        forum.id, "about this forum", ada.id, type=ChannelType.PUBLIC_THREAD
    )
    someone = running.person(ada, thread)
    form = await someone.press(await forum_panel(someone), "Watch…")
    await someone.fill_in(form, watch="mixture of experts")
    return someone


async def forum_panel(someone: Someone) -> int:
    """The panel about the forum, reached from the panel of a thread."""
    panel = (await someone.slash("settings")).messages[0].id
    return (await someone.press(panel, "The whole forum…")).messages[0].id
