"""What people and feeds write: ten scripts, and everything longer than Discord takes."""

import pytest
from simcord.backend.models import Channel, Guild, Message, User
from simcord.enums import ChannelType

from tests.peers.discord.bridge import Bridge
from tests.peers.discord.people import Someone
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Open, voted
from tests.platforms.discord.test_cards import assert_legal

SCRIPTS = {
    "Greek": "Νευρωνικά δίκτυα",
    "Cyrillic": "Нейронные сети",
    "Hebrew": "רשתות נוירונים",
    "Arabic": "الشبكات العصبية",
    "Devanagari": "तंत्रिका जाल",
    "Bengali": "নিউরাল নেটওয়ার্ক",
    "Thai": "โครงข่ายประสาท",
    "Korean": "신경망 학습",
    "Japanese": "ニューラルネットワーク入門",
    "Georgian": "ნეირონული ქსელები",
}
LONG = "mixture of experts " * 400
LAYOUT = 1 << 15


@pytest.mark.parametrize("phrase", SCRIPTS.values(), ids=SCRIPTS.keys())
async def test_each_of_ten_scripts_is_watched_completed_posted_voted_on_and_explained(
    world: World, install: Open, general: Channel, ada: User, phrase: str
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("watch", expression=phrase)
        offered = await someone.complete("unwatch", "watch", phrase[:3])
        title = f"{phrase}: 2026"
        await running.papers(title, abstract=f"{phrase}. {phrase}.")
        await running.round(general)
        [post] = world.post_ids(general)
        someone.react(post, "👍")
        await voted(running, 1)
        why = await someone.menu("Why this paper?", post)
        listed = await someone.slash("list")

    assert title in world.text(general, post)
    assert len(offered) == 1
    assert phrase.casefold() in listed.text.casefold()
    assert "matched" in why.text.lower()


@pytest.mark.parametrize("style", ["cards", "short", "digest"])
async def test_a_paper_of_which_everything_is_over_long_is_posted_in_each_style(
    bridge: Bridge, install: Open, general: Channel, ada: User, style: str
) -> None:
    async with install() as running:
        await follow(running.person(ada, general), style)
        await running.papers(LONG, **over_long())
        await running.round(general)
        await running.quiet()
        sent = from_the_bot(bridge.world)

    assert any("ixture of experts" in bridge.world.text(general, each.id) for each in sent[:1])
    for each in sent:
        assert_sendable(each)


async def test_a_forum_gets_a_thread_for_a_paper_of_which_everything_is_over_long(
    world: World, install: Open, guild: Guild, ada: User
) -> None:
    forum = world.backend.create_channel(guild.id, "papers-" * 14, type=ChannelType.FORUM)
    thread = world.backend.create_thread(forum.id, "x", ada.id, type=ChannelType.PUBLIC_THREAD)
    async with install() as running:
        someone = running.person(ada, thread)
        panel = (await someone.slash("settings")).messages[0].id
        whole = (await someone.press(panel, "The whole forum…")).messages[0].id
        form = await someone.press(whole, "Watch…")
        await someone.fill_in(form, watch="mixture of experts")
        await running.papers(LONG, **over_long())
        await running.round(forum)
        opened = [world.backend.get_channel(each) for each in guild.thread_ids]

    [paper] = [each for each in opened if each.owner_id == world.bot_id]
    assert len(paper.name) <= 100
    for each in from_the_bot(world):
        assert_sendable(each)


async def test_whatever_is_typed_over_long_is_answered_in_messages_that_discord_takes(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        for number, phrase in enumerate([*SCRIPTS.values()] * 2):
            await someone.slash("watch", expression=f"{phrase} {'x' * 90}{number}")
        refused = await someone.slash("watch", expression="a" * 5_000)
        for words, option in (("why", "paper"), ("search", "expression"), ("schedule", "when")):
            await someone.slash(words, **{option: "b " * 2_500})
        form = await someone.press((await someone.slash("settings")).messages[0].id, "Watch…")
        await someone.fill_in(form, watch="c" * 4_000)
        listed = await someone.slash("list")
        offered = await someone.complete("unwatch", "watch", "d" * 3_000)
        answers = from_the_bot(world)

    assert "a" * 5_000 not in refused.text
    assert all(each.casefold() in listed.text.casefold() for each in SCRIPTS.values())
    assert offered == []
    for each in answers:
        assert_sendable(each)


async def test_somebody_with_a_name_as_long_as_can_be_changes_a_channel(
    world: World, install: Open, guild: Guild, general: Channel
) -> None:
    name = "*_`<@1>`_* @everyone " + "𝔐" * 11
    long = world.member(guild, name, "manage_channels")
    async with install() as running:
        await running.person(long, general).slash("limit", papers=3)

    # The greeting may come before or after it.
    open_to_all = [each for each in from_the_bot(world) if not each.is_ephemeral]
    [said] = [each for each in open_to_all if "3 papers" in each.content]
    assert said.ping_user_ids == []
    assert not said.mention_everyone


def over_long() -> dict[str, object]:
    """Facts of a paper, each longer than any place for it."""
    return {
        "abstract": "We route *tokens* to `experts` @everyone. " * 2_000,
        "authors": [f"{'Name ' * 60}{number}" for number in range(400)],
        "categories": [f"cs.{'X' * 300}{number}" for number in range(50)],
        "url": f"https://example.org/{'a' * 3_000}",
        "pdf_url": f"https://example.org/{'b' * 3_000}",
        "thumbnail_url": f"https://example.org/{'c' * 3_000}",
    }


async def follow(someone: Someone, style: str) -> None:
    await someone.slash("watch", expression="mixture of experts")
    await someone.slash("style", look=style)


def from_the_bot(world: World) -> list[Message]:
    """Everything that the bot said anywhere."""
    everywhere = [each for kept in world.backend.messages.values() for each in kept.values()]
    return [each for each in everywhere if each.author_id == world.bot_id and each.type != 18]


def assert_sendable(message: Message) -> None:
    """A message within Discord's limits: simcord holds some of them only."""
    assert len(message.content.encode("utf-16-le")) // 2 <= 2_000
    if message.flags & LAYOUT:
        assert_legal(message.components)
