"""Stages add up to the whole, and the index is left as it was."""

from itertools import count

import pytest

from bot.matching.index.batch_tokenizer import Tokens
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from tests.bench.matching.stages import LABELS, Stages
from tests.bench.real import Sample

PAPER = Sample("Routing in mixtures of experts", "We route tokens.", ("Yann LeCun",))


def watching():
    index = WatchIndex(Lexicon.shipped())
    index.add_all([(1, parse("mixture of experts")), (2, parse("author:LeCun"))])
    return index


def test_every_stage_of_a_match_is_noted_and_together_they_are_all_of_it():
    ticks = count()
    index = watching()

    start = next(ticks)
    with Stages(lambda: next(ticks)) as stages:
        (found,) = index.match([PAPER])
        between = next(ticks) - start

    assert set(found) == {1, 2}
    assert all(stages.taken[label] > 0 for label in LABELS)
    assert sum(stages.taken.values()) == between - 2
    assert sum(stages.shares().values()) == pytest.approx(1)


def test_the_index_is_its_own_again_afterwards_even_if_a_match_failed():
    before = Tokens.read

    with pytest.raises(AttributeError), Stages(lambda: 0.0):
        watching().match([None])

    assert Tokens.read is before


def test_nothing_timed_has_no_shares():
    assert Stages(lambda: 0.0).shares() == {}
