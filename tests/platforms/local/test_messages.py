"""Answers go into the log as JSON, and come out as they were."""

import json

import pytest

from bot.cards.richtext import bold, line
from bot.platforms.local.messages import LARGEST_PICTURE, dump_reply, load_reply
from bot.ports import Picture, Reply
from tests.platforms.local.inbox import DOT, PAPER

SAID = (line("Watching ", bold("routing")),)

ANSWERS = [
    Reply(),
    Reply(lines=SAID, cards=(PAPER,), failed=True),
    Reply(lines=SAID, file=("saved.bib", "@misc{a}\n")),
    Reply(lines=SAID, picture=Picture("stats.png", DOT, "likes routing")),
    Reply(picture=Picture("all.png", bytes(range(256)), "")),
]


@pytest.mark.parametrize("reply", ANSWERS)
def test_an_answer_survives_the_log(reply: Reply) -> None:
    assert load_reply(json.loads(json.dumps(dump_reply(reply)))) == reply


def test_an_announcement_is_not_part_of_the_private_answer() -> None:
    assert load_reply(dump_reply(Reply(lines=SAID, announcement=line("Ana did.")))) == Reply(SAID)


def test_a_picture_too_large_for_the_log_is_left_out() -> None:
    large = Picture("stats.png", b"x" * (LARGEST_PICTURE + 1), "too much")

    assert load_reply(dump_reply(Reply(lines=SAID, picture=large))) == Reply(lines=SAID)
