"""The index gives what evaluating each watch alone gives: the same watches, scores and evidence."""

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluate
from bot.matching.index import phrase_table
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import Expression, parse
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from tests.matching import real
from tests.matching.paper import Text
from tests.shared import needs_shared

LEXICON = Lexicon.shipped()

VOCABULARY = """
learning learned learn model models modeling modelled diffusion difusion graph graphs neural
network networks vision language retrieval augmented generation RAG LLM LLMs VLM GNN AI
reinforcement reinforcment optimize optimization optimised data dataset dataset2 fine tuning
finetuning fine-tuning pre-training pretraining text image text-to-image text2image of the to
in off-policy policy segmentation images vision-language-action mixture of experts MoE Moe
large (LLM) (RAG) (RAG), [VLM] embedding embedded quantum quantu quantumm . , ; : word, end.
state-of-the-art U.S. 2.5 llama-2 llama2 LLAMA naïve Schrödinger $\\alpha$-stable β-VAE 强化学习
attention atention attenton non-linear nonlinear LoRA lora over-fitting overfitting
speech recognition automatic ASR graph* learn* powered by based AT&T C++ GaN GAN 딥러닝 딥러닝을
gallium nitride attack success rate (ASR) test time scaling (TTS) TTS we is, and or 🎉
שלום deep action artificial general intelligence
"""
WORDS = VOCABULARY.split()
texts = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
FILLER = " and so on with many other things that no watch asks for" * 6
abstracts = texts | texts.map(lambda text: text + FILLER)
NAMES = (
    "Yann LeCun",
    "LeCun, Y.",
    "Y. LeCun",
    "Wei Wang",
    "Wang Wei",
    "Xiao-Ming Li",
    "Xiaoming Li",
    "Lucía García-Márquez",
    "Gabriel Garcia Marquez",
    "García Márquez",
    "The ATLAS Collaboration",
    "ATLAS Collaboration",
    "Rami Al-Rfou",
    "al-Rfou",
)
papers = st.builds(
    Text,
    texts,
    abstracts,
    st.lists(st.sampled_from(NAMES), max_size=3),
    st.lists(st.sampled_from(["cs.LG", "cs.CL", "stat.ML"]), max_size=2),
    st.sampled_from(["arxiv", "huggingface"]),
    st.sampled_from([None, 0, 5, 21]),
    st.sampled_from([None, "https://example.org/code"]),
)
plain = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
leaves = st.one_of(
    plain,
    plain.map('"{}"'.format),
    plain.map("title:{}".format),
    st.sampled_from(NAMES).map('author:"{}"'.format),
    st.sampled_from(["category:cs", "category:cs.LG", "source:arxiv", "upvotes>5", "has:code"]),
)
watches = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" AND ".join),
        st.tuples(inner, inner).map(" OR ".join),
        st.tuples(inner, inner).map(lambda two: f"{two[0]} -({two[1]})"),
        inner.map("({})".format),
    ),
    max_leaves=4,
)


def trees(typed: list[str]) -> dict[str, Expression]:
    read = {}
    for text in typed:
        try:
            read[text] = parse(text)
        except ExpressionError:
            continue
    return read


def alone(wanted: dict, paper: Text, lexicon: Lexicon, threshold: float) -> dict[object, Match]:
    found = {key: evaluate(tree, paper, lexicon, threshold) for key, tree in wanted.items()}
    return {key: match for key, match in found.items() if match}


def filled(wanted: dict, lexicon: Lexicon = LEXICON) -> WatchIndex:
    index: WatchIndex = WatchIndex(lexicon)
    for key, tree in wanted.items():
        index.add(key, tree)
    return index


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(watches, max_size=12), st.lists(papers, max_size=4), st.sampled_from([60, 80, 95]))
def test_the_index_equals_each_watch_alone(
    typed: list[str], batch: list[Text], threshold: int
) -> None:
    wanted = trees(typed)

    found = filled(wanted).match(batch, threshold)

    expected = [alone(wanted, paper, LEXICON, threshold) for paper in batch]
    assert [dict(matches) for matches in found] == expected


SIMPLE = [word for word in WORDS if word.isalpha()]
compounds = st.lists(st.sampled_from(SIMPLE), min_size=2, max_size=3).map("-".join)
crowded = st.lists(st.sampled_from(WORDS) | compounds, min_size=3, max_size=25).map(" ".join)


@st.composite
def said_and_watched(draw: st.DrawFn) -> tuple[Text, list[str]]:
    """A paper, and watches of words that it says near each other, in order."""
    title, abstract = draw(crowded), draw(crowded)
    paper = Text(title, abstract + FILLER * draw(st.integers(0, 1)))
    said = re.split(r"[\s-]+", f"{title} {abstract}")
    watched = []
    for start in draw(st.lists(st.integers(0, len(said) - 1), min_size=1, max_size=8)):
        within = said[start : start + 6]
        kept = draw(st.lists(st.booleans(), min_size=len(within), max_size=len(within)))
        watched.append(" ".join(word for word, keep in zip(within, kept, strict=True) if keep))
    return paper, watched


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said_and_watched(), st.sampled_from([60, 80]))
def test_the_index_equals_each_watch_alone_on_words_that_a_paper_says(
    case: tuple[Text, list[str]], threshold: int
) -> None:
    paper, watched = case
    wanted = trees(watched)

    (found,) = filled(wanted).match([paper], threshold)

    assert dict(found) == alone(wanted, paper, LEXICON, threshold)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 5), st.none() | watches), max_size=12),
    st.lists(papers, min_size=1, max_size=3),
)
def test_adding_changing_and_removing_between_papers_leaves_no_trace(
    steps: list[tuple[int, str | None]], batch: list[Text]
) -> None:
    index: WatchIndex[int] = WatchIndex(LEXICON)
    wanted: dict[int, Expression] = {}
    for key, text in steps:
        tree = trees([text] if text else []).get(text or "")
        if tree is not None:
            index.add(key, tree)
            wanted[key] = tree
        elif key in wanted:
            index.remove(key)
            del wanted[key]

        found = index.match(batch)

        assert [dict(m) for m in found] == [alone(wanted, p, LEXICON, 60) for p in batch]
    assert len(index) == len(wanted)


AT_THE_EDGE = [
    ("large language model", Text("On law", "We use an LLM." + FILLER), False),
    ("large language model", Text("On law", "We use an LLM, the LLM." + FILLER), True),
    ("large language model", Text("On law", "We use an LLM."), True),
    ("large language model", Text("An LLM", FILLER), True),
    ("graphs NOT federated learning", Text("Graphs", "Federated leanring."), False),
    ("graphs NOT federated learning", Text("Graphs", "Federated, leanring."), True),
    ("graphs AND federated learning", Text("Graphs", "Federated leanring."), True),
    ("vision language model", Text("A vision language action model"), False),
    ("vision-language model", Text("A vision-language action model"), False),
    ("large language model", Text("A large vision language model"), False),
    ("large language model", Text("A large pretrained language model"), True),
    ("vision language model", Text("Vision language action model or vision, language model"), True),
    ("author:Fei-Fei Li", Text("Graphs", "", ["Li Fei-Fei"]), True),
    ("author:Hans Mueller", Text("Graphs", "", ["Hans Müller"]), True),
    ("author:Hinton GE", Text("Graphs", "", ["Geoffrey Hinton"]), True),
]


@pytest.mark.parametrize(("watch", "paper", "matches"), AT_THE_EDGE)
def test_the_index_decides_at_the_edges_as_one_watch_alone(
    watch: str, paper: Text, matches: bool
) -> None:
    wanted = {0: parse(watch)}

    (found,) = filled(wanted).match([paper])

    assert bool(found) == matches
    assert dict(found) == alone(wanted, paper, LEXICON, 60)


def test_equal_watches_under_many_keys_share_one_match() -> None:
    index = filled({key: parse("diffusion models") for key in range(3)})

    (found,) = index.match([Text("Diffusion models for audio")])

    assert sorted(found) == [0, 1, 2]
    assert found[0] is found[2]


def test_learning_a_word_ends_its_reading_as_a_typo() -> None:
    lexicon = Lexicon.shipped()
    index = filled({"watch": parse("federated learning")}, lexicon)
    paper = Text("Federated leanring across banks")
    (before,) = index.match([paper])

    lexicon.learn([paper] * 3)

    (after,) = index.match([paper])
    assert before["watch"].evidence[0].how == "typo"
    assert not after


def test_a_misspelt_word_that_is_itself_watched_is_read_both_ways() -> None:
    index = filled({word: parse(word) for word in ("diffusion", '"difusion"', "fine-tunning")})

    (found,) = index.match([Text("Difusion")])

    assert {key: match.score for key, match in found.items()} == {
        "diffusion": 90,
        '"difusion"': 100,
    }


def test_evidence_read_late_is_that_of_the_moment_of_matching() -> None:
    lexicon = Lexicon.shipped()
    index = filled({"watch": parse("federated learning")}, lexicon)
    paper = Text("Federated leanring across banks")
    (found,) = index.match([paper])

    lexicon.learn([paper] * 3)

    assert found["watch"].evidence[0].note == "leanring = learning"


def test_a_full_memory_of_words_is_emptied_without_changing_a_match(monkeypatch) -> None:
    monkeypatch.setattr(phrase_table, "_MOST_TOKENS", 5)
    wanted = trees(["difusion models OR diffusion", "RAG", "graph neural network", "finetuning"])
    index = filled(wanted)
    batch = [
        Text("Diffusoin models of graph neural networks"),
        Text("Retrieval augmented generation", "fine-tuning a graph"),
        Text("RAG without a retrieval step", "diffusion"),
    ]

    found = [dict(index.match([paper])[0]) for paper in batch]

    assert found == [alone(wanted, paper, LEXICON, 60) for paper in batch]


def test_keys_of_any_kind_are_read_with_their_scores() -> None:
    keys = [7, -3, 1 << 70, True, "text", (1, 2)]
    index = filled({key: parse(f"graphs{'' if key == 7 else ' OR x1'}") for key in keys})

    (found,) = index.match([Text("Graphs")])
    index.remove("text")

    assert dict(found.scores()) == {key: 100 for key in keys if key != "text"}
    index.remove(7)
    assert 7 not in dict(found.scores())


def test_removing_most_watches_frees_them_and_keeps_the_rest() -> None:
    index = filled({key: parse(f"watch number{key}") for key in range(2_500)})
    full = index.memory()

    for key in range(2_400):
        index.remove(key)

    assert index.memory() < full / 2
    assert list(index.match([Text("Watch number2450")])[0]) == [2_450]


def test_no_watches_or_no_papers_find_nothing() -> None:
    empty: WatchIndex[int] = WatchIndex(LEXICON)

    assert [dict(found) for found in empty.match([Text("Graphs"), Text("")])] == [{}, {}]
    assert filled({0: parse("graphs")}).match([]) == []
    assert [dict(m) for m in filled({0: parse("a1 AND b1")}).match([Text("Graphs")])] == [{}]


def test_scores_are_those_of_the_matches() -> None:
    index = filled(
        {0: parse("graphs"), 1: parse("graph"), 2: parse("graphs -survey"), 3: parse("x1")}
    )
    index.add(4, parse("graphs"))

    (found,) = index.match([Text("Graphs")])

    assert dict(found.scores()) == {key: match.score for key, match in found.items()}
    assert sorted(found) == [0, 1, 2, 4]


def test_a_watch_removed_before_its_match_is_read_is_left_out() -> None:
    index = filled({0: parse("graphs"), 1: parse("graph")})
    (found,) = index.match([Text("Graphs")])

    index.remove(0)

    assert list(found) == [1]


def test_a_long_batch_is_matched_in_order() -> None:
    index = filled({"even": parse("even")})
    batch = [Text("Even" if place % 2 == 0 else "Odd") for place in range(2_050)]

    found = index.match(batch)

    assert [bool(matches) for matches in found] == [place % 2 == 0 for place in range(2_050)]


def test_a_paper_that_redefines_an_acronym_is_not_found_by_its_usual_long_form() -> None:
    index = filled({"watch": parse("automatic speech recognition")})
    usual = Text("ASR in noise")
    other = Text("Adversarial subspace rank (ASR)", "ASR is bounded.")

    found = index.match([usual, other])

    assert [bool(matches) for matches in found] == [True, False]


@needs_shared
def test_the_index_equals_each_watch_alone_on_real_watches_and_papers() -> None:
    chance = random.Random(4)
    words = chance.sample(real.keywords(), 500)
    combined = [
        f"({a}) {op} ({b})"
        for a, b, op in zip(words, words[7:], ("AND", "OR", "-") * 60, strict=False)
    ]
    batch = chance.sample(real.papers(0, 4_000), 25)
    names = [f'author:"{name}"' for paper in batch for name in paper.authors[:2]]
    wanted = trees([*words, *combined, *names])

    found = filled(wanted).match(batch)

    expected = [alone(wanted, paper, LEXICON, 60) for paper in batch]
    assert sum(map(len, expected)) > 100
    assert [dict(matches) for matches in found] == expected
