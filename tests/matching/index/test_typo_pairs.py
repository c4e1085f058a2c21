import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.index.terms import Terms
from bot.matching.index.typo_pairs import Misspelt
from bot.matching.score import ONE_TYPO, TWO_TYPOS
from bot.matching.text.lexicon import Lexicon
from bot.matching.text.word_forms import typos
from tests.matching.paper import Text

words = st.lists(st.text("abé", min_size=4, max_size=11), unique=True, max_size=12)


def paired(known: list[str], seen: list[str], *, wanted_last: bool) -> dict[str, dict[str, float]]:
    """For each of the seen words the known ones it may stand for, by their similarity."""
    terms, lexicon = Terms(), Lexicon(dict.fromkeys(known, 9))
    misspelt = Misspelt(terms, lexicon)
    numbers = [terms.id(word) for word in seen]
    if wanted_last:
        misspelt.update(numbers)
    for word in known:
        misspelt.want(terms.id(word))
    misspelt.update([] if wanted_last else numbers)
    found: dict[str, dict[str, float]] = {}
    for word, number in zip(seen, numbers, strict=True):
        for _, meant, similarity in misspelt.read(np.array([number])):
            found.setdefault(word, {})[terms.texts[meant]] = similarity
    return found


@given(words, words, st.booleans())
def test_every_pair_one_or_two_typos_apart_is_found(
    known: list[str], others: list[str], wanted_last: bool
) -> None:
    seen = [word for word in others if word not in known]
    similarity = {1: ONE_TYPO, 2: TWO_TYPOS}

    found = paired(known, seen, wanted_last=wanted_last)

    for word in seen:
        expected = {k: similarity[d] for k in known if (d := typos(k, word))}
        assert found.get(word, {}) == expected


def test_a_word_that_becomes_known_is_no_typo_any_more() -> None:
    terms, lexicon = Terms(), Lexicon({"attention": 9})
    misspelt = Misspelt(terms, lexicon)
    misspelt.want(terms.id("attention"))
    seen = terms.id("attenton")
    misspelt.update([seen])
    before = misspelt.read(np.array([seen]))

    lexicon.learn([Text("attenton")] * 3)
    misspelt.update([])

    assert before == [(0, terms.id("attention"), ONE_TYPO)]
    assert misspelt.read(np.array([seen])) == []
