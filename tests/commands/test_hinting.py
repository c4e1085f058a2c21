"""What a refusal suggests is marked as a command; what cannot be typed is not."""

import pytest

from bot.cards.spans import plain
from bot.commands.hinting import hinted
from tests.commands.conftest import Chat

HINTS = [
    ('There is no command "wach". Did you mean "watch LoRA"? For example: watch x', 2),
    ('Among the 2 here. Did you mean "unwatch 2", which is "graph networks"?', 1),
    ('Did you mean "preview "early exit" OR speculation"?', 1),
    ("It is daily or off; for example: schedule daily 09:00 Europe/Paris weekdays", 1),
    ("There is no such thing. Type help for all of them, or for example: now", 2),
    ("Nothing is wrong.", 0),
]


@pytest.mark.parametrize(("text", "commands"), HINTS)
def test_commands_are_marked_and_the_text_stays(text: str, commands: int) -> None:
    marked = hinted(text)

    assert plain(marked) == text
    assert len([span for span in marked if span.style == "command"]) == commands


async def test_a_malformed_expression_is_answered_with_the_whole_command(chat: Chat) -> None:
    reply = await chat.reply("watch (graph networks")

    [suggested] = [span.text for span in reply.lines[0] if span.style == "command"]
    assert suggested == "watch graph networks"
    assert reply.failed


async def test_an_unknown_command_is_answered_with_one_to_take_up(chat: Chat) -> None:
    reply = await chat.reply("wach LoRA")

    assert "watch LoRA" in [span.text for span in reply.lines[0] if span.style == "command"]
