"""What is exported can be imported, and what is wrong in it harms nothing else."""

import json

import pytest

from bot.commands.handlers import import_export, watches
from tests.commands.conftest import Chat


async def exported(chat: Chat) -> str:
    file = (await chat.reply("export")).file
    assert file is not None
    assert file[0] == "paperround.json"
    return file[1]


async def test_an_export_holds_watches_and_settings(chat: Chat) -> None:
    await chat.say('watch “diffusion models” OR author:"Ada Lovelace"')
    await chat.say("limit 9")

    content = json.loads(await exported(chat))

    assert content == {
        "paperround": 1,
        "channel": "local:general",
        "watches": ['"diffusion models" OR author:Ada Lovelace'],
        "settings": {
            "schedule": "daily 09:00 UTC",
            "limit": 9,
            "threshold": 80,
            "floor": 20,
            "quiet": True,
            "style": "cards",
            "titles": False,
        },
    }


async def test_another_channel_takes_an_export_whole(chat: Chat) -> None:
    for typed in ("watch graph networks -survey", "watch title:LoRA", "limit 9", "quiet off"):
        await chat.say(typed)
    await chat.say("schedule instant Europe/Paris")
    there = await exported(chat)

    await chat.say(f"import {there}", at="local:other")

    other, here = await chat.channel("local:other"), await chat.channel()
    assert (other.schedule, other.post_limit, other.quiet) == ("instant Europe/Paris", 9, False)
    assert (other.schedule, other.threshold) == (here.schedule, here.threshold)
    file = (await chat.reply("export", at="local:other")).file
    assert file is not None
    assert json.loads(file[1])["watches"] == json.loads(there)["watches"]


async def test_lines_are_taken_one_by_one(chat: Chat) -> None:
    await chat.say("watch graph networks")

    said = await chat.say("import graph networks\n\n  (broken\ndifusion models\nreward models\n")

    assert await chat.watched() == ["graph networks", "diffusion models", "reward models"]
    assert "Took in 2 watches, 1 watched here already." in said
    assert "Watching diffusion models (you typed difusion;" in said
    assert 'Refused "(broken": ' in said


async def test_the_channel_reads_what_was_imported(chat: Chat) -> None:
    typed = json.dumps({"paperround": 1, "watches": ["LoRA"], "settings": {"limit": 4}})

    assert await chat.announce(f"import {typed}") == "Ana imported 1 watch, limit 4."
    assert await chat.announce("import LoRA") is None


async def test_wrong_parts_of_an_export_are_refused_by_themselves(chat: Chat) -> None:
    typed = {
        "paperround": 1,
        "watches": ["LoRA", 7, None, "", "reward models"],
        "settings": {"limit": 500, "threshold": 70, "schedule": "sometimes", "colour": "red"},
    }

    said = await chat.say(f"import {json.dumps(typed)}")

    assert await chat.watched() == ["LoRA", "reward models"]
    assert (await chat.channel()).threshold == 70
    assert (await chat.channel()).post_limit == 5
    assert (await chat.channel()).schedule == "daily 09:00 UTC"
    for refused in ("7", "null", "limit 500", "schedule sometimes", "colour red"):
        assert f'Refused "{refused}": ' in said


@pytest.mark.parametrize(
    "typed",
    ["{", '{"paperround": 2}', '{"watches": ["LoRA"]}', "{" * 50, '{"a":' * 100_000],
    ids=["broken", "newer", "foreign", "braces", "deep"],
)
async def test_json_that_is_not_an_export_is_refused_whole(chat: Chat, typed: str) -> None:
    assert "one expression a line" in await chat.say(f"import {typed}")
    assert await chat.watched() == []


async def test_many_refusals_come_in_a_file(chat: Chat) -> None:
    reply = await chat.reply("import LoRA\n" + "\n".join(f"({n}" for n in range(30)))

    assert await chat.watched() == ["LoRA"]
    assert reply.file is not None
    assert reply.file[0] == "refused.txt"
    assert len(reply.file[1].splitlines()) == 30


async def test_a_full_channel_refuses_the_rest(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "MOST_WATCHES", 2)

    said = await chat.say("import LoRA\nreward models\ngraph networks\nLoRA")

    assert await chat.watched() == ["LoRA", "reward models"]
    assert 'Refused "graph networks": This channel has 2 watches' in said


async def test_lines_beyond_the_most_are_refused_each(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_export, "_MOST_LINES", 1)

    said = await chat.say("import LoRA\nreward models")

    assert await chat.watched() == ["LoRA"]
    assert 'Refused "reward models": only 1 lines are taken at once' in said


async def test_an_import_with_refusals_has_failed_for_scripts(chat: Chat) -> None:
    assert (await chat.reply("import LoRA\n(broken")).failed
    assert (await chat.reply("import (broken")).failed
    assert not (await chat.reply("import LoRA")).failed
