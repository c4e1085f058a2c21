"""Kills are put together so that each scene has one at most, and none is left out."""

from collections import Counter

from tests.crash.plan import ORDER, chained, thinned
from tests.crash.points import Crossing, Kill
from tests.crash.scenario import SCENARIOS

_COUNTS = Counter(
    {
        Crossing("start", "commit a"): 3,
        Crossing("first slot", "commit a"): 2,
        Crossing("second slot", "commit a"): 4,
        Crossing("first slot", "local post"): 1,
        Crossing("first poll", "read b"): 9,
        Crossing("first slot", "worker: read b"): 2,
    }
)


def test_of_a_point_the_first_and_the_last_crossing_of_the_story_are_tried_on_both_sides() -> None:
    assert [str(kill) for kill in thinned(_COUNTS, reads=False)] == [
        "before commit a #1 in start",
        "after commit a #1 in start",
        "before commit a #4 in second slot",
        "after commit a #4 in second slot",
        "before local post #1 in first slot",
        "after local post #1 in first slot",
    ]


def test_what_only_reads_is_tried_once_whoever_reads() -> None:
    more = set(thinned(_COUNTS)) - set(thinned(_COUNTS, reads=False))

    assert {str(kill) for kill in more} == {
        "before read b #1 in first poll",
        "before worker: read b #1 in first slot",
    }


def test_a_trial_has_one_kill_a_scene_at_most_as_time_passes_and_none_is_left_out() -> None:
    kills = thinned(_COUNTS)
    trials = chained(kills)

    for trial in trials:
        places = [ORDER.index(kill.scene) for kill in trial]
        assert places == sorted(set(places))
    assert Counter(kill for trial in trials for kill in trial) == Counter(kills)


def test_nobody_is_killed_after_one_who_never_comes_back() -> None:
    [gone] = [each for each in SCENARIOS if each.beside == "elsewhere"]
    kills = [Kill("first poll", "worker: a", 1, "after"), Kill("votes", "worker: b", 1, "after")]

    assert gone.trials(kills) == [[kills[0]], [kills[1]]]
