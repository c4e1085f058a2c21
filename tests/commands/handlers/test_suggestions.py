"""Suggestions are listed, taken in one step, refused for ever, and turned off."""

from bot.rounds.picking.suggestions import Suggestion, SuggestionKind, Tally
from storage import suggestions
from tests.commands.conftest import Chat

NARROWER = Suggestion(
    SuggestionKind.NARROWER, "alignment", "alignment of language", Tally(40, 2, 11), Tally(6, 2, 0)
)
COST = (
    "alignment: 40 posts, 2 up, 11 down. Try alignment of language: of these posts it would have "
    "brought 6 posts, 2 up, 0 down."
)
SILENT = Suggestion(SuggestionKind.SILENT, "spintronics", "")


async def test_each_is_listed_with_its_cost_and_how_to_take_it(chat: Chat) -> None:
    chat.rounds.better = [NARROWER, SILENT]

    assert (await chat.say("suggestions")).splitlines() == [
        f"1. {COST}",
        "2. spintronics found nothing for two months; it may be left out.",
        "Take one: suggestions take 1, or hear no more of it: suggestions refuse 1.",
    ]


async def test_a_narrower_watch_comes_in_the_place_of_the_old_one(chat: Chat) -> None:
    await chat.say("watch alignment")
    chat.rounds.better = [NARROWER]

    told = await chat.announce("suggestions take alignment of language")

    assert told == "Ana watches alignment of language instead of alignment here."
    assert await chat.watched() == ["alignment of language"]


async def test_a_silent_watch_goes(chat: Chat) -> None:
    await chat.say("watch spintronics")
    chat.rounds.better = [NARROWER, SILENT]

    assert await chat.announce("suggestions take 2") == "Ana no longer watches spintronics here."
    assert await chat.watched() == []


async def test_a_refusal_is_kept(chat: Chat) -> None:
    chat.rounds.better = [NARROWER]

    assert await chat.announce("suggestions refuse 1") == "Ana refused a suggestion here."
    async with chat.database.read() as session:
        kept = await suggestions.list_refused(session, (await chat.channel()).id or 0)
    assert kept == {"narrower:alignment"}


async def test_the_weekly_one_can_be_turned_off(chat: Chat) -> None:
    assert await chat.announce("suggestions off") == "Ana ended suggestions here."
    assert not (await chat.channel()).suggests


async def test_nothing_to_suggest_and_strange_words_are_answered(chat: Chat) -> None:
    assert "Nothing to suggest" in await chat.say("suggestions")
    assert "Nothing to suggest" in await chat.say("suggestions take 1")
    chat.rounds.better = [NARROWER]
    assert "suggestions take" in await chat.say("suggestions maybe")
    assert (await chat.reply("suggestions take 7")).failed
    assert (await chat.reply("suggestions take 1", may_change=False)).failed
    assert not (await chat.reply("suggestions", may_change=False)).failed
