"""Help is the parser's own table."""

import pytest

from bot.commands.verbs import VERBS
from tests.commands.conftest import Chat


async def test_help_has_every_verb_and_nothing_else(chat: Chat) -> None:
    reply = await chat.reply("help")

    shown = [each[0].text for each in reply.lines if each[0].style == "command"]
    assert shown == [verb.usage for verb in VERBS]


async def test_nothing_typed_is_answered_with_help(chat: Chat) -> None:
    assert await chat.reply("") == await chat.reply("help")


@pytest.mark.parametrize("words", [verb.words for verb in VERBS])
async def test_help_on_a_verb_has_its_example(chat: Chat, words: str) -> None:
    example = next(verb.example for verb in VERBS if verb.words == words)

    assert f"For example: {example}" in await chat.say(f"help {words.upper()}")


async def test_help_on_no_verb_names_the_nearest(chat: Chat) -> None:
    assert 'Did you mean "schedule daily 09:00' in await chat.say("help shedule")


async def test_help_on_a_verb_names_the_usual_choices(chat: Chat) -> None:
    assert "pause until tomorrow" in await chat.say("help pause")


async def test_help_tells_what_the_channel_reads(chat: Chat) -> None:
    assert "The channel reads who did it." in await chat.say("help limit")
    assert "The channel reads who did it." not in await chat.say("help why")
