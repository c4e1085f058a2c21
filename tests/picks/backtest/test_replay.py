import json
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from bot.picks.backtest.dataset import Day, ReplayedChannel, ReplayedPaper, read_channels, to_line
from bot.picks.backtest.policies import Paperround
from bot.picks.backtest.replay import MEASURES, POLICIES, BacktestError, backtest, replay
from bot.picks.shared_model import SharedModel
from bot.picks.taste import Taste
from tests.picks.papers import START

WANTED = ("Sparse routing of experts", "Expert routing at scale", "Routing tokens to experts")
OTHER = ("Protein folding", "Galaxy surveys", "Graph cuts", "Ocean currents", "Medieval trade")


def channel(name: str = "ml", days: int = 12) -> ReplayedChannel:
    """Each day one paper on routing experts among five others, in turning order."""
    return ReplayedChannel(
        name, ("xpert",), (ReplayedPaper("seed", WANTED[0]),), tuple(map(_day, range(days)))
    )


def _day(number: int) -> Day:
    titles = [*(f"{title} {number}" for title in OTHER), f"{WANTED[number % 3]} {number}"]
    turned = titles[number % 6 :] + titles[: number % 6]
    entries = tuple(ReplayedPaper(f"{number}-{title}", title) for title in turned)
    votes = {one.id: 1 if "xpert" in one.title else -1 for one in entries}
    return Day(START + timedelta(days=number), entries, votes, 1)


def line(**change: object) -> str:
    facts = {
        "channel": "ml",
        "day": "2026-01-05",
        "watches": ["routing"],
        "entries": [{"id": "1", "title": "Routing"}, {"id": 2, "title": "Galaxies"}],
        "votes": {"1": 1},
        "k": 1,
    }
    return json.dumps(facts | change)


def by_title(watches: Sequence[str], papers: Sequence[ReplayedPaper]) -> list[float]:
    return [100.0 * any(watch in paper.title for watch in watches) for paper in papers]


def test_taste_and_the_svm_find_what_chance_does_not():
    pytest.importorskip("sklearn", reason="scikit-learn is in the bench extra")
    ours, chance, svm = backtest([channel()], ("paperround", "random", "svm"))
    assert ours.mean("p_at_k") > 0.9
    assert svm.mean("p_at_k") > 0.9
    assert chance.mean("p_at_k") < 0.6


def test_what_was_liked_beforehand_is_learned_where_time_is_taken(monkeypatch):
    learned = []
    monkeypatch.setattr(Taste, "learn", lambda _, paper, **vote: learned.append(paper.id))
    one = channel()

    policy = Paperround(one, SharedModel.blank(), None)
    untimed = len(learned)
    for day in one.days[:2]:
        policy.values(day)

    assert untimed == 0
    assert learned == ["seed"]


def test_a_perfect_order_measures_one_everywhere():
    found = backtest([channel()], ("match",), matcher=by_title)[0].as_json()
    assert {name: found[name] for name in MEASURES} == dict.fromkeys(MEASURES, 1.0)
    assert found["policy"] == "match"


class Listener:
    """A policy without an opinion that notes how many entries it was told of each day."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def values(self, day: Day) -> np.ndarray:
        return np.zeros(len(day.entries))

    def learn(self, day: Day, told: Sequence[int]) -> None:
        self.told.append(len(told))


@pytest.mark.parametrize(("full", "told"), [(False, [1, 1]), (True, [6, 6])])
def test_only_what_was_shown_is_told_unless_all_is(full, told):
    listener = Listener()
    replay("listener", [channel(days=2)], lambda _: listener, full_feedback=full)
    assert listener.told == told


def test_the_same_seed_gives_the_same_result():
    one, two = (backtest([channel()], ("random",), seed=3)[0] for _ in range(2))
    assert (one.measured == two.measured).all()


def test_an_interval_holds_its_mean():
    channels = [channel(str(n), days=4 + n) for n in range(6)]
    result = backtest(channels, ("random",))[0]
    low, high = result.interval("p_at_k")
    assert low <= result.mean("p_at_k") <= high
    assert low < high


def test_days_on_which_nothing_was_wanted_do_not_count_in_ndcg():
    quiet = _day(0)
    quiet = Day(quiet.at, quiet.entries, dict.fromkeys(quiet.votes, -1), 1)
    result = backtest([ReplayedChannel("ml", (), (), (quiet, _day(1)))], ("popularity",))[0]
    assert np.isfinite(result.mean("ndcg_at_10"))


def test_progress_is_told_for_each_channel():
    told: list[tuple[str, int, int]] = []
    backtest(
        [channel("a"), channel("b")],
        ("popularity",),
        progress=lambda policy, done, of: told.append((policy, done, of)),
    )
    assert told == [("popularity", 1, 2), ("popularity", 2, 2)]


@pytest.mark.parametrize(
    ("channels", "policies", "says"),
    [
        ([channel()], ("paperround", "magic"), "no policy is called 'magic'"),
        ([], POLICIES, "no channel"),
        ([channel()], ("match",), "needs a matcher"),
    ],
)
def test_what_cannot_be_replayed_is_said(channels, policies, says):
    with pytest.raises(BacktestError, match=says):
        backtest(channels, policies)


def test_a_channel_written_as_lines_reads_back_the_same():
    whole = channel()
    assert read_channels(to_line(whole, n) for n in range(len(whole.days))) == [whole]


def test_channels_may_be_mixed_and_days_may_be_numbers():
    lines = [line(day=1), "", line(channel="bio", day=1), line(day=2, watches=[])]
    assert [(one.name, len(one.days)) for one in read_channels(lines)] == [("ml", 2), ("bio", 1)]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ("{", "line 2: JSON"),
        (line(day="2026-01-06", k=0, watches=[]), "line 2: k"),
        (line(day="2026-01-06", entries=[{"id": "1"}], watches=[]), "line 2: entries.0.title"),
        (line(day="someday", watches=[]), "line 2: day 'someday'"),
        (line(day="2026-01-05", watches=[]), "does not follow"),
        (line(day="2026-01-06"), "belong on the first line"),
        (line(day="2026-01-06", watches=[], votes={"9": 1}), "votes are"),
        (line(day="2026-01-06", watches=[], votes={"1": 3}), "votes are"),
        (
            line(day="2026-01-06", watches=[], entries=[{"id": "1", "title": "a"}] * 2),
            "stands twice",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(second, says):
    with pytest.raises(BacktestError, match=says):
        read_channels([line(), second])
