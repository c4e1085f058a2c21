import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.summary import standing_alone, summarise
from bot.text import one_line, split_sentences
from tests.shared import SHARED, needs_shared

BACKGROUND = "Language models grow every year."
DETAIL = "The router has two layers and a bias."
NEW = "We propose Sparrow, a router for experts."
RESULT = "Sparrow improves accuracy by 4.2% at half the cost."
NOTICE = "Code is available at https://example.org/sparrow."


@pytest.mark.parametrize(
    "abstract",
    [
        [BACKGROUND, DETAIL, NEW, DETAIL, RESULT, NOTICE],
        [NEW, DETAIL, DETAIL, RESULT, NOTICE, BACKGROUND],
        [RESULT, NOTICE, DETAIL, NEW, BACKGROUND],
    ],
)
def test_what_is_new_and_what_it_gives_are_kept_in_their_order(abstract: list[str]) -> None:
    chosen = split_sentences(summarise(" ".join(abstract), sentences=2))

    assert chosen == [sentence for sentence in abstract if sentence in (NEW, RESULT)]


def test_a_third_sentence_gives_the_background_rather_than_a_notice() -> None:
    abstract = " ".join([BACKGROUND, NEW, RESULT, NOTICE])

    assert summarise(abstract) == " ".join([BACKGROUND, NEW, RESULT])


def test_a_sentence_that_leans_on_another_is_not_left_alone() -> None:
    leaning = "It improves accuracy by 4% and throughput by 5%."
    abstract = " ".join([NEW, DETAIL, leaning, DETAIL, RESULT])

    assert leaning not in summarise(abstract, sentences=2)


def test_the_sources_own_summary_comes_first() -> None:
    assert summarise(NEW, source_summary="A router, in $O(n^2)$.") == "A router, in O(n²)."


@pytest.mark.parametrize("blank", [None, "", " \n"])
def test_a_blank_summary_of_the_source_does_not_count(blank: str | None) -> None:
    assert summarise(NEW, source_summary=blank) == NEW


def test_a_long_summary_of_the_source_ends_with_a_sentence() -> None:
    assert summarise("", source_summary=f"{NEW} {RESULT}", limit=60) == NEW


def test_only_a_notice_is_better_than_nothing() -> None:
    assert summarise(NOTICE) == NOTICE


def test_other_languages_keep_whole_sentences() -> None:
    assert summarise("Modelle wachsen. Wir zeigen einen Weg. Er ist gut. Er ist neu.") == (
        "Modelle wachsen. Wir zeigen einen Weg. Er ist gut."
    )


def test_a_pronoun_after_an_opening_leans_too() -> None:
    leaning = "With a parameter server it improves training."
    abstract = " ".join([BACKGROUND, DETAIL, leaning, "Sparrow improves the training of experts."])

    assert leaning not in summarise(abstract, sentences=2)
    assert leaning in summarise(f"{NEW} {DETAIL} {leaning}", sentences=2)


@given(st.text(), st.text(), st.integers(0, 5), st.integers(0, 300))
def test_any_text_gives_a_clean_summary_within_the_limit(
    abstract: str, own: str, sentences: int, limit: int
) -> None:
    summary = summarise(abstract, source_summary=own, sentences=sentences, limit=limit)

    assert len(summary) <= limit
    assert one_line(summary) == summary


@needs_shared
def test_real_abstracts_get_one_to_three_of_their_sentences() -> None:
    assert SHARED is not None
    with gzip.open(SHARED / "arxiv" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        abstracts = [
            json.loads(line)["summary"] for line, _ in zip(lines, range(300), strict=False)
        ]

    counts = [len(split_sentences(summarise(abstract))) for abstract in abstracts]

    assert set(counts) <= {1, 2, 3}
    assert sum(count >= 2 for count in counts) >= 0.9 * len(counts)


@pytest.mark.parametrize(
    ("opening", "kept"),
    [
        ("To address these challenges, we propose Sparrow.", "We propose Sparrow."),
        ("Motivated by this, we propose Sparrow.", "We propose Sparrow."),
        ("Guided by this design principle, we propose Sparrow.", "We propose Sparrow."),
        ("In this work, we propose Sparrow for experts.", "We propose Sparrow for experts."),
        (
            "Furthermore, Sparrow halves the cost of training.",
            "Sparrow halves the cost of training.",
        ),
        ("We therefore propose Sparrow for experts.", "We propose Sparrow for experts."),
        ("To train a router of experts, we propose Sparrow.", None),
        ("Given enough data, Sparrow is a good router.", None),
    ],
)
def test_an_opening_that_points_at_what_is_left_out_falls_away(
    opening: str, kept: str | None
) -> None:
    opening = opening.replace("Sparrow.", "Sparrow, a router for experts.")
    kept = kept and kept.replace("Sparrow.", "Sparrow, a router for experts.")

    assert standing_alone(opening) == (kept or opening)


def test_what_a_sentence_points_at_comes_with_it() -> None:
    loss = "Routers forget rare experts."
    points = "We propose Sparrow, which mends this forgetting in experts."
    abstract = " ".join([BACKGROUND, DETAIL, loss, points, RESULT])

    assert summarise(abstract) == f"{loss} {points} {RESULT}"


def test_a_fraction_with_a_blank_in_it_is_no_end_of_a_sentence() -> None:
    said = "Sparrow beats GPT-4 (35. 6%) and all others by 4.2%."

    assert summarise(f"{NEW} {said}") == f"{NEW} {said.replace('35. 6', '35.6')}"
