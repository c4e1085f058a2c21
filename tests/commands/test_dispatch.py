"""Every command is answered, whatever was typed and whatever goes wrong."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.cards.richtext import plain
from bot.commands.dispatch import ROOMS, hinted
from bot.commands.verbs import CLUB_SWAP, CLUB_VOTE, SAVED_PUSH, VERBS, WEBHOOK, Verb
from bot.picks.kinship import Told
from bot.ports import Reply
from bot.rounds.service import Judgement
from bot.sources.base import Entry
from storage import channels
from storage.channels import ChannelDefaults
from tests import make
from tests.commands.conftest import Chat

any_typing = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
typed = st.text(st.characters(), max_size=60) | st.builds(
    "{} {}".format,
    st.sampled_from([verb.words for verb in VERBS]),
    st.text(st.characters(), max_size=30)
    | st.sampled_from(
        ["1", "on", "bibtex", "status", "daily 09:00", '{"paperround": 1}', "2401.00001", "here"]
        + [verb.words for verb in VERBS]
    ),
)


def test_every_verb_has_an_answer_and_no_other_word_has() -> None:
    assert sorted(words for room in ROOMS for words, _ in room()) == sorted(
        verb.words for verb in VERBS
    )


async def test_the_first_command_makes_the_channel(chat: Chat) -> None:
    async with chat.database.read() as session:
        assert await channels.find(session, "local:general") is None

    await chat.say("list")

    assert (await chat.channel()).schedule == ChannelDefaults().schedule


async def test_a_wrong_command_makes_no_channel(chat: Chat) -> None:
    await chat.say("wacth graphs")

    async with chat.database.read() as session:
        assert await channels.find(session, "local:general") is None


async def test_a_wrong_command_is_answered_in_private(chat: Chat) -> None:
    reply = await chat.reply("wacth graphs")

    assert 'Did you mean "watch graphs"?' in plain(reply.lines[0])
    assert reply.announcement is None
    assert reply.failed


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.shared], ids=lambda v: v.words)
async def test_shared_changes_are_refused_to_those_who_may_not(chat: Chat, verb: Verb[Any]) -> None:
    reply = await chat.reply(verb.example, may_change=False)

    assert "you may not change this channel" in plain(reply.lines[0])
    assert reply.announcement is None
    async with chat.database.read() as session:
        assert await channels.find(session, "local:general") is None


# What goes to others needs a key and a server, and a vote or a swap a club that goes on:
# handlers/test_zotero.py, test_webhook.py and test_club.py try them.
_OUTSIDE = (SAVED_PUSH, WEBHOOK, CLUB_VOTE, CLUB_SWAP)
_ALONE = [verb for verb in VERBS if "zotero" not in verb.words and verb not in _OUTSIDE]


@pytest.mark.parametrize("verb", _ALONE, ids=lambda verb: verb.words)
async def test_every_example_of_the_table_does_what_it_says(chat: Chat, verb: Verb[Any]) -> None:
    await chat.say("watch mixture of experts")
    for name in ("daily", "weekly"):
        async with chat.database.write() as session:
            source = await make.source(session, name)
            await make.paper(session, "Attention", "arxiv:1706.03762", given_by=source)
        await chat.say(f"watch {name} news")
    chat.rounds.entry = Entry(title="Attention", names=("arxiv:1706.03762",))
    chat.rounds.judgement = Judgement(None, None, 0.0, Told(), "No watch matches it.")

    with capture_logs() as logs:
        reply = await chat.reply(verb.example)

    assert reply.lines
    assert not reply.failed
    assert not logs


async def test_a_surprise_is_logged_under_the_id_that_the_person_reads(chat: Chat) -> None:
    chat.rounds.judgement = None
    await chat.recent("A paper")

    with capture_logs() as logs:
        reply = await chat.reply("why A paper")

    said = "\n".join(plain(each) for each in reply.lines)
    assert reply.failed
    assert logs[0]["event"] == "command.failed"
    assert logs[0]["error_id"] in said
    assert "AssertionError" not in said
    assert "\n" not in said


async def test_a_failure_that_was_expected_is_not_logged(chat: Chat) -> None:
    with capture_logs() as logs:
        await chat.say("unwatch 9")

    assert logs == []


async def test_names_and_titles_stay_raw_for_the_platform_to_escape(chat: Chat) -> None:
    announced = await chat.announce("watch <!channel> & @everyone", by="<b>Eve</b>")

    assert announced == "<b>Eve</b> watches <!channel> AND @everyone here."


@any_typing
@given(text=typed)
async def test_any_text_is_answered_and_nothing_surprises(chat: Chat, text: str) -> None:
    chat.rounds.judgement = Judgement(None, None, 0.0, Told(), "No watch matches it.")

    with capture_logs() as logs:
        reply = await chat.reply(text)

    assert isinstance(reply, Reply)
    assert reply.lines
    assert not logs


@any_typing
@given(text=typed)
async def test_any_text_is_completed_and_nothing_surprises(chat: Chat, text: str) -> None:
    await chat.say("watch graph networks")

    with capture_logs() as logs:
        found = await chat.complete(text)

    assert len(found) <= 25
    assert len(set(found)) == len(found)
    assert not logs


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
    assert [choice.command for choice in reply.choices] == [suggested]
    assert reply.failed


async def test_an_unknown_command_is_answered_with_one_to_take_up(chat: Chat) -> None:
    reply = await chat.reply("wach LoRA")

    assert "watch LoRA" in [span.text for span in reply.lines[0] if span.style == "command"]
    assert [choice.command for choice in reply.choices] == ["watch LoRA"]
