"""Typed text becomes the right request, or an error that helps."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import verbs
from bot.commands.arguments import CitationFormat, Duration, Period, Weekday
from bot.commands.parser import Request, parse, tidy
from bot.commands.verbs import VERBS, Verb
from bot.errors import CommandError
from bot.rounds.scheduling.schedule import Daily, Instant, Off

READ: list[tuple[str, Verb[Any], Any]] = [
    ("watch mixture of experts -survey", verbs.WATCH, "mixture of experts -survey"),
    ("WATCH  Mixture of Experts", verbs.WATCH, "Mixture of Experts"),
    ("/papers watch LoRA", verbs.WATCH, "LoRA"),
    ("/Papers   list ", verbs.LIST, None),
    ("<@U02ABC> list", verbs.LIST, None),
    ("<@!1234567> /papers list", verbs.LIST, None),
    ("@paperround: watch rag", verbs.WATCH, "rag"),
    ("watch “speculative decoding”", verbs.WATCH, '"speculative decoding"'),
    ("watch list", verbs.WATCH, "list"),
    ("watch\tsparse\x00 attention", verbs.WATCH, "sparse attention"),
    ("unwatch 3", verbs.UNWATCH, "3"),
    ("preview", verbs.PREVIEW, ""),
    ("preview rag", verbs.PREVIEW, "rag"),
    ("import one\ntwo", verbs.IMPORT, "one\ntwo"),
    ("import\none\ntwo", verbs.IMPORT, "one\ntwo"),
    ("now", verbs.NOW, None),
    ("schedule off", verbs.SCHEDULE_, Off()),
    ("schedule Instant europe/paris", verbs.SCHEDULE_, Instant("Europe/Paris")),
    ("schedule daily 9:00", verbs.SCHEDULE_, Daily(time(9))),
    ("limit", verbs.LIMIT, None),
    ("threshold ", verbs.THRESHOLD, None),
    ("schedule", verbs.SCHEDULE_, None),
    ("quiet", verbs.QUIET, None),
    ("limit 7", verbs.LIMIT, 7),
    ("limit to 7", verbs.LIMIT, 7),
    ("limit ten papers a day", verbs.LIMIT, 10),
    ('limit "7"', verbs.LIMIT, 7),
    ("threshold 100", verbs.THRESHOLD, 100),
    ("pause", verbs.PAUSE, None),
    ("pause for 3 days", verbs.PAUSE, Duration(3, "day")),
    ("pause until Monday", verbs.PAUSE, Weekday(0)),
    ("why <https://arxiv.org/abs/1706.03762>", verbs.WHY, "https://arxiv.org/abs/1706.03762"),
    ("top", verbs.TOP, Period.WEEK),
    ("top Month", verbs.TOP, Period.MONTH),
    ("saved", verbs.SAVED, None),
    ("Saved  Export  BibTeX", verbs.SAVED_EXPORT, CitationFormat.BIBTEX),
    ("sources", verbs.SOURCES, None),
    ("sources add cs.LG", verbs.SOURCES_ADD, "cs.LG"),
    ("sources status", verbs.SOURCES_STATUS, None),
    ("admin here", verbs.ADMIN_HERE, None),
    ("quiet ON", verbs.QUIET, True),
    ("help sources add", verbs.HELP, "sources add"),
    ("", verbs.HELP, ""),
    ("/papers", verbs.HELP, ""),
]

WRONG = [
    ("wacth diffusion models", 'Did you mean "watch diffusion models"?'),
    ("subscribe rag", 'Did you mean "watch rag"?'),
    ("source add cs.LG", 'Did you mean "sources add cs.LG"?'),
    ("sources ad cs.CL", 'Did you mean "sources add cs.CL"?'),
    ("sources cs.CL", "Write sources or sources add <feed"),
    ("sources add", "for example: sources add cs.LG"),
    ("saved bibtex", "Write saved or saved find"),
    ("saved export word", '"word" is not one of bibtex, ris, csl'),
    ("admin", 'Did you mean "admin here"?'),
    ("admin there", 'Did you mean "admin here"?'),
    ("list of yesterday", 'list: Nothing is typed after it. Did you mean "list"?'),
    ("settings limit 5", 'Nothing is typed after it. Did you mean "limit 5"?'),
    ("show settings", '"show" is not needed here. Did you mean "settings"?'),
    ("set limit 5", '"set" is not needed here. Did you mean "limit 5"?'),
    ("quit", 'Did you mean "pause"?'),
    ("hello", 'Did you mean "help"?'),
    ("unwatch", "for example: unwatch mixture of experts"),
    ("limit 3 to 5", "from 1 to 50"),
    ("limit 0", "from 1 to 50"),
    ("limit 51", "from 1 to 50"),
    ("limit 99999999999999999999", "from 1 to 50"),
    ("limit ٥", "from 1 to 50"),
    ("threshold 59", "from 60 to 100"),
    ("saved export", "Something must follow it: bibtex|ris|csl"),
    ("quiet maybe", "neither on nor off"),
    ("top year", "not one of day, week, month"),
    ("schedule daily 25:00", "not a time of day"),
    ("schedule weekly", "for example: schedule weekly fri 15:00"),
    ("pause until 2026-02-30", "not a date of the calendar"),
    ("watch", "Something must follow it: <expression>"),
    ("papers list", 'Did you mean "list"?'),
    ("/paper limit 3", '"/paper" is not needed here. Did you mean "limit 3"?'),
    ("papers wacth rag", 'Did you mean "watch rag"?'),
    ("statz", 'Did you mean "stats"?'),
    ("zzzzzzzzzzzz", "Type help for all of them"),
]


@pytest.mark.parametrize(("typed", "verb", "value"), READ, ids=[row[0] for row in READ])
def test_reads_what_was_meant(typed: str, verb: Verb[Any], value: Any) -> None:
    assert parse(typed) == Request(verb, value)


@pytest.mark.parametrize(("typed", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_command_is_answered_with_the_nearest_right_one(typed: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(typed)

    assert said in str(caught.value)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.words)
def test_every_example_is_a_request_for_its_own_verb(verb: Verb[Any]) -> None:
    assert parse(verb.example).verb == verb


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.words)
def test_every_choice_offered_can_be_read(verb: Verb[Any]) -> None:
    for choice in verb.argument.choices:
        assert parse(f"{verb.words} {choice}").verb == verb


def test_no_word_that_people_try_first_is_a_verb_already() -> None:
    tried = [word for verb in VERBS for word in verb.also]

    assert len(tried) == len(set(tried))
    assert not set(tried) & {verb.words for verb in VERBS}


@pytest.mark.parametrize(("typed", "verb", "value"), READ, ids=[row[0] for row in READ])
def test_canonical_text_reads_as_the_same_request(typed: str, verb: Verb[Any], value: Any) -> None:
    assert parse(str(Request(verb, value))) == Request(verb, value)


CLUMSY = [
    ("watch llm agents, please", "watch llm agents"),
    ("list all my watches", "list"),
    ("settings please", "settings"),
    ("now, thanks!", "now"),
    ("?", "help"),
    ("--help", "help"),
    ("limit help", "help limit"),
    ("quiet hours ?", "help quiet hours"),
    ("threshold 85%", "threshold 85"),
    ("threshold .9", "threshold 90"),
    ("quiet yes", "quiet on"),
    ("style short posts", "style short"),
    ("style list", "style digest"),
    ("top this week", "top week"),
    ("top today", "top day"),
    ("saved export bib", "saved export bibtex"),
    ("pause til monday", "pause until monday"),
    ("pause until next week", "pause until monday"),
    ("pause forever", "pause"),
    ("schedule never", "schedule off"),
]


@pytest.mark.parametrize(("typed", "meant"), CLUMSY, ids=[row[0] for row in CLUMSY])
def test_what_is_said_clumsily_and_surely_meant_is_done(typed: str, meant: str) -> None:
    assert str(parse(typed)) == meant


ANSWERED = [
    ("show me the list", '"show me the" is not needed here. Did you mean "list"?'),
    ("i want to watch rag", 'Did you mean "watch rag"?'),
    ("subscribe to rag", 'Did you mean "watch rag"?'),
    ("add topic rag", 'Did you mean "watch rag"?'),
    ("add source cs.LG", 'Did you mean "sources add cs.LG"?'),
    ("remove watch 2", 'Did you mean "unwatch 2"?'),
    ("daily at 9", 'Did you mean "schedule daily 09:00 UTC"?'),
    ("every day at 9am", 'Did you mean "schedule daily 09:00 UTC"?'),
    ("digest", 'Did you mean "style digest"?'),
    ("post now", 'Did you mean "now"?'),
    ("too many papers", 'Did you mean "limit 5"?'),
    ("stat", 'Did you mean "stats"?'),
    ("who are you", 'Did you mean "help"?'),
    ("helpme", 'Did you mean "help"?'),
    ("topics", 'Did you mean "list"?'),
    (
        "rag",
        '"rag". Type help for all of them. To follow a topic, for example: watch rag',
    ),
    ("papers on llm agents, rag", "To follow a topic, for example: watch llm agents, rag"),
    ("no", 'There is no command "no". Type help for all of them, or'),
]


@pytest.mark.parametrize(("typed", "said"), ANSWERED, ids=[row[0] for row in ANSWERED])
def test_what_is_no_command_is_answered_by_the_one_that_was_meant(typed: str, said: str) -> None:
    assert said in (refusal(typed) or "")


command_like = st.builds(
    "{} {}".format,
    st.sampled_from([word for verb in VERBS for word in (verb.words, *verb.also)]),
    st.text(max_size=40) | st.sampled_from(["3 days", "daily 09:00", "until 0001-01-01", "on"]),
)


def test_a_long_command_is_refused_in_few_words() -> None:
    for typed in ("x" * 100_000, "watch " + "x" * 100_000, "limit " + "9" * 1_999):
        assert len(refusal(typed) or "") < 300
    assert parse("import " + "x " * 100_000).verb == verbs.IMPORT


def refusal(typed: str) -> str | None:
    try:
        parse(typed)
    except CommandError as error:
        return str(error)
    return None


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200) | command_like)
def test_any_text_is_read_or_refused_with_an_example(typed: str) -> None:
    refused = refusal(typed)

    if refused is None:
        assert parse(str(parse(typed))) == parse(typed)
    else:
        assert "for example: watch " in refused or any(verb.example in refused for verb in VERBS)


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_tidied_text_is_tidy(typed: str) -> None:
    once = tidy(typed)

    assert tidy(once) == once
    assert once == once.encode("utf-8", "strict").decode()
