import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.richtext import Line, plain
from bot.cards.why import why_line
from bot.matching.types import Evidence

ROUTING = Evidence("mixture of experts", "title", "mixture of experts", "exact", 97.4)
SERVING = Evidence(
    "LLM serving", "abstract", "LLM inference serving", "acronym", 92.0,
    "LLM = large language model",
)  # fmt: skip
TUNED = Evidence("fine-tuning", "title", "finetuned", "stem", 88.0)
UPVOTED = Evidence("upvotes>20", "facts", "25 upvotes", "exact", 100.0)
HINTON = Evidence("hinton", "authors", "Geoffrey Hinton", "exact", 100.0)


def marked(text: Line) -> str:
    return "".join(f"*{span.text}*" if span.style == "italic" else span.text for span in text)


@pytest.mark.parametrize(
    ("evidence", "score", "expected"),
    [
        ([ROUTING], 97.4, "matched *mixture of experts* in the title, 97"),
        (
            [SERVING],
            92.0,
            "matched *LLM inference serving* in the abstract via LLM = large language model, 92",
        ),
        ([TUNED], 88.0, "matched *finetuned* in the title for *fine-tuning*, 88"),
        (
            [ROUTING, HINTON, TUNED],
            97.4,
            "matched *mixture of experts* in the title and *Geoffrey Hinton* as an author, 97",
        ),
        ([], 85.0, "matched your watch *routing -survey*, 85"),
    ],
)
def test_a_match_names_its_words_place_and_score(
    evidence: list[Evidence], score: float, expected: str
) -> None:
    assert marked(why_line(watch="routing -survey", evidence=evidence, score=score)) == expected


@pytest.mark.parametrize(
    ("likes", "dislikes", "expected"),
    [
        (["routing"], [], "your channel likes *routing*"),
        (["routing", "sparse"], ["survey"], "your channel likes *routing* and *sparse*"),
        (["routing"], ["survey", "toy"], "your channel likes *routing*, dislikes *survey*"),
        ([], ["survey", "toy", "bio"], "your channel dislikes *survey* and *toy*"),
    ],
)
def test_at_most_two_taste_words_follow(
    likes: list[str], dislikes: list[str], expected: str
) -> None:
    why = why_line(watch="x", evidence=[ROUTING], score=97, likes=likes, dislikes=dislikes)

    assert marked(why) == f"matched *mixture of experts* in the title, 97; {expected}"


def test_beyond_the_watches_only_taste_explains() -> None:
    why = why_line(watch="", evidence=[], score=0, likes=["routing"], kind="beyond")

    assert marked(why) == "beyond your watches; your channel likes *routing*"


def test_a_trial_claims_no_taste() -> None:
    why = why_line(watch="x", evidence=[ROUTING], score=97, likes=["routing"], kind="trying")

    assert marked(why) == "a guess, please vote; matched *mixture of experts* in the title, 97"


def test_a_submitted_paper_names_who_brought_it() -> None:
    why = why_line(watch="", evidence=[], score=0, kind="submitted", submitted_by="Ada\nLovelace")

    assert marked(why) == "submitted by Ada Lovelace"


def test_nothing_known_says_nothing() -> None:
    assert why_line(watch="", evidence=[], score=0) == ()


@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=4), st.text())
def test_any_words_give_one_clean_bounded_line(
    watch: str, words: str, note: str, tastes: list[str], person: str
) -> None:
    evidence = [Evidence(watch, "title", words, "typo", 90, note)] * 3

    text = plain(
        why_line(
            watch=watch, evidence=evidence, score=90, likes=tastes, dislikes=tastes,
            submitted_by=person,
        )
    )  # fmt: skip

    assert len(text) < 600
    assert "\n" not in text
    assert "\x1b" not in text


def test_a_filter_is_told_by_its_fact_behind_the_words() -> None:
    said = why_line(watch="", evidence=[ROUTING, UPVOTED], score=97)

    text = "".join(span.text for span in said)
    assert text == "matched mixture of experts in the title and 25 upvotes, 97"


def test_a_citation_names_the_cited_paper_and_an_orcid_the_person() -> None:
    cites = Evidence("cites:doi:10.1/x", "facts", "cites Attention Is All You Need", "exact", 100.0)
    by = Evidence("author:0000-0002-1825-0097", "facts", "by Ada Post", "exact", 100.0)

    assert marked(why_line(watch="x", evidence=[cites], score=100.0)) == (
        "cites *Attention Is All You Need*"
    )
    assert marked(why_line(watch="x", evidence=[cites, by], score=100.0)) == (
        "cites *Attention Is All You Need* and by *Ada Post*"
    )
