"""What a process did is counted; no name, address or secret ever becomes a label."""

import pytest

from bot.errors import ChannelGoneError, NotSentError, OutcomeUnknownError, RefusedError
from bot.rounds.process.metrics import Metrics


def _lines(metrics: Metrics) -> list[str]:
    return metrics.exposition().decode().splitlines()


def test_a_round_its_picks_votes_and_polls_are_counted() -> None:
    metrics = Metrics()
    metrics.picked(["watch", "watch", "beyond"])
    metrics.picked([])
    metrics.voted(1)
    metrics.voted(-1)
    metrics.voted(0)
    metrics.polled("feed", "fresh", 12)
    metrics.retried("slack")
    metrics.matched(3)
    metrics.matched(7)

    found = _lines(metrics)

    assert 'paperround_rounds_total{outcome="papers"} 1.0' in found
    assert 'paperround_rounds_total{outcome="empty"} 1.0' in found
    assert 'paperround_picks_total{kind="watch"} 2.0' in found
    assert "paperround_matches_total 7.0" in found
    assert 'paperround_votes_total{value="none"} 1.0' in found
    assert 'paperround_papers_total{kind="feed"} 12.0' in found
    assert 'paperround_retries_total{platform="slack"} 1.0' in found


def test_what_is_watched_for_is_there_at_nothing_before_it_happens() -> None:
    found = _lines(Metrics())

    assert 'paperround_rounds_total{outcome="failed"} 0.0' in found
    assert 'paperround_picks_total{kind="beyond"} 0.0' in found
    assert 'paperround_votes_total{value="down"} 0.0' in found


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotSentError("busy"), "not_sent"),
        (OutcomeUnknownError("dropped"), "unknown"),
        (ChannelGoneError("archived"), "gone"),
        (RefusedError("too long"), "refused"),
        (ZeroDivisionError(), "failed"),
    ],
)
def test_a_post_is_counted_by_how_it_ended(error: Exception, outcome: str) -> None:
    metrics = Metrics()
    with pytest.raises(type(error)), metrics.posting("slack"):
        raise error
    with metrics.posting("slack"):
        pass

    found = _lines(metrics)

    assert f'paperround_posts_total{{outcome="{outcome}",platform="slack"}} 1.0' in found
    assert 'paperround_posts_total{outcome="posted",platform="slack"} 1.0' in found
    assert 'paperround_post_seconds_count{platform="slack"} 2.0' in found


def test_each_process_counts_for_itself() -> None:
    first, second = Metrics(), Metrics()
    first.retried("slack")

    assert not any("retries_total{" in line for line in _lines(second))
