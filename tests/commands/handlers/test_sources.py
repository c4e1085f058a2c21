"""Sources are added, removed and reported; people hand papers in."""

from datetime import timedelta

import pytest

from bot.sources.base import Entry
from storage import sources
from storage.models import SourceHealth
from tests import make
from tests.commands.conftest import Chat

ENTRY = Entry(title="Attention Is All You Need", names=("arxiv:1706.03762",))


async def shared(chat: Chat, *names: str) -> None:
    async with chat.database.write() as session:
        for name in names:
            await make.source(session, name)


async def test_a_source_is_added_in_everyones_sight(chat: Chat) -> None:
    reply = await chat.reply("sources add https://example.org/feed.xml")

    assert reply.announcement is not None
    assert "answers and holds 7 papers" in reply.lines[0][0].text
    assert "example.org" in await chat.say("sources")


async def test_a_source_that_does_not_answer_is_not_added(chat: Chat) -> None:
    chat.rounds.broken = "it answers with 404"

    assert "was not added: it answers with 404" in await chat.say("sources add cs.LG")
    assert await chat.announce("sources add cs.LG") is None
    assert "No source is read here yet" in await chat.say("sources")


async def test_what_is_no_source_is_refused(chat: Chat) -> None:
    assert await chat.announce("sources add nonsense") is None
    assert "No source is read here yet" in await chat.say("sources")


@pytest.mark.parametrize("which", ["1", "first", "FIRST"])
async def test_a_shared_source_is_switched_off_here_alone(chat: Chat, which: str) -> None:
    await shared(chat, "first", "second")

    announced = await chat.announce(f"sources remove {which}")

    assert announced == "Ana removed the source first."
    assert "first (switched off here)" in await chat.say("sources")
    assert "switched off" not in await chat.say("sources", at="local:other")
    assert "first" not in await chat.say("sources status")


async def test_a_source_that_was_switched_off_is_taken_up_again(chat: Chat) -> None:
    await chat.say("sources add cs.LG")
    assert "is read here already" in await chat.say("sources add cs.LG")
    await chat.say("sources remove 1")
    chat.rounds.broken = "asked although it is known"

    announced = await chat.announce("sources add cs.LG")

    assert announced is not None
    assert announced.endswith("again.")


async def test_an_unknown_source_is_answered_with_the_nearest(chat: Chat) -> None:
    await shared(chat, "first", "second")

    assert 'Did you mean "sources remove 2", which is "second"?' in await chat.say(
        "sources remove secund"
    )


async def test_status_tells_a_broken_source_from_a_quiet_one(chat: Chat) -> None:
    await shared(chat, "new", "fresh", "quiet", "broken")
    async with chat.database.write() as session:
        for source in await sources.list_polled(session):
            source.health = SourceHealth(source.name)
            if source.health is SourceHealth.BROKEN:
                source.broken_since = chat.now - timedelta(days=1)
                source.reason = "no answer in 20 s"
            if source.health is not SourceHealth.NEW:
                source.polled_at = chat.now

    assert await chat.say("sources status") == (
        "new: not asked yet\n"
        "fresh: had something new, last asked Mon 2 Mar 2026, 12:00 UTC\n"
        "quiet: answered, nothing new, last asked Mon 2 Mar 2026, 12:00 UTC\n"
        "broken: broken since Sun 1 Mar 2026, 12:00 UTC: no answer in 20 s, "
        "last asked Mon 2 Mar 2026, 12:00 UTC"
    )


async def test_status_without_sources_says_how_to_add_one(chat: Chat) -> None:
    assert "sources add cs.LG" in await chat.say("sources status")


@pytest.mark.parametrize("link", ["https://arxiv.org/abs/1706.03762v5", "arXiv:1706.03762"])
async def test_a_submitted_paper_is_posted_with_the_persons_name(chat: Chat, link: str) -> None:
    chat.rounds.entry = ENTRY

    said = await chat.say(f"submit {link}", by="Bo")

    assert said == "Posted Attention Is All You Need."
    assert chat.rounds.asked == [("submit", "local:general", ENTRY.title, "Bo")]


async def test_only_arxiv_papers_can_be_submitted(chat: Chat) -> None:
    said = await chat.say("submit https://example.org/paper.pdf")

    assert "nor a paper known here. For example: submit https://arxiv.org" in said
    assert "arXiv has no paper 2401.99999." in await chat.say("submit 2401.99999")
    assert chat.rounds.asked == []


async def test_a_list_of_sources_goes_out_as_opml_and_comes_in_elsewhere(chat: Chat) -> None:
    await chat.say("sources add cs.LG")
    await chat.say("sources add https://lab.example.org/feed")
    await chat.say("sources add biorxiv:zoology")
    exported = (await chat.reply("sources export")).file

    assert exported is not None
    assert exported[0] == "sources.opml"
    told = await chat.say(f"import {exported[1]}", at="local:other")
    again = await chat.say(f"import {exported[1]}", at="local:other")

    assert "Took in 3 sources." in told
    assert "3 read here already" in again
    listed = await chat.say("sources", at="local:other")
    assert "bioRxiv, zoology" in listed
    assert "lab.example.org" in listed


async def test_a_list_takes_in_what_is_right_and_names_what_is_not(chat: Chat) -> None:
    text = (
        '<opml><body><outline text="My lab" xmlUrl="lab.example.org/feed"/>'
        '<outline text="No" xmlUrl="javascript:alert(1)"/></body></opml>'
    )

    told = await chat.say(f"import {text}")

    assert "Took in 1 source." in told
    assert "javascript:alert(1)" in told
    assert "My lab" in await chat.say("sources")


async def broken(chat: Chat, *, gone: bool = False) -> None:
    await shared(chat, "well", "ill")
    async with chat.database.write() as session:
        for source in await sources.list_polled(session):
            if source.name == "ill":
                source.health, source.reason = SourceHealth.BROKEN, "it answered 500"
                source.broken_since = chat.now - timedelta(hours=3)
                source.enabled = not gone
            session.add(source)


async def test_who_watches_hears_that_a_source_cannot_be_read(chat: Chat) -> None:
    await broken(chat)

    said = await chat.say("watch diffusion models")

    assert "1 of 2 sources cannot be read since" in said
    assert "sources status" in said
    assert "1 of 2 sources cannot be read since" in await chat.say("now")


async def test_nothing_is_said_of_sources_where_all_can_be_read(chat: Chat) -> None:
    await shared(chat, "well")

    assert "cannot be read" not in await chat.say("watch diffusion models")


async def test_a_source_that_is_gone_rests_and_says_so(chat: Chat) -> None:
    await broken(chat, gone=True)

    assert "not asked any more, until it is added again" in await chat.say("sources status")
