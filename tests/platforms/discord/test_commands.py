"""`/papers` as people meet it: typed, completed, pressed and filled in."""

from typing import Any

import pytest
from simcord.backend.models import Channel, Guild, Message, Overwrite, User
from simcord.enums import InteractionType, OverwriteType

from bot.commands.verbs import VERBS
from bot.platforms.discord.markdown import here
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Installed, Open, greeted, voted

EXPERTS = "Mixture of experts with balanced routing"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


def leaves(options: list[dict[str, Any]], before: str = "") -> dict[str, list[dict[str, Any]]]:
    """The options of every command in a published definition, by its words."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in options:
        words = f"{before} {each['name']}".strip()
        if each["type"] == 2:
            found |= leaves(each["options"], words)
        else:
            found[words] = each.get("options", [])
    return found


async def test_every_verb_is_a_command_with_the_option_that_fits_it(
    world: World, install: Open, guild: Guild
) -> None:
    async with install():
        published = leaves(world.backend.commands[None]["papers", 1]["options"])

    lists = {
        verb.words
        for verb in VERBS
        if any(here(v.words).startswith(f"{here(verb.words)} ") for v in VERBS)
    }
    wanted = {f"{verb.words} list" if verb.words in lists else here(verb.words) for verb in VERBS}
    assert set(published) == wanted
    assert all(
        len(published.get(here(verb.words), [])) == bool(verb.argument.usage)
        for verb in VERBS
        if verb.words not in lists | {"import"}
    )
    [papers] = published["limit"]
    assert (papers["type"], papers["min_value"], papers["max_value"]) == (4, 1, 50)
    assert [each["value"] for each in published["quiet"][0]["choices"]] == ["on", "off"]
    assert published["unwatch"][0]["autocomplete"]
    assert not published["pause"][0].get("required")
    assert published["watch"][0]["required"]


async def test_there_is_room_for_one_more_command_and_help_calls_each_as_it_is_typed(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        [one, every] = [
            await running.person(ada, general).slash("help", **options)
            for options in ({"command": "import"}, {})
        ]
        [papers] = [world.backend.commands[None]["papers", 1]]

    assert len(papers["options"]) < 25
    assert "`/papers admin import " in one.text
    assert all(f"`/papers {here(verb.usage)}`" in every.text for verb in VERBS)


async def test_values_are_completed_from_what_the_channel_holds(
    install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("watch", expression="mixture of experts")
        await someone.slash("watch", expression="graph neural networks")
        await someone.slash("watch", expression=" OR ".join(f"topic{n}" for n in range(20)))

        await running.papers("Reward hacking in the wild", "Reward hacking, revisited")

        topics = await someone.complete("watch", "expression", "hack")
        watches = await someone.complete("unwatch", "watch", "")
        begun = await someone.complete("unwatch", "watch", "graph")
        when = await someone.complete("schedule", "when", "daily 09:00 Europe/P")
        numbers = await someone.complete("limit", "papers", "1")

    assert topics == ["reward hacking"]
    assert watches == ["mixture of experts", "graph neural networks"]
    assert begun == ["graph neural networks"]
    assert "daily 09:00 Europe/Paris" in when
    assert 10 in numbers


async def test_whoever_may_not_change_the_channel_is_told_so_by_us(
    world: World, install: Open, guild: Guild, general: Channel
) -> None:
    bo = world.member(guild, "bo")
    async with install() as running:
        someone = running.person(bo, general)
        refused = await someone.slash("watch", expression="robots")
        panel = await someone.slash("settings")
        listed = await someone.slash("list")

    assert "may not change" in refused.text
    assert "robots" not in listed.text
    assert "Watch…" not in str(panel.messages[0].components)


async def test_a_host_may_name_another_permission(
    world: World, install: Open, guild: Guild, general: Channel
) -> None:
    bo = world.member(guild, "bo", "manage_messages")
    async with install(discord_may_change="manage_messages") as running:
        done = await running.person(bo, general).slash("watch", expression="robots")

    assert "may not change" not in done.text


async def test_an_answer_is_seen_by_its_author_and_a_change_by_everybody(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        done = await running.person(ada, general).slash("limit", papers=3)

    assert all(message.is_ephemeral for message in done.messages)
    assert [text for text in world.texts(general) if text.startswith("ada")]


async def test_where_nothing_can_be_posted_a_change_says_so(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        world.forbid(general, "send_messages")
        done = await running.person(ada, general).slash("watch", expression="robots")

    assert "Send Messages" in done.text


async def test_why_can_be_asked_of_a_post(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        post = await posted(running, someone)
        chatter = world.backend.create_message(general.id, ada.id, "hello").id

        about = await someone.menu("Why this paper?", post)
        nothing = await someone.menu("Why this paper?", chatter)

    assert "mixture of experts" in about.text.lower()
    assert "not a paper" in nothing.text


async def test_a_link_to_a_post_names_its_paper(
    install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    link = f"https://discord.com/channels/{guild.id}/{general.id}/"
    async with install() as running:
        someone = running.person(ada, general)
        post = await posted(running, someone)

        about = await someone.slash("why", paper=f"{link}{post}")
        nothing = await someone.slash("why", paper=f"{link}12345")

    assert "mixture of experts" in about.text.lower()
    assert "no paper's post" in nothing.text


async def test_the_channel_is_managed_with_buttons_menus_and_forms(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        panel = (await someone.slash("settings")).messages[0].id
        await someone.fill_in(await someone.press(panel, "Watch…"), watch="mixture of experts")
        await someone.fill_in(
            await someone.press(panel, "When…"), schedule="daily 07:30 Asia/Tokyo"
        )
        unchanged = await someone.fill_in(await someone.press(panel, "How many…"))
        wrong = await someone.fill_in(await someone.press(panel, "How many…"), limit="many")
        filled = (await someone.slash("settings")).messages[0]
        await someone.pick(filled.id, "paperround:unwatch", "mixture of experts")
        emptied = await someone.slash("settings")

    assert "Nothing was changed" in unchanged.text
    assert "not a whole number" in wrong.text
    assert "mixture of experts" in str(filled.components)
    assert "daily 07:30 Asia/Tokyo" in str(filled.components)
    assert "Nothing is watched yet" in emptied.text


async def test_an_export_can_be_taken_in_elsewhere(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    world.backend.create_channel(guild.id, "other")
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("watch", expression="mixture of experts")
        await someone.slash("watch", expression="graph neural networks")
        exported = await someone.slash("admin export")
        [file] = [each for message in exported.messages for each in message.attachments]
        text = world.backend.cdn.get(file["url"])
        assert text is not None
        elsewhere = running.person(ada, world.channel(guild, "other"))
        form = await elsewhere.slash("admin import")
        await elsewhere.fill_in(form, **{"import": text.decode()})
        listed = await elsewhere.slash("list")

    assert "mixture of experts" in listed.text
    assert "graph neural networks" in listed.text


async def test_what_is_being_answered_is_finished_before_the_end(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        data = someone.command("watch", expression="mixture of experts")
        asked = someone.send(InteractionType.APPLICATION_COMMAND, data)
        await until(lambda: asked.responded, "a deferred answer")

    assert not asked.loading


async def test_what_votes_taught_comes_with_a_picture_and_what_it_shows_in_words(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        post = await posted(running, someone)
        someone.react(post, "👍")
        await voted(running, 1)
        told = await someone.slash("stats")

    [picture] = [each for message in told.messages for each in message.attachments]
    assert (world.backend.cdn.get(picture["url"]) or b"").startswith(b"\x89PNG")
    assert "likes balanced" in picture["description"]
    assert "1 up" in told.text


async def test_a_picture_is_shown_to_everybody_by_who_asked_for_it_and_may_write_there(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        someone.react(await posted(running, someone), "👍")
        await voted(running, 1)
        asked = (await someone.slash("stats")).messages[-1]
        await someone.press(asked.id, "Show everybody here")
        await until(lambda: attached(world, general), "a picture for everybody")
        await until(lambda: asked.components == [], "the end of the button")
        silent = world.member(guild, "silent")
        world.backend.set_overwrite(
            general.id, Overwrite(silent.id, OverwriteType.MEMBER, allow=0, deny=1 << 11)
        )
        other = running.person(silent, general)
        private = (await other.slash("stats")).messages[-1]
        refused = await other.press(private.id, "Show everybody here")

    [shown] = attached(world, general)
    [picture] = shown.attachments
    assert (world.backend.cdn.get(picture["url"]) or b"").startswith(b"\x89PNG")
    assert shown.content.startswith("**ada** asked for `/papers stats`. ")
    assert picture["description"] in shown.content
    assert "may not write here" in refused.text


async def test_a_click_takes_the_watch_that_was_meant(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        await running.papers("Diffusion models for audio")
        someone = running.person(ada, general)
        asked = (await someone.slash("watch", expression="diffusion modes")).messages[-1]
        bystander = running.person(world.member(guild, "bo"), general)
        refused = await bystander.press(asked.id, "Watch diffusion models")
        before = (await someone.slash("list")).text
        taken = await someone.press(asked.id, "Watch diffusion models")
        after = (await someone.slash("list")).text

    assert "Did you mean *diffusion models*?" in asked.content
    assert "may not" in refused.text
    assert "Nothing is watched here" in before
    assert "Watching *diffusion models*" in taken.text
    assert "*diffusion models*" in after


async def test_a_greeting_is_answered_by_a_press_or_by_typing_and_papers_come_at_once(
    world: World, bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        await running.papers("Neural speech codecs", "Graph transformers")
        await greeted(bridge, general)
        [greeting] = [each.id for each in world.backend.messages[general.id].values()]
        someone = running.person(ada, general)
        form = await someone.press(greeting, "Another topic…")
        typed = await someone.fill_in(form, typed="graph transformers")
        library = await someone.press(greeting, "Bring your library…")
        shown = (await someone.slash("list")).text

    assert "Watching *graph transformers*" in typed.text
    assert "1 paper picked" in typed.text
    assert "follows the votes" in typed.text
    assert library.record.modal is not None
    assert "graph transformers" in shown


def attached(world: World, where: Channel) -> list[Message]:
    """Messages with a file that everybody sees."""
    kept = world.backend.messages[where.id].values()
    return [each for each in kept if each.attachments and not each.is_ephemeral]


async def test_a_direct_message_is_a_channel_of_ones_own(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        mine = world.backend.get_dm_channel(ada.id)
        someone = Someone(running.bridge, ada, mine)
        await someone.slash("watch", expression="mixture of experts")
        listed = await someone.slash("list")

    assert "mixture of experts" in listed.text


async def test_a_late_interaction_is_not_answered_and_a_lost_answer_is_no_failure(
    world: World, bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("list")
        data = someone.command("watch", expression="too late")
        late = someone.send(InteractionType.APPLICATION_COMMAND, data)
        late.initial_response_deadline = world.backend.now_iso()
        await until(lambda: bridge.count("POST", rf"/interactions/{late.id}/.*"), "a try to defer")
        await bridge.quiet()
        listed = await someone.slash("list")
        expired = someone.send(
            InteractionType.APPLICATION_COMMAND, someone.command("watch", expression="robots")
        )
        await until(lambda: expired.responded, "a deferred answer")
        expired.expires_at = world.backend.now_iso()
        told = rf"/webhooks/\d+/{expired.token}"
        await until(lambda: bridge.count("POST", told), "a try to answer")
        await bridge.quiet()
        afterwards = await someone.slash("list")

    assert "too late" not in listed.text
    assert "robots" in afterwards.text


async def posted(running: Installed, someone: Someone) -> int:
    """A post that somebody's watch brought."""
    await someone.slash("watch", expression="mixture of experts")
    await running.papers(EXPERTS)
    await running.round(someone.where)
    [post] = running.bridge.world.post_ids(someone.where)
    return post
