import random
from base64 import b85decode
from collections.abc import Callable
from itertools import pairwise
from zlib import decompressobj

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.picks.model import ENTRIES
from bot.picks.shared_model import SharedModel
from bot.picks.taste import WINDOW, Taste, TasteFormatError
from tests.picks.papers import Text, day, vote

ROUTING = "Sparse expert routing in mixture models"
PROTEIN = "Protein design with diffusion"
SURVEY = "A survey of agents"
TITLES = (ROUTING, PROTEIN, SURVEY, "Routing proteins", "Diffusion models: a survey", "Graph cuts")

events = st.lists(
    st.tuples(st.sampled_from(TITLES), st.sampled_from("abc"), st.sampled_from((-1, 0, 1))),
    max_size=25,
)


def values(taste: Taste, on: float = 30) -> list[float]:
    return [taste.opinion(Text(title), day(on)).value for title in TITLES]


def replay(clicks: list[tuple[str, str, int]]) -> Taste:
    """Each (paper, person, vote) in order, a later one changing the earlier."""
    taste, stands = Taste(), dict[tuple[str, str], int]()
    for title, person, value in clicks:
        taste.learn(
            Text(title),
            person=person,
            before=stands.get((title, person), 0),
            after=value,
            at=day(TITLES.index(title)),
        )
        stands[title, person] = value
    return taste


def test_a_vote_moves_similar_papers_its_way_and_leaves_others():
    taste = Taste()
    vote(taste, ROUTING, +1)
    vote(taste, SURVEY, -1)
    assert taste.opinion(Text("Expert routing at scale"), day(1)).value > 0.05
    assert taste.opinion(Text("Another survey of agents"), day(1)).value < -0.05
    assert taste.opinion(Text("Quantum dots"), day(1)).value == 0.0


@given(events)
@settings(deadline=None)
def test_clicks_in_any_order_and_their_standing_votes_alone_give_one_taste(clicks):
    standing = {(title, person): value for title, person, value in clicks}
    votes = [(title, person, value) for (title, person), value in standing.items() if value]

    live, again, backwards = replay(clicks), replay(votes), replay(votes[::-1])

    assert live.votes == again.votes == backwards.votes
    assert values(live) == pytest.approx(values(again), abs=1e-6)
    assert values(live) == pytest.approx(values(backwards), abs=1e-6)


@given(events, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_standing_votes_replayed_in_any_order_give_what_one_by_one_gave(clicks, random):
    standing = {(title, person): value for title, person, value in clicks if value}
    votes = [
        (Text(title), person, value, day(TITLES.index(title)))
        for (title, person), value in standing.items()
    ]
    random.shuffle(votes)
    again = Taste()
    again.replay(votes)

    one_by_one = Taste()
    for paper, person, value, at in sorted(votes, key=lambda one: one[3]):
        one_by_one.learn(paper, person=person, before=0, after=value, at=at)

    assert again.votes == one_by_one.votes == len(votes)
    assert values(again) == pytest.approx(values(one_by_one), abs=1e-6)


def test_watches_that_changed_are_read_anew_from_a_stored_taste():
    kept = Taste(words=("routing",))
    stored = Taste.loads(kept.dumps(), words=("protein design",))

    assert stored.opinion(Text(PROTEIN), day(0)).value > 0.0
    assert stored.opinion(Text("routing"), day(0)).value == 0.0


def test_when_silence_was_noted_does_not_decide_who_has_a_seat():
    early, late = Taste(), Taste()
    early.shown(Text(SURVEY), viewers=1, at=day(0))
    for taste in (early, late):
        for person in range(40):
            vote(taste, ROUTING, +1, person=str(person))
    late.shown(Text(SURVEY), viewers=1, at=day(0))

    assert values(early) == pytest.approx(values(late), abs=1e-6)


def test_silence_noted_between_votes_leaves_what_a_replay_gives_however_much_is_forgotten():
    lot = random.Random(3)
    papers = [
        Text(f"Paper {n}", " ".join(f"word{lot.randrange(4000)}" for _ in range(150)))
        for n in range(240)
    ]
    live, votes, silent = Taste(), [], []
    for number, paper in enumerate(papers):
        if number % 3:
            votes.append((paper, lot.choice("abcdef"), lot.choice((1, -1)), day(number)))
            _, person, value, at = votes[-1]
            live.learn(paper, person=person, before=0, after=value, at=at)
        else:
            silent.append((paper, day(number)))
            live.shown(paper, viewers=3, at=day(number))
    again = Taste()
    again.replay(votes)
    for paper, at in silent:
        again.shown(paper, viewers=3, at=at)

    reads = [live.shared.read(paper) for paper in papers]
    assert np.count_nonzero(live.values(reads, day(240))) > 100
    assert live.values(reads, day(240)) == pytest.approx(again.values(reads, day(240)), abs=1e-6)


@given(events)
@settings(deadline=None)
def test_storing_between_votes_changes_nothing(clicks):
    kept, taste = replay(clicks), Taste.loads(replay(clicks).dumps())
    vote(kept, "Graph routing", +1, person="d", on=9)
    vote(taste, "Graph routing", +1, person="d", on=9)
    assert taste.dumps() == kept.dumps()


def test_a_vote_older_than_the_window_is_corrected_and_said_to_be_inexact():
    taste = Taste()
    vote(taste, ROUTING, +1)
    for number in range(WINDOW):
        vote(taste, f"Quantum {number}", +1, on=number + 1)
    before = taste.opinion(Text(ROUTING), day(30)).value
    taken = taste.learn(Text(ROUTING), person="ann", before=1, after=0, at=day(0))
    assert not taken
    assert abs(taste.opinion(Text(ROUTING), day(30)).value) < 0.8 * before


def test_within_the_window_changes_are_exact_and_said_to_be():
    changed, plain = Taste(), Taste()
    for number in range(3 * WINDOW):
        for taste in (changed, plain):
            vote(taste, f"{TITLES[number % 6]} {number}", 1 - 2 * (number % 3 == 0), on=number)
    late = Text(ROUTING)
    assert changed.learn(late, person="bob", before=0, after=-1, at=day(60.5))
    assert changed.learn(late, person="bob", before=-1, after=1, at=day(60.5))
    assert changed.learn(late, person="bob", before=1, after=0, at=day(60.5))
    assert values(changed) == values(plain)
    assert changed.votes == plain.votes


def test_one_person_flipping_200_votes_moves_less_than_five_people_voting_once():
    probes = [*TITLES, "Expert routing", "Folding proteins", "Models"]

    def moved(cast: Callable[[Taste], None]) -> float:
        taste = Taste()
        for person, title in zip("vwxyz", TITLES, strict=False):
            vote(taste, title, +1, person=person)
        before = [taste.opinion(Text(title), day(300)).value for title in probes]
        cast(taste)
        after = [taste.opinion(Text(title), day(300)).value for title in probes]
        return max(abs(b - a) for a, b in zip(before, after, strict=True))

    def one_loud(taste: Taste) -> None:
        for number in range(200):
            vote(taste, f"{ROUTING} {number}", +1, person="loud", on=200 + number / 10)
        for number in range(200):
            taste.learn(
                Text(f"{ROUTING} {number}"),
                person="loud",
                before=1,
                after=-1,
                at=day(200 + number / 10),
            )

    def five_once(taste: Taste) -> None:
        for person in "abcde":
            vote(taste, ROUTING, -1, person=person, on=220)

    assert moved(one_loud) < moved(five_once)


@given(st.lists(st.tuples(st.sampled_from(TITLES), st.sampled_from((-1, 1))), max_size=60))
@settings(deadline=None, max_examples=30)
def test_no_history_of_one_person_outweighs_five_who_agree(history):
    taste = Taste()
    for number, (title, value) in enumerate(history):
        vote(taste, f"{title} {number}", value, person="loud", on=number / 10)
    for person in "abcde":
        vote(taste, SURVEY, +1, person=person, on=7)
    assert taste.opinion(Text(SURVEY), day(7)).value > 0.0


def test_the_same_vote_told_five_times_counts_once():
    once, often = Taste(), Taste()
    vote(once, ROUTING, +1)
    vote(often, ROUTING, +1)
    for _ in range(4):
        assert often.learn(Text(ROUTING), person="ann", before=1, after=1, at=day(0))
    assert often.dumps() == once.dumps()


def test_votes_against_each_other_on_one_paper_leave_little():
    alone, torn = Taste(), Taste()
    vote(alone, ROUTING, +1)
    vote(torn, ROUTING, +1, person="ann")
    vote(torn, ROUTING, -1, person="bob")
    one, both = (taste.opinion(Text(ROUTING), day(1)).value for taste in (alone, torn))
    assert abs(both) < 0.05 * one


def test_an_opinion_fades_with_its_half_life():
    taste = Taste(half_life_days=10)
    vote(taste, ROUTING, +1)
    fading = [taste.opinion(Text(ROUTING), day(on)).value for on in (0, 10, 20, 100)]
    assert all(later < 0.9 * earlier for earlier, later in pairwise(fading))


def test_the_newer_of_two_contrary_votes_counts_for_more():
    taste = Taste(half_life_days=30)
    vote(taste, "routing", +1, person="ann", on=0)
    vote(taste, "routing", -1, person="bob", on=120)
    assert taste.opinion(Text("routing"), day(121)).value < 0.0


def test_centuries_between_votes_overflow_nothing():
    taste = Taste(half_life_days=1)
    vote(taste, ROUTING, +1, on=-100_000)
    vote(taste, PROTEIN, +1, on=100_000)
    vote(taste, SURVEY, +1, on=0)
    assert np.isfinite(values(taste, on=100_001)).all()
    assert taste.opinion(Text(PROTEIN), day(100_001)).value > 0.0


def test_the_watches_own_words_are_liked_until_votes_say_otherwise():
    taste = Taste(words=("protein design", "routing"))
    assert taste.opinion(Text(PROTEIN), day(0)).value > 0.05
    for person in "abc":
        vote(taste, PROTEIN, -1, person=person)
    assert taste.opinion(Text(PROTEIN), day(0)).value < 0.0


def test_uncertainty_falls_with_what_was_voted_on():
    taste = Taste()
    assert taste.opinion(Text(ROUTING), day(0)).uncertainty == 1.0
    vote(taste, ROUTING, +1)
    assert 0.0 < taste.opinion(Text(ROUTING), day(0)).uncertainty < 0.95
    assert taste.opinion(Text("Quantum dots"), day(0)).uncertainty == 1.0


def test_an_opinion_names_the_phrases_that_decided_and_no_lone_word():
    taste = Taste(words=["dense retrieval"])
    vote(taste, "Sparse routing", +1)
    vote(taste, "Broad surveys", -1)
    opinion = taste.opinion(Text("Sparse routing, dense retrieval: broad surveys"), day(0))
    assert opinion.likes == ("sparse routing",)
    assert opinion.dislikes == ("broad surveys",)


def test_favourites_name_what_is_liked_and_disliked_strongest_first():
    taste = Taste()
    for title in ("Sparse routing", "Dense routing", "Routing"):
        vote(taste, title, +1)
    vote(taste, "Surveys", -1)
    likes, dislikes = taste.favourites(2)
    assert likes[0][0] == "routing"
    assert likes[0][1] > likes[1][1] > 0.0
    assert [word for word, _ in dislikes] == ["surveys"]


def test_a_lone_letter_or_a_number_is_never_named():
    taste = Taste()
    vote(taste, "S-LoRA 2024: serving thousands", +1)
    named = [word for word, _ in taste.favourites(20)[0]]
    said = taste.opinion(Text("S 2024"), day(0)).likes
    assert {"lora", "thousands"} <= set(named)
    assert not {"s", "2024"} & {*named, *said}


def test_silence_weighs_against_a_paper_and_less_the_more_saw_it():
    def after(viewers: int) -> float:
        taste = Taste()
        vote(taste, PROTEIN, +1)
        taste.shown(Text(ROUTING), viewers=viewers, at=day(0))
        return taste.opinion(Text(ROUTING), day(0)).value

    assert after(1) < after(10) < 0.0


@pytest.mark.parametrize("vote", [2, -2])
def test_a_vote_beyond_one_is_refused(vote):
    with pytest.raises(ValueError, match="-1, 0 or"):
        Taste().learn(Text(ROUTING), person="ann", before=0, after=vote, at=day(0))


def test_a_state_stays_small_after_thousands_of_long_papers():
    random, taste = np.random.default_rng(0), Taste()
    for number in range(400):
        words = " ".join(f"w{n}" for n in random.zipf(1.3, 150) % 20_000)
        paper = Text(f"Paper {number}", words)
        taste.learn(paper, person=f"p{number % 70}", before=0, after=1, at=day(number))
    assert len(taste.dumps()) < 80_000
    held = sum(np.count_nonzero(model.sums) for model in taste._ledger.trunk.models.values())
    assert held <= ENTRIES * 1.25


def test_no_name_is_stored():
    taste = Taste()
    vote(taste, ROUTING, +1, person="U0123ANN")
    blob = taste.dumps()
    assert b"U0123ANN" not in blob + decompressobj().decompress(blob[14:])


def test_a_taste_moves_to_another_base_with_its_words():
    wide = SharedModel.of_papers([Text(f"{title} {n}") for title in TITLES for n in range(4)])
    taste = Taste(shared=wide)
    for number in range(2 * WINDOW):
        vote(taste, f"{ROUTING} {number}", +1, on=number / 10)
    moved, kept = Taste.loads(taste.dumps()), Taste.loads(taste.dumps(), wide)

    assert moved.carried
    assert not kept.carried
    assert kept.dumps() == taste.dumps()
    for one in (moved, Taste.loads(moved.dumps(), wide)):
        opinions = [one.opinion(Text(title), day(5)).value for title in (ROUTING, PROTEIN)]
        assert opinions[0] > opinions[1]


OF_VERSION_2 = (
    "bYXLJWdhv06VP~^?a@6>!!Q&8U?etH2DYktvsKxN<HQv#EF7YWP#_MqaGlCYXi-&(g^4?G0nWfZ%5AU<O@RTiB"
    "E3(_&r9t0{OlDJ&K36!j3*N~tvC=yBc79=K^Fm$AD_Ry(L5(`RWu65oG}{5nWU0HRhv?kFt(jB1g3?lE{(4IAW"
    "27*fGuWfTQZY^fUCP!+Z*snBOzk~Grep(r-rk-RHg~vxs3fZwVW&0hFDO>2sHD;`N}>{GbVTOa6c@~gxpOVeks"
    "FZ%2Hpa&(C-&;(jH=&joD%BqB@uB|&Jn(MH)8#w#fGOxZ@));AN@XIrO3V`1BTIIpj#yFIA1F=0piutpVa=ssT"
    ")XkBM-e@i78|6{7Vy4}_$u+X-w7h!*+C>_NtiP9cnv4|++)E`qqsUIM?<dXS=V4=B1?aGjGe=6&v1B4Jl2qA<J"
    "LI@#*5JCtcgb+dq{d*6Gk4NXntCOd}>)<VVkr!v1<e6`ha1YOLy#rJ$vn2"
)


def blob() -> bytes:
    taste = Taste(words=("routing",))
    vote(taste, ROUTING, +1)
    return taste.dumps()


def test_a_taste_stored_by_an_earlier_release_is_read():
    assert Taste.loads(b85decode(OF_VERSION_2)).dumps() == blob()


@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        (b"", "not a stored taste"),
        (b"hello, this is no taste", "not a stored taste"),
        (blob()[:-1], "damaged"),
        (blob()[:40] + b"\0" + blob()[41:], "damaged"),
        (blob()[:5] + b"\x63" + blob()[6:], "version 99"),
    ],
)
def test_a_corrupted_or_future_state_is_refused(damaged, says):
    with pytest.raises(TasteFormatError, match=says):
        Taste.loads(damaged)


@given(st.binary(max_size=300), st.integers(0, 250))
def test_no_bytes_make_loading_fail_otherwise(noise, cut):
    whole = blob()
    for bad in (noise, whole[:cut] + noise, whole[:10] + noise):
        if bad != whole:
            with pytest.raises(TasteFormatError):
                Taste.loads(bad)
