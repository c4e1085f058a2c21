"""The taste clause of a card names a paper that was voted on, or its phrase, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.richtext import plain
from bot.cards.why import taste_clause
from bot.picks.kinship import Told, VotedOn, nearness_of, told_of
from bot.picks.types import Opinion

FISSION = VotedOn("Fission-GRPO", "fission-grpo\nfrom tool errors\nana lima", 1, "agents")
SURVEY = VotedOn("A Survey of Agents", "a survey\nagents are surveyed\nbo berg", -1, "agents")
WHEAT = VotedOn("Wheat Prices", "wheat prices\nprices of wheat", -1, "forecasts")
VOTED = (FISSION, SURVEY, WHEAT)

FOR = Opinion(0.4, 0.5, ("tool errors", "model scale"), ("agents surveyed",))
AGAINST = Opinion(-0.4, 0.5, (), ("agents surveyed", "fine tuning"))
MUTE = Opinion(0.2, 0.5)

GOLDEN = [
    # opinion, nearness to the three, watch, what is said
    (FOR, (0.7, 0.2, 0.1), "agents", "like Fission-GRPO, which you liked"),
    (FOR, (0.4, 0.5, 0.1), "agents", "like A Survey of Agents, which you voted down"),
    (FOR, (0.2, 0.2, 0.1), "agents", "your channel likes tool errors"),
    (AGAINST, (0.2, 0.2, 0.1), "agents", "your channel dislikes agents surveyed"),
    (MUTE, (0.2, 0.1, 0.1), "agents", "unlike A Survey of Agents, which you voted down"),
    (MUTE, (0.2, 0.2, 0.1), "agents", ""),
    (MUTE, (0.2, 0.1, 0.1), "routing", ""),
    (MUTE, (0.2, 0.1, 0.1), "", ""),
    (AGAINST, (0.2, 0.1, 0.1), "agents", "your channel dislikes agents surveyed"),
    (FOR, None, "agents", "your channel likes tool errors"),
    (MUTE, None, "agents", ""),
]


def clause(told: Told) -> str:
    return plain(
        taste_clause(
            like=told.like,
            unlike=told.unlike,
            apart=told.apart,
            likes=told.likes,
            dislikes=told.dislikes,
        )
    )


@pytest.mark.parametrize(("opinion", "near", "watch", "said"), GOLDEN)
def test_the_clause_names_what_people_voted_on(
    opinion: Opinion, near: tuple[float, ...] | None, watch: str, said: str
) -> None:
    rows = None if near is None else np.array(near, dtype=np.float32)

    told = told_of(opinion, VOTED, rows, watch=watch)

    assert clause(told).replace(", dislikes agents surveyed", "") == said


def test_before_a_vote_nothing_is_said() -> None:
    assert told_of(FOR, (), np.zeros(0, dtype=np.float32)) == Told()
    assert told_of(FOR, (), None, watch="agents") == Told()


def test_a_paper_whose_vector_is_unknown_is_never_said_to_be_far() -> None:
    assert told_of(MUTE, (SURVEY,), np.zeros(1, dtype=np.float32), watch="agents") == Told()
    assert nearness_of(np.zeros(2, dtype=np.float32), np.ones((1, 2), dtype=np.float32)) is None


def test_a_phrase_that_both_kinds_say_alike_is_not_named() -> None:
    both = (FISSION, VotedOn("Tool errors", "tool errors", -1))

    assert told_of(FOR, both, None).likes == ()


@given(
    st.lists(st.sampled_from(VOTED), unique=True),
    st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3),
    st.lists(st.sampled_from(("tool errors", "fine tuning", "wheat prices")), max_size=2),
    st.floats(-1, 1),
)
def test_whatever_the_votes_only_voted_papers_are_named_with_their_sign(
    voted: list[VotedOn], near: list[float], phrases: list[str], value: float
) -> None:
    opinion = Opinion(value, 0.5, tuple(phrases), tuple(phrases))
    rows = np.array(near[: len(voted)], dtype=np.float32)

    told = told_of(opinion, voted, rows, watch="agents")

    liked = [one for one in voted if one.verdict > 0]
    disliked = [one for one in voted if one.verdict < 0]
    assert told.like in ("", *(one.title for one in liked))
    assert {told.unlike, told.apart} <= {"", *(one.title for one in disliked)}
    assert sum(map(bool, (told.like, told.unlike, told.apart))) <= 1
    assert all(any(each in one.text for one in liked) for each in told.likes)
    assert all(any(each in one.text for one in disliked) for each in told.dislikes)
