import pytest

from bot.matching.text.acronyms import Acronyms, acronyms
from bot.matching.text.definitions import (
    Definitions,
    acronym_key,
    definitions_in,
    same_meaning,
    spelled,
)

SPELLED = {
    ("ASR", "an adversarial subspace rank"): "adversarial subspace rank",
    ("LoRA", "the low-rank adaptation"): "low rank adaptation",
    ("TTS", "We study test-time scaling"): "test time scaling",
    ("MOE", "by the Ministry of Education"): "ministry education",
    ("MCP-1", "monocyte chemoattractant protein-1"): "monocyte chemoattractant protein 1",
    ("XAI", "explainable AI"): "",
    ("LLM", "we train a network"): "",
    ("RAG", ""): "",
}


@pytest.mark.parametrize(("typed", "words"), SPELLED.items())
def test_the_words_in_front_of_brackets_spell_an_acronym(
    typed: tuple[str, str], words: str
) -> None:
    short, before = typed

    assert " ".join(spelled(short, before.split())) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("automatic speech recognition", "automated speech recognition", True),
        ("vision language action", "vision language action model", True),
        ("generative adversarial net", "generative adversarial network", True),
        ("auto encoder", "autoencoder", True),
        ("text to speech", "test time scaling", False),
        ("graph convolutional network", "gated convolutional network", False),
        ("speech", "automatic speech recognition", False),
    ],
)
def test_long_forms_mean_the_same_where_their_words_begin_alike(
    one: str, other: str, *, same: bool
) -> None:
    assert same_meaning(tuple(one.split()), tuple(other.split())) is same
    assert same_meaning(tuple(other.split()), tuple(one.split())) is same


def test_a_version_is_no_part_of_an_acronym() -> None:
    assert [acronym_key(short) for short in ("MCP-1", "GPT-4", "T5", "RNA-seq")] == [
        "mcp", "gpt", "t5", "rnaseq",
    ]  # fmt: skip


def test_the_first_sense_is_meant_unless_the_line_says_that_none_is() -> None:
    table = Acronyms(iter(["TTS\ttext-to-speech ; test-time scaling", "AR\taugmented reality ~"]))

    assert table.meant("TTS") is table.meant("tts") is table.senses[0]
    assert [sense.sure for sense in table.senses] == [True, False, False][:3]
    assert table.meant("AR") is None
    assert table.meant("map") is None


def test_what_differs_in_capitals_alone_is_told_apart() -> None:
    semiconductor, network = acronyms().meant("GaN"), acronyms().meant("GAN")

    assert semiconductor is not None
    assert network is not None
    assert (semiconductor.texts[0], network.short) == ("gallium nitride", "GAN")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "We do radiology report generation (RRG).",
            [("RRG", "radiology report generation")],
        ),
        ("Test-time augmentation (TTA) helps", [("TTA", "test time augmentation")]),
        (
            "the View of Delft (VoD) and Kalman filters (KFs)",
            [("VoD", "view of delft"), ("KF", "kalman filter")],
        ),
        # Letters within words, a word too few, one left over, no capitals: not sure enough.
        ("light detection and ranging (LiDAR)", []),
        ("report generation (RRG)", []),
        ("radiology report generation systems (RRG)", []),
        ("(RRG) radiology", []),
        ("in the United States (and) elsewhere (e.g.)", []),
    ],
)
def test_only_what_is_surely_spelled_is_learned(text: str, found: list[tuple[str, str]]) -> None:
    assert list(definitions_in(text)) == found


def test_a_definition_is_known_once_five_papers_give_it() -> None:
    seen = Definitions()
    for count in range(1, 6):
        assert seen.common() == []
        seen.learn("On RRG", f"Radiology report generation (RRG), part {count}. RRG. (RRG)")

    assert seen.common() == [("RRG", "radiology report generation", True)]
    for _ in range(5):
        seen.learn("", "rapid reaction groups (RRG)")
    assert [sure for _, _, sure in seen.common()] == [False, False]


def test_what_is_learned_stays_bounded_and_keeps_what_is_common() -> None:
    common = ("RRG", "radiology report generation")
    seen = Definitions({**{(f"X{n}", "x"): 1 for n in range(20_001)}, common: 9})
    seen.learn("", "test time augmentation (TTA)")

    assert seen.counts == {common: 9}
