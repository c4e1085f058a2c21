import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.index.split import Split, split
from bot.matching.text.pieces import body
from bot.matching.text.tokenizer import analyse, inner_pause, is_abbreviation, raw_tokens
from tests.matching import real
from tests.shared import needs_shared

SIGNS = "abzABZ019 .,;:!?()[]'\"-/+#_$\\{}~^|\t\n\x00\x1f\x7f\x85\u00a0\u2003\u200bé強β🎉\ud800"
WORDS = [
    "(RAG),",
    "Fig.",
    "e.g.",
    "(a",
    "b)",
    "[x],",
    "...",
    "model(DLM)",
    "MoE",
    "Moe",
    "word" * 30,
]
texts = st.one_of(
    st.text(SIGNS, max_size=60),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(SIGNS, max_size=8))).map(" ".join),
)


def said(found: Split) -> list[tuple[object, int, int]]:
    """The pieces, width and pause of each token, from its columns."""
    read = list(found.texts(np.arange(len(found.hashes))))
    short = np.array([not whole and is_abbreviation(text) for text, whole in read], np.bool_)
    tokens = []
    for (text, whole), pause in zip(read, found.pauses(short).tolist(), strict=True):
        if whole:
            pieces, width, behind, *_ = analyse(text)
        else:
            (pieces, width, _), behind = body(text), inner_pause(text)
        tokens.append(([piece[0] for piece in pieces], width, behind + pause))
    return tokens


def wanted(text: str) -> list[tuple[object, int, int]]:
    tokens = map(analyse, raw_tokens(text))
    return [([piece.term for piece in token.pieces], token.width, token.pause) for token in tokens]


@given(st.lists(texts, max_size=4))
def test_tokens_in_columns_say_what_each_says_alone(some: list[str]) -> None:
    found = split(some)

    assert found.lengths.tolist() == [len(raw_tokens(text)) for text in some]
    assert said(found) == [token for text in some for token in wanted(text)]


@needs_shared
def test_so_do_those_of_real_papers() -> None:
    papers = real.papers(0, 300)
    some = [text for paper in papers for text in (paper.title, paper.abstract)]

    assert said(split(some)) == [token for text in some for token in wanted(text)]


@given(texts)
def test_equal_hashes_are_of_tokens_that_say_the_same(text: str) -> None:
    found = split([text, text.lower()])
    read = list(found.texts(np.arange(len(found.hashes))))
    bodies: dict[int, object] = {}

    for value, (token, whole) in zip(found.hashes.tolist(), read, strict=True):
        said_of = (whole, analyse(token) if whole else body(token))
        assert bodies.setdefault(value, said_of) == said_of


def test_a_capital_at_the_front_makes_no_other_token_and_any_other_does() -> None:
    same = split(["Model model", "Rank-based rank-based"]).hashes
    different = split(["MoE moE", "Rank-Based rank-based", "A a"]).hashes

    assert same[0] == same[1]
    assert same[2] == same[3]
    assert all(different[::2] != different[1::2])


def test_texts_longer_than_a_block_are_split_alike() -> None:
    text = "graph neural networks, and (RAG). " * 4_000

    found = split([text, "a", text])

    assert found.lengths.tolist() == [20_000, 1, 20_000]
    assert (found.hashes[:20_000] == found.hashes[20_001:]).all()
