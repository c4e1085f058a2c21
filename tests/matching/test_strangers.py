"""Kinds of cases that somebody who had not seen ours brought, each with a sibling that is none."""

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from tests.matching.paper import Text

FOUND = [
    ("climate change adaptation", "Adaptation to Climate Change in Coastal Cities"),
    ("adaptation to climate change", "Climate change adaptation in coastal cities"),
    ("antibiotic resistance", "Resistance to Antibiotics in Coastal Waters"),
    ("lead exposure", "Exposure to lead and later income"),
    ("segmentation of images", "Image segmentation with nets"),
    ("detection of the deepfakes", "Deepfake detection at scale"),
    ("gender pay gap", "Gender Pay and Wage Gap in Europe"),
    ("İstanbul", "İstanbul'da hava kirliliği"),
    ("türkiye", "Türkiye'nin nüfusu"),
    ("Müller glia", "Mueller glia in the retina"),
    ("Mueller glia", "Müller glia in the retina"),
    ("Gröbner basis", "Groebner basis computation"),
    ("Kähler manifold", "Ricci flow on Kaehler manifolds"),
    ("dark matter halos", "Shapes of dark matter haloes"),
    ("anaemia", "Anemia in pregnancy"),
    ("esophageal cancer", "Oesophageal cancer screening"),
    ("sulfate aerosol", "Sulphate aerosols over the Arctic"),
]
NOT_FOUND = [
    ("image text", "Text to image generation with diffusion"),
    ("speech text", "From text to speech"),
    ("video image", "Image to video in one step"),
    ("antibiotic resistance", "Resistance of farmers: an antibiotics policy"),
    ("climate change adaptation", "Climate of change: adaptation of novels for film"),
    ("text to image", "Image text pairs"),
    ("minimum wage", "Minimum Prices and Wage"),
    ("hawai", "Hawai'i's coral reefs"),
    ("brien", "O'Brien and the sea"),
    ("shoe", "Shot noise in shops"),
]


@pytest.mark.parametrize(("watch", "title"), FOUND)
def test_other_words_for_the_same_are_found(watch: str, title: str) -> None:
    assert evaluate(parse(watch), Text(title), Lexicon.shipped())


@pytest.mark.parametrize(("watch", "title"), NOT_FOUND)
def test_the_same_words_for_something_else_are_not(watch: str, title: str) -> None:
    assert evaluate(parse(watch), Text(title), Lexicon.shipped()) is None
