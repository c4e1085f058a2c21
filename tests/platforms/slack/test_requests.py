"""Whatever is sent to Slack is as its method references say, whatever the papers are.

The fake Slack of every test judges each call by those pages; these stories send all that the
program can send.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards.card import Form, simplified
from bot.cards.compose import compose
from bot.cards.digest import Titled, detail_lines, head_lines
from bot.cards.richtext import line
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.blocks import Message, card_message, head_message, line_messages
from bot.ports import MessageRef
from bot.sources.base import Entry
from storage.models import Paper
from tests.make import NOON
from tests.peers.extremes import EXTREMES, TOPIC
from tests.peers.slack.references import ARGUMENTS, References
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import MESSAGE_LENGTH, check_blocks, length
from tests.platforms.slack.conftest import LAB
from tests.platforms.slack.lab import running
from tests.shared import SHARED, needs_shared


def paper(name: str) -> Paper:
    return Paper(key="a", source="a", first_seen_at=NOON, updated_at=NOON, **EXTREMES[name])


def wrong(message: Message) -> str | None:
    """What Slack would refuse in a message."""
    if length(message.blocks) > MESSAGE_LENGTH:
        return "msg_blocks_too_long"
    return check_blocks(message.blocks) if message.text else "no_text"


@needs_shared
def test_the_arguments_are_those_of_the_method_references() -> None:
    assert SHARED is not None
    pages = [json.loads(page.read_text()) for page in SHARED.glob("specs/slack/ref-*.json")]
    listed = {page["name"]: page["args"] for page in pages}

    assert {method: set(args) for method, args in listed.items()} == {
        method: set(args) for method, args in ARGUMENTS.items()
    }
    for method, args in listed.items():
        needed = {name for name, about in args.items() if about.get("required")}
        assert needed == {
            name for name, kind in ARGUMENTS[method].items() if kind.endswith("required")
        }


def test_an_unknown_argument_a_wrong_kind_and_a_missing_one_are_seen() -> None:
    judge = References()
    sound = {"channel": "C1", "ts": "1.2", "text": "x"}

    assert judge.wrong("chat.update", sound) == []
    assert judge.wrong("chat.update", sound | {"colour": "red"})
    assert judge.wrong("chat.update", sound | {"ts": "yesterday"})
    assert judge.wrong("chat.update", {"text": "x"})
    assert judge.wrong("chat.unfurl", {})


@pytest.mark.parametrize("name", EXTREMES)
def test_an_extreme_paper_is_a_message_that_slack_takes_in_every_form(name: str) -> None:
    one = paper(name)
    card = compose(one, why=line("matched ", one.title))
    head = head_lines([Titled(one.title, one.url) for _ in range(50)])

    for form in Form:
        shown = card_message(replace(simplified(card, form), votes=(3, 1)))
        assert wrong(shown) is None, form
    assert wrong(head_message(head)) is None
    assert [wrong(each) for each in line_messages(detail_lines(one))] == [None] * len(
        line_messages(detail_lines(one))
    )


async def test_every_extreme_paper_is_sent_edited_and_explained_as_the_pages_say(
    chat: SlackChat, slack: FakeSlack
) -> None:
    head = await chat.head(
        LAB, head_lines([Titled(name, None) for name in EXTREMES]), delivery_id="h"
    )
    for number, name in enumerate(EXTREMES):
        one = paper(name)
        card = compose(one, why=line("matched ", one.title))
        message = await chat.post(LAB, card, delivery_id=f"d{number}", under=head)
        await chat.edit(message, replace(card, votes=(1, 0)))
        await chat.thread(message, detail_lines(one), delivery_id=f"m{number}")
        assert await chat.find_post(LAB, f"d{number}", since=NOON, under=head) == message

    assert slack.wrong == []
    assert len(slack.workspace.posts()) == len(EXTREMES)


@pytest.mark.parametrize("style", ["cards", "short", "digest"])
async def test_a_story_of_extreme_papers_sends_nothing_that_a_page_does_not_know(
    tmp_path: Path, style: str
) -> None:
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "socket", slack_seed_votes=True, window_days=90) as lab,
    ):
        lab.chat._pace = 0.001
        await lab.people.invite()
        for text in (f"watch {TOPIC}", f"style {style}", "limit 50"):
            await lab.people.type(text)
        entries = [
            Entry(names=(f"id:{number}",), **facts)
            for number, facts in enumerate(EXTREMES.values())
        ]
        await lab.app.services.polling.take(entries, "import", "files", shared=True)
        await lab.round()
        posts = slack.workspace.posts()
        for text in ("list", "preview", "now", "settings", "stats", "top week", "agenda", "export"):
            await lab.people.type(text)
        await lab.people.react(posts[0]["ts"], "bookmark")
        await lab.people.react(posts[0]["ts"], "+1")
        await lab.people.open_form()
        await lab.people.look_at_home()
        await lab.chat.delete(MessageRef(LAB, posts[0]["ts"]))
        await lab.app.count_edits.close()

    assert slack.wrong == []
    assert len(posts) >= len(EXTREMES) - 1
