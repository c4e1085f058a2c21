import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.query.suggest import correct
from bot.matching.text.lexicon import Lexicon
from tests.matching import pairs
from tests.matching.pairs import Pair
from tests.matching.paper import Text

ALL = [
    pair
    for table in vars(pairs).values()
    if isinstance(table, tuple)
    for pair in table
    if isinstance(pair, Pair)
]
KNOWN_ERRORS = {
    ("few-shot learning", "Few-shot learners are brittle"),
    ("tensor parallelism", "Parallelism (data, tensor, pipeline) for training"),
    ("object tracking", "Tracking of moving objects"),
    ("image segmentation", "Segmentation of medical images"),
    ("caching", "KV cache eviction for long prompts"),
    ("transformer", "Power transformers in rural grids"),
    ("language model", "Language teachers model good habits"),
    ("policy gradient", "Gradient of the policy entropy"),
    ("speech synthesis", "Syntheses of speech science"),
    ("vision language models", "A Vision Language Action Model for arms"),
}
"""Where we differ from the judgement: each would cost more elsewhere than it gains here."""

LEXICON = Lexicon.shipped()


def matches(pair: Pair) -> bool:
    tree = correct(parse(pair.watch), LEXICON).expression
    return evaluate(tree, Text(pair.text), LEXICON) is not None


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: f"{pair.watch} | {pair.text}")
def test_agrees_with_the_judgement(pair: Pair) -> None:
    known_error = (pair.watch, pair.text) in KNOWN_ERRORS

    assert matches(pair) == (pair.wanted != known_error)


def test_two_in_five_pairs_should_not_match() -> None:
    unwanted = [pair for pair in ALL if not pair.wanted]

    assert len(ALL) >= 160
    assert len(unwanted) >= 0.4 * len(ALL)
