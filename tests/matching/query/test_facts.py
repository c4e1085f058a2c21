"""Filters are read as people type them, and ask what sources tell of a paper."""

from datetime import UTC, date, datetime

import pytest

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse, parse_noted
from bot.matching.query.facts import dated, fact_told, unmet, without_filters
from bot.matching.text.lexicon import Lexicon
from tests.matching.paper import Text

CANONICAL = {
    "llm agents upvotes>20": "llm agents AND upvotes>20",
    "llm agents, upvotes > 20": "llm agents AND upvotes>20",
    "robots upvotes≥5": "robots AND upvotes>=5",
    "robots Upvotes:5": "robots AND upvotes>=5",
    "upvotes:>20 robots": "upvotes>20 AND robots",
    "robots -upvotes>100": "robots -upvotes>100",
    "(robots OR drones) has: code": "(robots OR drones) AND has:code",
    "title:robots has:project has:abstract": "title:robots AND has:project AND has:abstract",
    "robots since:2026-11": "robots AND since:2026-11-01",
    "robots since:2026-11-5": "robots AND since:2026-11-05",
    "robots since:2 weeks": "robots AND since:2w",
    "robots since:7D": "robots AND since:7d",
    "has:code": "has:code",
    "what a model has: a study": "what a model has: a study",
    "upvotes of posts since 2024": "upvotes of posts since 2024",
}


@pytest.mark.parametrize(("typed", "canonical"), CANONICAL.items())
def test_filters_are_read_as_they_are_typed(typed: str, canonical: str) -> None:
    tree = parse(typed)

    assert str(tree) == canonical
    assert parse(canonical) == tree


WRONG = {
    "robots has:video": ("has:code, has:project or has:abstract", "robots"),
    "robots since:yesterday": ("since:2026-11-01 or since:7d", "robots"),
    "robots since:2026-13-01": ("since:2026-11-01 or since:7d", "robots"),
    "robots since:0d": ("since:2026-11-01 or since:7d", "robots"),
    "robots upvotes>many": ("upvotes>20", "robots"),
    "robots upvotes<5": ("leaving out those with more", "robots -upvotes>=5"),
    "robots -upvotes<=5": ("leaving out those with more", "robots AND upvotes>5"),
}


@pytest.mark.parametrize(("typed", "expected"), WRONG.items())
def test_a_filter_that_cannot_be_read_is_answered_with_the_right_form(
    typed: str, expected: tuple[str, str]
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(typed)

    assert expected[0] in str(caught.value)
    assert caught.value.suggestion == expected[1]


def test_an_answer_says_what_each_filter_was_understood_as() -> None:
    _, notes = parse_noted("robots upvotes>=20 -has:code since:2w since:2026-11-01")

    assert notes == (
        "upvotes>=20: only papers with at least 20 upvotes.",
        "A paper that gets its upvotes later comes then, while it is recent.",
        "-has:code: no papers whose source gives its code.",
        "since:2w: only papers that were at most 14 days old when they came in.",
        "since:2026-11-01: only papers of 1 Nov 2026 and later.",
    )


PAPER = Text(
    "Robots",
    upvotes=21,
    published_at=datetime(2026, 11, 20, 23, tzinfo=UTC),
    first_seen_at=datetime(2026, 11, 27, 1, tzinfo=UTC),
)
UNKNOWN = Text("Robots", first_seen_at=datetime(2026, 11, 27, 1, tzinfo=UTC))
HOLDS = [
    ("upvotes>20", PAPER, True),
    ("upvotes>21", PAPER, False),
    ("upvotes>=21", PAPER, True),
    ("upvotes>0", UNKNOWN, False),
    ("has:code", PAPER, False),
    ("has:code", Text("Robots", code_url="https://example.org"), True),
    ("has:abstract", Text("Robots", "They walk."), True),
    ("has:abstract", PAPER, False),
    ("since:7d", PAPER, True),
    ("since:6d", PAPER, False),
    ("since:2026-11-20", PAPER, True),
    ("since:2026-11-21", PAPER, False),
    ("since:2026-11-21", UNKNOWN, True),
    ("since:2026-11-21", Text("Robots"), False),
]


@pytest.mark.parametrize(("asked", "paper", "holds"), HOLDS)
def test_a_filter_asks_what_is_known_of_the_paper(asked: str, paper: Text, holds: bool) -> None:
    lexicon = Lexicon.shipped()

    wanted = evaluate(parse(f"robots {asked}"), paper, lexicon)
    refused = evaluate(parse(f"robots -{asked}"), paper, lexicon)

    assert (wanted is not None, refused is None) == (holds, holds)


def test_a_match_names_the_words_first_and_the_fact_last() -> None:
    found = evaluate(parse("upvotes>20 robots"), PAPER, Lexicon.shipped())

    assert found is not None
    assert list(map(str, found.evidence)) == [
        'matched "Robots" in the title, 100',
        "upvotes>20: it has 21 upvotes",
    ]


def test_the_filters_that_fail_are_told_from_what_else_is_asked_for() -> None:
    tree = parse("robots upvotes>100 has:code -since:2026-11-01 -walking")

    failed = [fact_told(one, PAPER) for one in unmet(tree, PAPER)]

    assert failed == ["21 upvotes", "no code", "a date of 20 Nov 2026"]
    assert str(without_filters(tree)) == "robots -walking"
    assert without_filters(parse("has:code -walking")) is None


def test_a_search_counts_a_span_back_from_its_day() -> None:
    tree = dated(parse("robots since:2w -(since:1d has:code)"), date(2026, 11, 30))

    assert str(tree) == "robots AND since:2026-11-16 -(since:2026-11-29 AND has:code)"


ASKED_BY_ID = {
    "cites:https://arxiv.org/abs/1706.03762v5": "cites:arxiv:1706.03762",
    "cites: 1706.03762": "cites:arxiv:1706.03762",
    "cite:10.48550/arXiv.1706.03762": "cites:arxiv:1706.03762",
    "cites:hep-th/9901001": "cites:arxiv:hep-th/9901001",
    "cites:https://doi.org/10.1038/S1": "cites:doi:10.1038/s1",
    "(cites:10.1016/S0140-6736(20)1 OR cites:1706.03762) proteins": (
        "(cites:doi:10.1016/s0140-6736(20)1 OR cites:arxiv:1706.03762) AND proteins"
    ),
    "author:0000-0002-1825-0097": "author:0000-0002-1825-0097",
    "au:https://orcid.org/0000000218250097": "author:0000-0002-1825-0097",
}


@pytest.mark.parametrize(("typed", "canonical"), ASKED_BY_ID.items())
def test_papers_and_people_are_named_by_any_usual_form_of_their_id(
    typed: str, canonical: str
) -> None:
    assert str(parse(typed)) == canonical
    assert parse(canonical) == parse(typed)


RELATED = Text(
    "Robots", relations=["cites:arxiv:1706.03762 Attention", "orcid:0000-0002-1825-0097"]
)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("cites:1706.03762", "cites Attention"),
        ("author:0000-0002-1825-0097", "by 0000-0002-1825-0097"),
        ("cites:1706.00000", None),
    ],
)
def test_a_paper_is_found_by_what_it_cites_and_by_its_peoples_orcids(
    asked: str, told: str | None
) -> None:
    found = evaluate(parse(asked), RELATED, Lexicon.shipped())

    assert (found and found.evidence[0].words) == told


def test_a_link_that_names_no_paper_is_answered_with_what_may_be_cited() -> None:
    with pytest.raises(ExpressionError, match=r"arXiv or with a DOI comes after cites:"):
        parse("cites:nothing")
