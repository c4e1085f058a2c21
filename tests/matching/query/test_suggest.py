import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ExpressionError
from bot.matching.query.expression import Expression, parse
from bot.matching.query.suggest import (
    alternatives,
    ambiguous_dash,
    any_of,
    correct,
    first_found,
    listed,
    mistakes,
)
from bot.matching.text.lexicon import Lexicon
from tests.matching.paper import Text


@pytest.mark.parametrize(
    ("typed", "left_out", "wanted", "instead"),
    [
        ("experts -survey paper", "survey", "paper", 'experts -"survey paper"'),
        ("a1 -deep learning models OR b1", "deep", "learning models", None),
        ("title:graphs –social network -trees", "social", "network", None),
        ("(robots -toy arm) OR hands", "toy", "arm", '(robots -"toy arm") OR hands'),
    ],
)
def test_a_dash_before_several_words_is_told_what_it_took(
    typed: str, left_out: str, wanted: str, instead: str | None
) -> None:
    found = ambiguous_dash(typed)

    assert found is not None
    assert (found.left_out, found.wanted) == (left_out, wanted)
    assert instead in (None, found.instead)
    assert ambiguous_dash(found.instead) is None
    parse(found.instead)


@pytest.mark.parametrize(
    "typed",
    [
        "experts",
        "experts -survey",
        "-survey AND paper",
        'experts -"survey paper"',
        "experts -(survey paper)",
        "experts NOT survey paper",
        "pre-training models",
        "experts -survey -paper",
        "experts -survey OR paper",
    ],
)
def test_a_dash_that_says_what_it_means_is_left_alone(typed: str) -> None:
    assert ambiguous_dash(typed) is None


LEXICON = Lexicon.shipped()
PAPERS = [
    Text("Diffusion models for audio"),
    Text("Speech in noise"),
    Text("Compression by a smaller KV cache"),
    Text("Tokenizers and their vocabularies"),
    Text("Mechanistic interpretability of robots"),
    Text("Multimodal learning in class"),
]
MEANT = {
    "speech / drones": "speech OR drones",
    "robots without drones": "robots -drones",
    "diffusion modes": "diffusion models",
    "multimodel learning": "multimodal learning",
    "mechanistic interp": "mechanistic interpretability",
    "KV cache compression": "KV cache AND compression",
    "papers on tokenizers": "tokenizers",
    "anything about robots": "robots",
}


def instead(typed: str, papers: list[Text]) -> tuple[Expression, int] | None:
    """What is offered in the place of a watch that finds nothing."""
    return first_found(alternatives(parse(typed), LEXICON), papers, LEXICON, 80)


@pytest.mark.parametrize(("typed", "meant"), MEANT.items())
def test_a_phrase_that_finds_nothing_is_answered_with_one_that_does(typed: str, meant: str) -> None:
    found = instead(typed, PAPERS)

    assert found is not None
    assert str(found[0]) == meant
    assert found[1] >= 1


def test_a_slip_is_told_from_a_wish_for_something_rarer() -> None:
    assert "diffusion models" in map(str, mistakes(parse("diffusion modes"), LEXICON))
    assert str(mistakes(parse("speech / drones"), LEXICON)[0]) == "speech OR drones"
    assert mistakes(parse("KV cache compression"), LEXICON) == []


@pytest.mark.parametrize("typed", ["graphs OR trees", '"diffusion modes"', "author:Hinton"])
def test_what_says_what_it_means_has_no_alternatives(typed: str) -> None:
    assert alternatives(parse(typed), LEXICON) == []
    assert listed(parse(typed)) is None


def test_nothing_is_suggested_that_finds_nothing() -> None:
    assert instead("quantum gravity", PAPERS) is None
    assert instead("diffusion modes", []) is None


@given(st.text("ab, or;&/not1-(\u00e9", max_size=60))
def test_alternatives_of_any_watch_are_watches_themselves(typed: str) -> None:
    try:
        tree = parse(typed)
    except ExpressionError:
        return
    tried = alternatives(tree, LEXICON)

    assert len(tried) <= 10
    assert all(parse(str(each)) == each for each in tried)
    if tried:
        assert parse(str(any_of(tried)))


@pytest.mark.parametrize(
    "typed",
    [
        "grosse modèles", "apprentissage profond", "redes neuronales", "aprendizaje profundo",
        "O'Brien", "maschinelles lernen", "modelos de linguagem", "reti neurali profonde",
        "author:Hinten", "strategist", "economist agents", "hyperspace", '"difusion models"',
    ],
)  # fmt: skip
def test_nothing_is_corrected_that_may_be_right(typed: str) -> None:
    assert correct(parse(typed), LEXICON).corrections == ()


def test_a_typo_with_one_clear_neighbour_is_corrected() -> None:
    assert correct(parse("difusion models"), LEXICON).corrections == (("difusion", "diffusion"),)
