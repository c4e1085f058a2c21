"""Every error that Slack documents stands in one class, with words for people and one outcome."""

import json
from collections import Counter

import pytest
from structlog.testing import capture_logs

from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
)
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.errors import CLASSES, Refusal, classify, translated, words_for
from tests.peers.slack.faults import WORDS
from tests.peers.slack.server import FakeSlack
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import LAB
from tests.shared import SHARED, needs_shared

OUTCOMES: dict[Refusal, type[PlatformError]] = {
    Refusal.CONTENT: RefusedError,
    Refusal.TARGET: RefusedError,
    Refusal.DONE: RefusedError,
    Refusal.PLACE: ChannelGoneError,
    Refusal.WORKSPACE: ChannelGoneError,
    Refusal.MOMENT: NotSentError,
    Refusal.HOST: NotSentError,
    Refusal.DEFECT: NotSentError,
    Refusal.UNSURE: OutcomeUnknownError,
}
DOCUMENTED = sorted({(method, code) for method, codes in WORDS.items() for code in codes})


@needs_shared
def test_the_list_of_errors_is_the_one_of_the_method_references() -> None:
    assert SHARED is not None
    pages = [json.loads(page.read_text()) for page in SHARED.glob("specs/slack/ref-*.json")]
    listed = {page["name"]: set(page["errors"]) for page in pages}

    assert listed
    assert {name: WORDS[name] | WORDS["every method"] for name in listed} == listed


def test_every_documented_error_stands_in_exactly_one_class() -> None:
    count = Counter(code for codes in CLASSES.values() for code in codes)

    assert {code for _, code in DOCUMENTED} - set(count) == set()
    assert [code for code, times in count.items() if times > 1] == []


async def test_every_documented_error_of_every_method_leads_to_its_class(
    chat: SlackChat, slack: FakeSlack
) -> None:
    client = chat.wire.client("xoxb-any")
    for method, code in DOCUMENTED:
        called = "chat.postMessage" if method == "every method" else method
        slack.faults.add(called, code)
        with pytest.raises(PlatformError) as caught:
            async with translated():
                await client.api_call(called)

        assert type(caught.value) is OUTCOMES[classify(code)], code


def test_people_read_words_and_no_code() -> None:
    for code in {code for _, code in DOCUMENTED}:
        shown = words_for(code)
        assert (code in shown) if classify(code) is Refusal.DEFECT else "_" not in shown


async def test_an_unknown_error_is_of_the_moment_and_reported_once(
    chat: SlackChat, slack: FakeSlack
) -> None:
    slack.faults.add("chat.postMessage", "unheard_of", "unheard_of")

    with capture_logs() as told:
        for _ in range(2):
            with pytest.raises(NotSentError) as caught:
                await chat.post(LAB, ORDINARY, delivery_id="d1")

    assert caught.value.retry_after
    assert [line["code"] for line in told if line["event"] == "slack.unknown_error"] == [
        "unheard_of"
    ]
