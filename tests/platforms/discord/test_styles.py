"""Short posts and digests on Discord: threads, votes on what stands in them, and each once."""

from datetime import UTC, datetime, timedelta

import pytest
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType

from bot.cards.richtext import Line, line, link
from bot.errors import OutcomeUnknownError, RefusedError
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.cards import details_messages, head_message, number
from bot.ports import ChannelRef, MessageRef
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import MESSAGES, Fault
from tests.peers.discord.people import Someone
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Installed, Open, address, voted
from tests.platforms.discord.test_cards import FULL, assert_legal

TITLES = ("Mixture of experts with balanced routing", "A mixture of experts, again")
LIST = [line("Two papers"), line("1. A"), line("2. B")]
THREAD = r"/channels/\d+/messages/\d+/threads"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def ref(general: Channel) -> ChannelRef:
    return ChannelRef.parse(address(general))


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


@pytest.fixture
def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


async def test_a_paper_stands_in_the_thread_of_its_head(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    head = await chat.head(ref, LIST, delivery_id="h1")
    post = await chat.post(ref, FULL, delivery_id="d1", under=head)

    [listed] = world.texts(general)
    [paper] = world.post_ids(int(head.message))
    assert listed == "Two papers\n1\\. A\n2\\. B"
    assert post == MessageRef(ref, f"{head.message}/{paper}")
    assert world.backend.get_channel(int(head.message)).name.startswith("Papers of ")
    assert await chat.find_post(ref, "d1", since=an_hour_ago, under=head) == post
    assert await chat.find_post(ref, "h1", since=an_hour_ago) == head


async def test_an_edited_head_is_one_message_and_is_found_as_before(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    head = await chat.head(ref, LIST, delivery_id="h1")

    await chat.edit_head(head, LIST[:1], delivery_id="h1")

    assert world.texts(general) == ["Two papers"]
    assert await chat.find_post(ref, "h1", since=an_hour_ago) == head


async def test_an_edit_of_a_head_that_is_gone_is_refused(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef
) -> None:
    head = await chat.head(ref, LIST, delivery_id="h1")
    await chat.delete(head)

    with pytest.raises(RefusedError):
        await chat.edit_head(head, LIST[:1], delivery_id="h1")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_head_whose_answer_was_lost_is_found_hours_later_or_surely_not_there(
    chat: DiscordChat,
    bridge: Bridge,
    ref: ChannelRef,
    an_hour_ago: datetime,
    moment: faults.Moment,
) -> None:
    bridge.faults.append(faults.cut(moment=moment))
    with pytest.raises(OutcomeUnknownError):
        await chat.head(ref, LIST, delivery_id="h1")
    bridge.nonces.clear()

    found = await chat.find_post(ref, "h1", since=an_hour_ago)

    assert (found is not None) == (moment == "after")
    if found is not None:
        # Its thread was not opened: the first paper does that.
        post = await chat.post(ref, FULL, delivery_id="d1", under=found)
        assert post.message.startswith(f"{found.message}/")


async def test_a_paper_that_stands_beside_its_head_is_found_too(
    chat: DiscordChat, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    head = await chat.head(ref, LIST, delivery_id="h1")
    post = await chat.post(ref, FULL, delivery_id="d1")

    assert await chat.find_post(ref, "d1", since=an_hour_ago, under=head) == post


async def test_a_head_without_its_thread_is_taken_back(
    chat: DiscordChat, bridge: Bridge, world: World, general: Channel, ref: ChannelRef
) -> None:
    bridge.faults.append(Fault("POST", THREAD, 403, {"code": 50013}))

    with pytest.raises(RefusedError, match="thread"):
        await chat.head(ref, LIST, delivery_id="h1")

    assert world.texts(general) == []


async def test_a_thread_that_is_not_open_yet_is_opened_by_the_first_paper(
    chat: DiscordChat, bridge: Bridge, world: World, general: Channel, ref: ChannelRef
) -> None:
    bridge.faults.append(Fault("POST", THREAD, 503, {"code": 0}))

    head = await chat.head(ref, LIST, delivery_id="h1")
    await chat.post(ref, FULL, delivery_id="d1", under=head)

    assert len(world.texts(general)) == 1
    assert len(world.post_ids(int(head.message))) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param(THREAD, 10008, id="the head was deleted"),
        pytest.param(THREAD, 50013, id="no threads are allowed"),
        pytest.param(MESSAGES, 160005, id="the thread is locked"),
        pytest.param(MESSAGES, 10003, id="the thread was deleted"),
        pytest.param(MESSAGES, 50013, id="nothing may be sent in threads"),
    ],
)
async def test_a_thread_that_cannot_be_used_is_no_lost_channel(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef, path: str, code: int
) -> None:
    world = bridge.world
    other = world.backend.create_message(int(ref.channel), world.bot_id, "not opened yet")
    bridge.faults.append(Fault("POST", path, 403, {"code": code}))

    with pytest.raises(RefusedError):
        await chat.post(ref, FULL, delivery_id="d1", under=MessageRef(ref, str(other.id)))


async def test_details_are_found_by_their_mark_and_sent_once(
    chat: DiscordChat, bridge: Bridge, world: World, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    post = await chat.post(ref, FULL, delivery_id="d1")
    bridge.faults.append(Fault("POST", rf"/channels/{post.message}/messages", None, moment="after"))
    with pytest.raises(OutcomeUnknownError):
        await chat.thread(post, [line("All of it")], delivery_id="x1")
    await chat.thread(post, [line("All of it")], delivery_id="x1")

    assert world.texts(int(post.message)) == ["All of it"]
    assert await chat.find_post(ref, "x1", since=an_hour_ago, under=post) is not None
    assert await chat.find_post(ref, "x2", since=an_hour_ago, under=post) is None


@pytest.mark.parametrize("words", ["mixture ", "*_`<@1> ", "😀 "])
def test_a_long_head_is_cut_between_papers_and_says_how_many_are_left(words: str) -> None:
    lines = [line("Fifty papers"), *(titled(number, words * 20) for number in range(50))]

    made = head_message(lines, "h1")["view"].to_components()

    assert_legal(made)
    [box] = made
    [text] = box["components"]
    *shown, last = text["content"].split("\n")
    assert last == f"… and {len(lines) - len(shown)} more in the thread"
    assert all(each.endswith(">)") for each in shown[1:])


@pytest.mark.parametrize("words", ["x" * 1_400, "`*_" * 480, "😀" * 1_400])
def test_long_details_are_whole_and_only_the_last_part_is_marked(words: str) -> None:
    made = details_messages([line(f"part {each}: {words}") for each in range(7)], "x1")

    parts = [each["view"].to_components() for each in made]
    for part in parts:
        assert_legal(part)
    shown = "\n".join(text["content"] for part in parts for text in part)
    assert all(f"part {each}: " in shown for each in range(7))
    marks = [text.get("id") for part in parts for text in part]
    assert marks == [None] * (len(parts) - 1) + [number("x1")]
    assert len({each["nonce"] for each in made}) == len(made)


async def test_a_digest_is_voted_on_paper_by_paper_across_a_restart(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        await watching(running, general, ada, "digest")
        await running.round(general)
        [head] = world.post_ids(general)
        papers = world.post_ids(head)
        thread = Someone(running.bridge, ada, world.backend.get_channel(head))
        thread.react(papers[0], "👍")
        await voted(running, 1)
        why = await thread.menu("Why this paper?", papers[0])
        running.person(ada, general).react(head, "👍")
    thread.react(papers[1], "👍")
    async with install() as running:
        await voted(running, 2)
        top = await running.person(ada, general).slash("find top")

    assert all(title in world.texts(general)[-1] for title in TITLES)
    assert len(papers) == 2
    assert "mixture of experts" in why.text.lower()
    assert all(title in top.text for title in TITLES)


async def test_a_digest_is_sent_once_whatever_answer_is_lost(
    world: World, bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install(durable=True) as running:
        await watching(running, general, ada, "digest")
        await running.quiet()
        bridge.faults.append(faults.cut(rf"/channels/{general.id}/messages", moment="after"))
        await running.round(general)
        async with running.waiting("two papers in the thread") as look:
            while sum(map(len, map(world.post_ids, world.post_ids(general)))) < 2:
                await look()

    [head] = world.post_ids(general)
    assert len(world.post_ids(head)) == 2


async def test_a_short_post_has_its_abstract_below(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        await watching(running, general, ada, "short")
        await running.round(general)
        posts = world.post_ids(general)

    assert len(posts) == 2
    for post in posts:
        assert "It works" not in world.text(general, post)
        assert "It works" in "\n".join(world.texts(post))


@pytest.mark.parametrize("style", ["digest", "short"])
async def test_where_there_are_no_threads_papers_stand_alone_and_it_is_said(
    world: World, install: Open, general: Channel, ada: User, style: str
) -> None:
    club = world.backend.create_thread(general.id, "club", ada.id, type=ChannelType.PUBLIC_THREAD)
    async with install() as running:
        chosen = await watching(running, club, ada, style)
        await running.round(club)

    assert len(world.post_ids(club)) == 2
    assert "no threads" in chosen


async def watching(running: Installed, where: Channel, who: User, style: str) -> str:
    """Two papers wait for a channel; returns what was said to the choice of its style."""
    someone = running.person(who, where)
    await someone.slash("watch", expression="mixture of experts")
    chosen = await someone.slash("style", look=style)
    await running.papers(*TITLES, abstract="We route tokens. It works.")
    return chosen.text


def titled(place: int, title: str) -> Line:
    return line(f"{place}. ", link(title, f"https://arxiv.org/abs/2601.{place:05}"))


async def test_a_notice_is_a_message_without_a_thread_that_is_found(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    sent = await chat.notice(ref, LIST, delivery_id="n1")

    assert world.texts(general) == ["Two papers\n1\\. A\n2\\. B"]
    assert await chat.find_post(ref, "n1", since=an_hour_ago) == sent
    assert int(sent.message) not in world.backend.channels
