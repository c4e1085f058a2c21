"""Half-typed commands are completed from the table, the channel and the world's zones."""

from datetime import timedelta

import pytest

from bot.commands.parser import parse
from bot.commands.verbs import VERBS
from storage import channels
from storage.models import PostState
from tests import make
from tests.commands.conftest import Chat

COMPLETED = [
    ("", [verb.words if not verb.argument.usage else f"{verb.words} " for verb in VERBS][:3]),
    ("wat", ["watch "]),
    ("WAT", ["watch "]),
    ("/papers wat", ["watch "]),
    ("sour", ["sources", "sources add ", "sources remove ", "sources status", "sources export"]),
    ("sources", ["sources add ", "sources remove ", "sources status", "sources export"]),
    ("sources ", ["sources add ", "sources remove ", "sources status", "sources export"]),
    ("sources s", ["sources status"]),
    ("sources add cs.l", ["sources add cs.LG"]),
    ("limit ", ["limit 3", "limit 5", "limit 10"]),
    ("limit 1", ["limit 10"]),
    ("top ", ["top day", "top week", "top month"]),
    ("top w", ["top week"]),
    ("quiet o", ["quiet on", "quiet off"]),
    ("saved e", ["saved export "]),
    ("saved export r", ["saved export ris"]),
    ("pause until m", ["pause until monday"]),
    ("pause mon", ["pause until monday"]),
    ("help sc", ["help schedule"]),
    ("schedule ", ["schedule daily", "schedule instant", "schedule off"]),
    ("schedule daily 0", ["schedule daily 09:00", "schedule daily 07:00"]),
    ("schedule daily 09:00 euro", ["schedule daily 09:00 Europe/London"]),
    ("schedule daily 09:00 par", ["schedule daily 09:00 Europe/Paris"]),
    ("schedule daily 09:00 Europe/Paris w", ["schedule daily 09:00 Europe/Paris weekdays"]),
    ("schedule instant tok", ["schedule instant Asia/Tokyo"]),
    ("zzz", []),
    ("watch gra", []),
    ("list everything", []),
]


@pytest.mark.parametrize(("typed", "first"), COMPLETED, ids=[row[0] for row in COMPLETED])
async def test_completes_from_the_table(chat: Chat, typed: str, first: list[str]) -> None:
    found = await chat.complete(typed)

    assert found[: len(first)] == first
    assert found == [] if not first else True


@pytest.mark.parametrize("verb", ["unwatch", "preview", "search"])
async def test_completes_watches_of_this_channel(chat: Chat, verb: str) -> None:
    await chat.say("watch graph networks")
    await chat.say("watch reward models -survey")
    await chat.say("watch diffusion", at="local:other")

    assert await chat.complete(f"{verb} ") == [
        f"{verb} graph networks",
        f"{verb} reward models -survey",
    ]
    assert await chat.complete(f"{verb} mod") == [f"{verb} reward models -survey"]


async def test_completes_a_new_watch_with_what_the_papers_of_late_are_about(chat: Chat) -> None:
    async with chat.database.write() as session:
        for number in range(3):
            title = f"Speculative decoding, part {number}: reward hacking"
            await make.paper(session, title, f"arxiv:2601.{number:05}", at=chat.now)
        for number in range(3, 5):
            await make.paper(session, "Reward hacking", f"arxiv:2601.{number:05}", at=chat.now)
        old = chat.now - timedelta(days=30)
        for number in range(5, 8):
            await make.paper(session, "Graph transformers", f"arxiv:2601.{number:05}", at=old)

    offered = await chat.complete("watch ")
    assert offered[:2] == ["watch reward hacking", "watch speculative decoding"]
    assert "watch graph transformers" not in offered
    assert await chat.complete("watch deco") == ["watch speculative decoding"]

    await chat.say("watch reward hacking")
    assert (await chat.complete("watch "))[0] == "watch speculative decoding"


async def test_completes_sources_that_are_read_here(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.source(session, "Daily Papers")
        await make.source(session, "arXiv cs.LG")
    await chat.say("sources remove 1")

    assert await chat.complete("sources remove ") == ["sources remove arXiv cs.LG"]


async def test_completes_why_with_what_was_posted_here(chat: Chat) -> None:
    await chat.say("settings")
    async with chat.database.write() as session:
        here = await channels.find(session, "local:general")
        assert here is not None
        paper = await make.paper(session, "Attention", "arxiv:1706.03762")
        await make.post(session, here, paper, state=PostState.POSTED, posted_at=chat.now)

    assert await chat.complete("why ") == ["why 1706.03762"]


async def test_an_unknown_channel_offers_nothing_of_its_own(chat: Chat) -> None:
    for verb in ("unwatch ", "why ", "sources remove "):
        assert await chat.complete(verb) == []
    async with chat.database.read() as session:
        assert await channels.find(session, "local:general") is None


@pytest.mark.parametrize("typed", ["limit ", "top ", "quiet ", "pause ", "saved export ", "help "])
async def test_what_is_offered_can_be_sent(chat: Chat, typed: str) -> None:
    found = await chat.complete(typed)

    assert found
    assert all(f"{parse(each).verb.words} ".startswith(typed) for each in found)
