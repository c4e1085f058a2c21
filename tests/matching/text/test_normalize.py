import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.score import near
from bot.matching.text.normalize import fold_word, lower, plain
from bot.matching.text.word_forms import stem

FOLDED = {
    "matrices": "matrix", "networks": "network", "boxes": "box", "losses": "loss",
    "studies": "study", "analyses": "analysis", "biases": "bias", "bias": "bias", "lens": "lens",
    "news": "news", "series": "series", "gas": "gas", "caches": "cache", "metrics": "metric",
    "dynamics": "dynamics", "corpora": "corpus", "behaviours": "behavior", "colour": "color",
    "modelling": "modeling", "labelled": "labeled", "optimisation": "optimization",
    "noise": "noise", "precise": "precise", "supervised": "supervised", "analyse": "analyze",
    "hour": "hour", "four": "four", "tour": "tour", "ties": "tie",
}  # fmt: skip

PLAIN = {
    "Erd\\H{o}s": "erdos", "R\\'enyi": "renyi", "na\\\"{i}ve": "naive",
    "Schrödinger": "schrodinger",
    "$\\gamma$-ray": "gamma-ray", "β-VAE": "beta-vae", "\\textbf{Bold}": "bold", "Łukasz": "lukasz",
    "ﬁne": "fine", "x–y": "x-y", "Αθήνα": "αθηνα", "{BERT}": "bert", "straße": "strasse",
}  # fmt: skip

SAME_STEM = [
    ("rating", "rate"), ("caching", "cache"), ("running", "run"), ("pruning", "prune"),
    ("quantization", "quantize"), ("embeddings", "embed"), ("encoding", "encode"),
    ("modeling", "model"), ("federated", "federate"),
]  # fmt: skip

OTHER_STEM = [
    ("rat", "rate"), ("general", "generation"), ("universe", "university"), ("string", "stre"),
    ("policy", "police"), ("transformer", "transform"), ("speed", "spe"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "folded"), FOLDED.items())
def test_folds_plural_and_spelling(word: str, folded: str) -> None:
    assert fold_word(word) == folded


@pytest.mark.parametrize(("raw", "letters"), PLAIN.items())
def test_reads_latex_accents_and_greek(raw: str, letters: str) -> None:
    assert lower(plain(raw)) == letters


@pytest.mark.parametrize(("one", "other"), SAME_STEM)
def test_near_forms_share_a_stem(one: str, other: str) -> None:
    assert stem(fold_word(one)).key == stem(other).key


@pytest.mark.parametrize(("one", "other"), OTHER_STEM)
def test_other_words_do_not_share_a_stem(one: str, other: str) -> None:
    assert stem(one).key != stem(other).key or not near("modifier", stem(one), stem(other))


def test_a_participle_is_near_as_a_modifier_only() -> None:
    design, designed = stem("design"), stem("designed")

    assert near("modifier", design, designed) > 0
    assert near("head", design, designed) == 0
    assert near("exact", design, designed) == 0


@given(st.text(max_size=30))
def test_any_text_is_folded(text: str) -> None:
    assert isinstance(fold_word(lower(plain(text))), str)
