import zlib

import pytest

from bot.matching.query.expression import parse
from bot.matching.query.suggest import correct
from bot.matching.text.lexicon import Lexicon
from bot.matching.text.word_forms import typos
from tests.matching.paper import Text

LEXICON = Lexicon.shipped()

CORRECTED = {
    "difusion models": "diffusion models",
    "reinforcment lerning": "reinforcement learning",
    "tranformer": "transformer",
    "retreival-augmented": "retrieval-augmented",
    "embedings": "embeddings",
    "textmining": "text mining",
    "systemsbiology": "systems biology",
    "expertz": "experts",
    "gausian OR -mechansim paper": None,
}
LEFT_ALONE = [
    '"difusion"', "mamba", "qwen", "unlearning", "hypernetwork", "OpenVLA", "LORA", "casual",
    "author:difusion", "modes", "interp", "planting trees", "gemma", "quantised",
]  # fmt: skip

TYPOS = {
    ("learning", "leanring"): 1,
    ("diffusion", "difusion"): 1,
    ("reinforcement", "reinforcemnt"): 1,
    ("reinforcement", "renforcemnt"): 2,
    ("learning", "larnig"): None,
    ("learning", "yearning"): None,
    ("rank", "rnk"): None,
    ("resnet", "resnet5"): None,
    ("diffusion", "diffusion"): None,
}


@pytest.mark.parametrize(("typed", "known"), [(t, k) for t, k in CORRECTED.items() if k])
def test_a_watch_is_corrected_to_known_words(typed: str, known: str) -> None:
    assert str(correct(parse(typed), LEXICON).expression) == known


@pytest.mark.parametrize("typed", LEFT_ALONE)
def test_what_might_be_meant_stays_as_typed(typed: str) -> None:
    corrected = correct(parse(typed), LEXICON)

    assert corrected.expression == parse(typed)
    assert corrected.corrections == ()


def test_corrections_are_named() -> None:
    assert correct(parse("difusion AND tranformer"), LEXICON).corrections == (
        ("difusion", "diffusion"),
        ("tranformer", "transformer"),
    )


@pytest.mark.parametrize(("words", "count"), TYPOS.items())
def test_counts_typos_between_words_that_may_be_one(
    words: tuple[str, str], count: int | None
) -> None:
    assert typos(*words) == count


def test_a_word_in_three_papers_is_known() -> None:
    lexicon = Lexicon()
    paper = Text("Zorbification of zorbs", "Zorbification again.")

    lexicon.learn([paper, paper])
    before = lexicon.known("zorbification")
    lexicon.learn([paper])

    assert not before
    assert lexicon.known("zorbification")
    assert lexicon.frequency("zorbification") == 3


def test_the_shipped_lexicon_is_not_shared() -> None:
    Lexicon.shipped().learn([Text("Zorbification")] * 3)

    assert not Lexicon.shipped().known("zorbification")


def test_survives_storage() -> None:
    lexicon = Lexicon.shipped()
    lexicon.learn([Text("Zorbification in naïve Bayes")] * 5)

    loaded = Lexicon.loads(lexicon.dumps())

    assert loaded.known("zorbification")
    assert len(loaded) == len(lexicon)
    assert loaded.dumps() == lexicon.dumps()


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"paperround lexicon 2\n" + zlib.compress(b"1 word"),
        LEXICON.dumps()[:-20],
        LEXICON.dumps()[:40] + b"\0\0" + LEXICON.dumps()[42:],
        b"paperround lexicon 1\n" + zlib.compress(b"many words"),
    ],
    ids=["empty", "newer", "cut off", "damaged", "nonsense"],
)
def test_what_it_did_not_write_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="lexicon"):
        Lexicon.loads(stored)


def test_holds_a_bounded_number_of_words(monkeypatch) -> None:
    monkeypatch.setattr("bot.matching.text.lexicon._LARGEST", 100)
    lexicon = Lexicon()
    lexicon.learn([Text("kept words stay")] * 3)
    letters = "abcdefghij"

    lexicon.learn(Text(f"rare{a}{b}{c}") for a in letters for b in letters for c in letters[:5])

    assert len(lexicon) <= 100
    assert lexicon.known("kept")


def test_known_words_fill_it_and_are_kept(monkeypatch) -> None:
    monkeypatch.setattr("bot.matching.text.lexicon._LARGEST", 50)
    lexicon = Lexicon()
    letters = "abcdefghij"
    words = [f"word{a}{b}" for a in letters for b in letters]

    for at in range(0, 100, 10):
        lexicon.learn([Text(" ".join(words[at : at + 10]))] * 3)
    before = [word for word in words if lexicon.known(word)]
    lexicon.learn([Text(" ".join(words))] * 5)

    assert 50 <= len(before) <= len(lexicon) <= 60
    assert [word for word in words if lexicon.known(word)] == before
