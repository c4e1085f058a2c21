import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.picks.selection import BEYOND_FROM, SPREAD, choose
from bot.picks.taste import Taste
from bot.picks.types import Candidate, Pick
from tests.picks.papers import Text, day, vote

ROUTING = Candidate(1, Text("Sparse routing of experts at scale"), 96, "experts")
PROTEIN = Candidate(2, Text("Protein folding with diffusion"), 93, "protein")
GRAPHS = Candidate(3, Text("Cutting graphs"), 90, "graphs")


def picks(
    candidates: list[Candidate],
    taste: Taste | None = None,
    *,
    limit: int = 10,
    beyond: int = 0,
    seed: int = 0,
) -> list[Pick]:
    return choose(
        candidates,
        taste or Taste(),
        limit=limit,
        threshold=80,
        beyond=beyond,
        at=day(1),
        seed=seed,
    )


def ids(chosen: list[Pick]) -> list[int]:
    return [pick.id for pick in chosen]


def experienced() -> Taste:
    taste = Taste()
    for number in range(BEYOND_FROM):
        vote(taste, f"Folding proteins {number}", +1)
    return taste


def test_without_votes_the_order_is_score_then_popularity_then_id():
    tied = [
        Candidate(7, Text("a"), 90, "x", 3),
        Candidate(5, Text("b"), 90, "x", 9),
        Candidate(4, Text("c"), 90, "x", 3),
        Candidate(9, Text("d"), 99, "x", 0),
    ]
    assert ids(picks(tied, Taste(words=("b", "c")))) == [9, 5, 4, 7]


@pytest.mark.parametrize(
    ("up", "down", "first"),
    [
        ("Folding a protein", None, 2),
        ("Folding a protein", "Experts and routing", 2),
        ("Experts and routing", "Folding a protein", 1),
        (None, "Experts and routing", 2),
    ],
)
def test_one_vote_decides_between_scores_a_few_points_apart(up, down, first):
    taste = Taste(words=("experts", "protein", "graphs"))
    if up:
        vote(taste, up, +1)
    if down:
        vote(taste, down, -1)
    assert picks([ROUTING, PROTEIN], taste)[0].id == first


def test_under_the_threshold_nothing_is_picked():
    assert picks([Candidate(1, Text("a"), 79.9, "x")]) == []


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_the_limit_is_kept(limit):
    assert len(picks([ROUTING, PROTEIN, GRAPHS], limit=limit)) == limit


def test_a_second_topic_is_chosen_before_a_third_paper_on_one():
    same = [Candidate(n, Text(f"paper {n}"), 95, "experts") for n in range(1, 5)]
    assert 9 in ids(picks([*same, Candidate(9, Text("other"), 90, "protein")], limit=3))


values = st.lists(st.tuples(st.floats(80, 100), st.sampled_from("ab")), min_size=1, max_size=6)


@given(values, st.integers(1, 4))
@settings(deadline=None)
def test_no_other_choice_is_worth_more(rows, limit):
    candidates = [Candidate(n, Text(str(n)), score, topic) for n, (score, topic) in enumerate(rows)]

    def worth(some: tuple[Candidate, ...]) -> float:
        total = 0.0
        for topic in "ab":
            best = sorted((one.score for one in some if one.topic == topic), reverse=True)
            total += sum(score * SPREAD**n for n, score in enumerate(best))
        return total

    chosen = set(ids(picks(candidates, limit=limit)))
    ours = worth(tuple(one for one in candidates if one.id in chosen))
    best = max(worth(some) for some in itertools.combinations(candidates, min(limit, len(rows))))
    assert ours == pytest.approx(best)


@given(st.permutations([ROUTING, PROTEIN, GRAPHS]), st.integers(0, 50))
@settings(deadline=None)
def test_the_order_of_the_candidates_does_not_matter(shuffled, seed):
    taste = experienced()
    ordered = picks([ROUTING, PROTEIN, GRAPHS], taste, limit=2, seed=seed)
    assert picks(shuffled, taste, limit=2, seed=seed) == ordered


def test_a_small_share_of_places_tries_what_is_unknown_and_says_so():
    taste = Taste()
    vote(taste, "Folding proteins", +1)
    many = [Candidate(n, Text(f"Folding proteins {n}"), 95, "protein") for n in range(10)]
    odd = Candidate(99, Text("Cutting graphs"), 88, "protein")
    rounds = [picks([*many, odd], taste, limit=5, seed=seed) for seed in range(60)]
    tried = [pick for chosen in rounds for pick in chosen if pick.kind == "trying"]
    assert 0 < len(tried) < 0.2 * 5 * 60
    assert {pick.id for pick in tried} == {99}
    assert all(chosen[-1].kind == "trying" for chosen in rounds if 99 in ids(chosen))


def test_without_votes_nothing_is_tried():
    many = [Candidate(n, Text(f"paper {n}"), 90, "x") for n in range(20)]
    kinds = {pick.kind for seed in range(40) for pick in picks(many, limit=5, seed=seed)}
    assert kinds == {"watch"}


def test_trying_is_rarer_with_more_votes():
    many = [Candidate(n, Text(f"paper {n}"), 90, "x") for n in range(20)]

    def tried(votes: int) -> int:
        taste = Taste()
        for number in range(votes):
            vote(taste, f"thing {number}", +1)
        chosen = [pick for seed in range(60) for pick in picks(many, taste, limit=5, seed=seed)]
        return sum(pick.kind == "trying" for pick in chosen)

    assert tried(200) < tried(1)


def test_beyond_the_watches_comes_what_taste_likes_after_enough_votes():
    outside = [
        Candidate(10, Text("Proteins folding anew"), 0, ""),
        Candidate(11, Text("Cooking at home"), 0, ""),
    ]
    chosen = picks([ROUTING, *outside], experienced(), limit=1, beyond=2)
    assert [(pick.id, pick.kind) for pick in chosen] == [(1, "watch"), (10, "beyond")]


@pytest.mark.parametrize(("votes", "beyond"), [(BEYOND_FROM - 1, 3), (BEYOND_FROM, 0)])
def test_nothing_comes_beyond_the_watches_too_early_or_unasked(votes, beyond):
    taste = Taste()
    for _ in range(votes):
        vote(taste, "Folding proteins", +1)
    assert picks([Candidate(10, Text("Folding proteins"), 0, "")], taste, beyond=beyond) == []
