"""What the votes taught is told in full, and drawn."""

from datetime import timedelta

import pytest

from bot.ports import ChannelRef, MessageRef, Person, Reaction
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.votes import VoteRecorder
from storage import channels
from storage.models import PostState
from tests import make
from tests.commands.conftest import ADDRESS, Chat
from tests.make import NOON


async def show(chat: Chat, *titles: str) -> None:
    """Post papers in the channel; each one's message is its title."""
    await chat.say("settings")
    async with chat.database.write() as session:
        here = await channels.find(session, ADDRESS)
        assert here is not None
        for title in titles:
            paper = await make.paper(session, title)
            await make.post(
                session, here, paper, message=title, state=PostState.POSTED, posted_at=NOON
            )


async def vote(chat: Chat, title: str, emoji: str, person: str = "ana", *, days: int = 0) -> None:
    await VoteRecorder(chat.database, TasteStore(90)).record(
        Reaction(
            MessageRef(ChannelRef.parse(ADDRESS), title),
            Person(person, person),
            emoji,
            added=True,
            at=NOON - timedelta(days=days),
        )
    )


async def test_without_votes_it_says_how_to_begin_and_draws_nothing(chat: Chat) -> None:
    unseen = await chat.say("stats")
    await show(chat, "Routing", "Proteins")
    reply = await chat.reply("stats")

    assert unseen.startswith("Nobody has voted here yet. Put 👍 or 👎 on a post")
    assert "2 papers came here so far." in await chat.say("stats")
    assert reply.picture is None
    assert not reply.failed


async def test_the_lines_say_all_that_the_picture_shows(chat: Chat) -> None:
    await show(chat, "Routing", "Survey", "Proteins")
    await vote(chat, "Routing", "👍", days=1)
    await vote(chat, "Routing", "🔥", "bo")
    await vote(chat, "Survey", "👎", "bo")

    said = await chat.say("stats")

    assert said.splitlines() == [
        "Votes in general: 2 up and 1 down, by 2 people on 2 of 3 posts.",
        "Likes routing +1.00",
        said.splitlines()[2],
        "By day: 1 Mar +1, 2 Mar +1 −1",
        "Picks voted up before learning: 50%, 1 of the first 2 with votes.",
    ]
    assert said.splitlines()[2].startswith("Dislikes survey −0.")


async def test_the_picture_is_a_png_with_an_alternative(chat: Chat) -> None:
    await show(chat, "Routing")
    await vote(chat, "Routing", "👍")

    picture = (await chat.reply("stats")).picture

    assert picture is not None
    assert picture.png.startswith(b"\x89PNG")
    assert picture.name == "stats.png"
    assert picture.alt.startswith("#general likes routing. 1 vote up, 0 down")


async def test_votes_of_long_ago_are_counted_though_not_dated(chat: Chat) -> None:
    await show(chat, "Routing")
    await vote(chat, "Routing", "👍", days=400)

    said = await chat.say("stats")

    assert "1 up and 0 down, by 1 person on 1 of 1 post." in said
    assert "By week" not in said


@pytest.mark.parametrize("typed", ["sta", "stat"])
async def test_it_is_completed(chat: Chat, typed: str) -> None:
    assert await chat.complete(typed) == ["stats"]


async def test_what_people_try_first_leads_to_it(chat: Chat) -> None:
    assert 'Did you mean "stats"?' in await chat.say("votes")
