"""With a sentence model, a vote is felt by papers that share no word with the one voted on."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from bot.picks.shared_model import ABSTRACT_MEANT, ABSTRACT_NEW, Meaning, SharedModel
from bot.picks.taste import Taste
from tests.picks.papers import Text

Find = Callable[[str, str, str], np.ndarray | None]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEAR = {"Voice cloning": (1.0, 0.1), "Speech synthesis": (0.9, 0.2), "Frog ponds": (-0.8, 0.6)}


def shared(model: str = "m", **more: tuple[float, float]) -> SharedModel:
    vectors = NEAR | more
    known = {
        text: (np.array(row) / np.linalg.norm(row)).astype(np.float32)
        for text, row in vectors.items()
    }
    meaning = Meaning(model, np.zeros(2, np.float32), lambda name, title, _: known.get(title))
    return SharedModel.blank(meaning)


def value(taste: Taste, title: str) -> float:
    return taste.opinion(Text(title), NOON).value


def vote(taste: Taste, title: str, after: int) -> None:
    taste.learn(Text(title), person="ada", before=0, after=after, at=NOON)


def test_a_vote_is_felt_by_what_means_the_same():
    taste = Taste(shared=shared())
    vote(taste, "Voice cloning", 1)
    assert value(taste, "Speech synthesis") > 0.1 > value(taste, "Frog ponds")
    words = Taste()
    vote(words, "Voice cloning", 1)
    assert value(words, "Speech synthesis") == 0.0


def test_a_stored_taste_comes_back_and_one_of_another_model_is_replayed():
    taste = Taste(shared=shared())
    vote(taste, "Voice cloning", 1)
    again = Taste.loads(taste.dumps(), shared())
    assert not again.carried
    assert value(again, "Speech synthesis") == value(taste, "Speech synthesis")
    assert Taste.loads(taste.dumps(), shared("another")).carried


def test_a_paper_whose_vector_comes_later_is_read_anew():
    late: dict[str, np.ndarray] = {}
    meaning = Meaning("m", np.zeros(2, np.float32), lambda name, title, _: late.get(title))
    some = SharedModel.blank(meaning)
    assert not some.knows(Text("Voice cloning"))
    assert not some.read(Text("Voice cloning")).meaning.any()
    late["Voice cloning"] = np.array([1.0, 0.0], np.float32)
    assert some.read(Text("Voice cloning")).meaning.any()


def test_the_centre_is_learned_from_many_papers_and_stored():
    titles = {f"Paper {n}": (1.0, n / 100) for n in range(120)}
    learned = SharedModel.of_papers(
        [Text(title) for title in titles], meaning=shared(**titles).meaning
    )
    assert learned.meaning is not None
    assert learned.meaning.centre[0] > 0.5
    again = SharedModel.loads(learned.dumps(), shared(**titles).meaning)
    assert again.version == learned.version


POND = ("Frogs spawn in ponds", "Ponds hold newts", "Newts and frogs spawn", "Spawn of newts")
ROAD = ("Cars crash on roads", "Roads carry trucks", "Trucks and cars crash", "Crash of trucks")


def learned(find: Find, centre: int = 2) -> SharedModel:
    """A shared model that read papers with abstracts, beside a model of two dimensions."""
    papers = [Text(f"{title} {n}", f"{title}.") for title in POND + ROAD for n in range(20)]
    meaning = Meaning("own", np.zeros(centre, np.float32), find)
    return SharedModel.of_papers(papers, dimensions=4, meaning=meaning)


def pond_or_road(_: str, title: str, __: str) -> np.ndarray:
    return np.array([1.0, 0.0] if "pond" in title.casefold() else [0.6, 0.8], np.float32)


def test_likeness_stands_beside_meaning_and_a_reading_keeps_its_length():
    some = learned(pond_or_road)
    read = some.read(Text("Frogs", "Newts spawn.", ("Ada Li",)))
    alike, meant = np.split(read.meaning, [-2])
    assert float(alike @ alike) == pytest.approx(ABSTRACT_MEANT.likeness, abs=0.01)
    assert float(meant @ meant) == pytest.approx(ABSTRACT_MEANT.meaning, abs=0.01)
    assert float(read.values @ read.values + read.meaning @ read.meaning) == pytest.approx(
        1.0, abs=0.01
    )


def test_before_likeness_is_learned_meaning_takes_its_place():
    some = SharedModel.blank(learned(pond_or_road).meaning)
    meant = some.read(Text("Frogs", "Newts spawn.", ("Ada Li",))).meaning
    assert float(meant @ meant) == pytest.approx(ABSTRACT_NEW.meaning, abs=0.01)


def test_a_paper_without_a_vector_is_read_by_words_and_likeness():
    read = learned(lambda *_: None).read(Text("Frogs", "Newts spawn."))
    assert read.meaning[:-2].any()
    assert not read.meaning[-2:].any()
    assert float(read.values @ read.values + read.meaning @ read.meaning) == pytest.approx(
        1.0, abs=0.01
    )


def test_a_vote_is_felt_by_likeness_where_the_model_tells_nothing():
    taste = Taste(shared=learned(lambda *_: None))
    taste.learn(Text("Frogs", "Frogs spawn in ponds."), person="ada", before=0, after=1, at=NOON)
    near, far = (taste.opinion(Text(one, one), NOON).value for one in ("Newts", "Trucks"))
    assert near > far


def test_the_centre_of_a_hosts_own_model_is_learned_and_then_tastes_read_it():
    own = Meaning("own", np.zeros(0, np.float32), pond_or_road)
    blank = SharedModel.blank(own)
    assert not blank.settled
    assert not blank.read(Text("Frogs in ponds")).meaning.any()

    shared = learned(pond_or_road, centre=0)
    assert shared.settled
    assert shared.read(Text("Frogs in ponds")).meaning[-2:].any()
    again = SharedModel.loads(shared.dumps(), own)
    assert again.version == shared.version
    other = Meaning("another", np.zeros(0, np.float32), pond_or_road)
    assert not SharedModel.loads(shared.dumps(), other).settled


def test_a_pool_stretches_meaning_and_leaves_likeness():
    shared = learned(pond_or_road)
    liked = [np.array([[1.0, 0.0]] * 9, np.float32), np.array([[-1.0, 0.1]] * 9, np.float32)]
    pooled = shared.pooled(liked * 400)
    paper = Text("Frogs", "Newts spawn.")
    one, other = shared.read(paper).meaning, pooled.read(paper).meaning
    assert np.array_equal(one[:-2], other[:-2])
    assert not np.array_equal(one[-2:], other[-2:])
    again = shared.loads_pool(pooled.dumps_pool())
    assert np.array_equal(again.read(paper).meaning, other)
