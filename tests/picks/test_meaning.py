"""With a sentence model, a vote is felt by papers that share no word with the one voted on."""

from datetime import UTC, datetime

import numpy as np

from bot.picks.shared_model import Meaning, SharedModel
from bot.picks.taste import Taste
from tests.picks.papers import Text

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEAR = {"Voice cloning": (1.0, 0.1), "Speech synthesis": (0.9, 0.2), "Frog ponds": (-0.8, 0.6)}


def base(model: str = "m", **more: tuple[float, float]) -> SharedModel:
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
    taste = Taste(base=base())
    vote(taste, "Voice cloning", 1)
    assert value(taste, "Speech synthesis") > 0.1 > value(taste, "Frog ponds")
    words = Taste()
    vote(words, "Voice cloning", 1)
    assert value(words, "Speech synthesis") == 0.0


def test_a_stored_taste_comes_back_and_one_of_another_model_is_replayed():
    taste = Taste(base=base())
    vote(taste, "Voice cloning", 1)
    again = Taste.loads(taste.dumps(), base())
    assert not again.carried
    assert value(again, "Speech synthesis") == value(taste, "Speech synthesis")
    assert Taste.loads(taste.dumps(), base("another")).carried


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
        [Text(title) for title in titles], meaning=base(**titles).meaning
    )
    assert learned.meaning is not None
    assert learned.meaning.centre[0] > 0.5
    again = SharedModel.loads(learned.dumps(), base(**titles).meaning)
    assert again.version == learned.version
