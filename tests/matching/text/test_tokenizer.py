import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.evaluate import evaluate
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.text.document import read
from bot.matching.text.lexicon import Lexicon
from bot.matching.text.phrase_terms import phrase_terms
from bot.matching.text.tokenizer import BROKEN_BY, CLAUSE, COMMA, SENTENCE, analyse
from tests.matching.paper import Text

TERMS = {
    "learning": {"learning"},
    "(networks),": {"network"},
    "the": set(),
    "Vision-Language": {"vision", "language", "visionlanguage"},
    "text-to-image": {"text", "to", "image", "texttoimage"},
    "text2image": {"text", "to", "image", "texttoimage"},
    "RAG": {"rag", "RAG"},
    "LLMs": {"llm", "LLM"},
    "FlashAttention2": {"flashattention2", "flashattention"},
    "2.5": {"2.5"},
    "1,000": {"1000"},
    "Parkinson's": {"parkinson"},
    "C++": {"c++"},
    "off-policy": {"off", "policy", "offpolicy"},
    "model(s)": {"model"},
    "non-linear": {"nonlinear"},
    "Semi-Supervised": {"semisupervised"},
    "self-attention": {"self", "attention", "selfattention"},
    "MoEs": {"moe", "MoE"},
    "GaN": {"gan", "GaN"},
    "LeCun": {"lecun"},
    "scaling~(TTS)": {"scaling", "tts", "TTS"},
    "Fig.~1": {"fig", "1"},
    "强化": {"强", "化", "强化"},
    "": set(),
    "🎉": set(),
    "—": set(),
}

ADVANCES = {
    "learning": 4,
    "the": 1 + BROKEN_BY,
    "and": 1,
    "of": 1,
    "learning,": 4 + COMMA,
    "learning.": 4 + SENTENCE,
    "learning:": 4 + CLAUSE,
    "e.g.": 8,
    "al.": 1,
    "(RAG)": 0,
    "(RAG).": SENTENCE,
    "text-to-image": 9,
    "model(DLM)": 4,
    "model(s)": 4,
    "test~time": 8,
}


@pytest.mark.parametrize(("raw", "terms"), TERMS.items())
def test_a_token_yields_its_terms(raw: str, terms: set[str]) -> None:
    assert {piece.term for piece in analyse(raw).pieces} == terms


@pytest.mark.parametrize(("raw", "advance"), ADVANCES.items())
def test_a_token_moves_the_position_on(raw: str, advance: int) -> None:
    token = analyse(raw)

    assert token.width + token.pause == advance


def test_an_acronym_in_brackets_lies_over_the_word_before() -> None:
    reading = read("Generation (RAG) systems", "")

    (generation,), (acronym,) = reading.by_key["generation"], reading.by_key["RAG"]
    assert acronym.start == generation.start
    assert reading.by_key["system"][0].start == generation.start + 4


def test_a_phrase_needs_its_content_words_and_what_turns_it_around() -> None:
    assert [p.term for p in phrase_terms("mixture of experts")] == ["mixture", "expert"]
    assert [p.term for p in phrase_terms("text to image")] == ["text", "to", "image"]
    assert [p.term for p in phrase_terms("off-policy RL")] == ["off", "policy", "RL"]
    assert phrase_terms("to be or not to be") == ()


UNITS = (
    "a", "(RAG) ", "graph ", "-", "\\", "(", "é", "強", "a-", "1,", "$", "¿", "'", "~", "(a", "(s)",
    "\ud800", "\x00 ", "\u200f", "🎉", "a: ", "(LLM) large ", "of graph ", "MoE ", "\u0301", "¼",
)  # fmt: skip
"""Parts that texts may be full of; 20,000 of each would take minutes if time were quadratic."""

NOISE = st.one_of(
    st.text(max_size=300),
    st.text("aA (),.-RAG[]{}$\\'\"of\u0300\u200f\x00\ud800", max_size=300),
    st.sampled_from(UNITS).map(lambda unit: unit * 2_500),
    st.sampled_from(UNITS).map(lambda unit: f"x{unit * 2_500}é"),
)
LEXICON = Lexicon.shipped()
WATCH = parse("graph RAG OR graph graph OR of graph OR quantum graphh")


@settings(max_examples=60, deadline=None)
@given(NOISE, NOISE)
def test_no_text_breaks_matching(title: str, abstract: str) -> None:
    paper = Text(title, abstract, [title[:50]], [abstract[:50]])
    index: WatchIndex[int] = WatchIndex(LEXICON)
    index.add(0, WATCH)

    (found,) = index.match([paper])

    match = evaluate(WATCH, paper, LEXICON, 60)
    assert dict(found) == ({0: match} if match else {})


def test_repeated_words_cost_linear_work() -> None:
    repeated = read("graph (RAG) " * 5_000, "")

    assert sum(map(len, repeated.by_key.values())) <= 15_000
    assert evaluate(WATCH, Text("graph (RAG) " * 5_000), LEXICON) is not None


def work(text: str) -> int:
    """Calls that matching makes for a text: what grows with it, without a clock."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    paper = Text(text, text)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        evaluate(WATCH, paper, LEXICON)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_twice_the_text_is_at_most_twice_the_work(unit: str) -> None:
    assert work(unit * 2_000) <= 2.2 * work(unit * 1_000) + 2_000


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_a_huge_token_hides_no_word(unit: str) -> None:
    papers = [Text(f"graph {unit * 20_000}", f"x{unit * 20_000}é")]
    index: WatchIndex[int] = WatchIndex(LEXICON)
    index.add(0, parse("graph"))

    (found,) = index.match(papers)

    assert found[0].score == 100
