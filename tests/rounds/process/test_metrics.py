"""What a process did is counted; no name, address or secret ever becomes a label."""

import pytest

from bot.errors import ChannelGoneError, NotSentError, OutcomeUnknownError, RefusedError
from bot.rounds.process.metrics import Measures


def _lines(measures: Measures) -> list[str]:
    return measures.exposition().decode().splitlines()


def test_a_round_its_picks_votes_and_polls_are_counted() -> None:
    measures = Measures()
    measures.picked(["watch", "watch", "beyond"])
    measures.picked([])
    measures.voted(1)
    measures.voted(-1)
    measures.voted(0)
    measures.polled("feed", "fresh", 12)
    measures.retried("slack")
    measures.matched(3)
    measures.matched(7)

    found = _lines(measures)

    assert 'paperround_rounds_total{outcome="papers"} 1.0' in found
    assert 'paperround_rounds_total{outcome="empty"} 1.0' in found
    assert 'paperround_picks_total{kind="watch"} 2.0' in found
    assert "paperround_matches_total 7.0" in found
    assert 'paperround_votes_total{value="none"} 1.0' in found
    assert 'paperround_papers_total{kind="feed"} 12.0' in found
    assert 'paperround_retries_total{platform="slack"} 1.0' in found


def test_what_is_watched_for_is_there_at_nothing_before_it_happens() -> None:
    found = _lines(Measures())

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
    measures = Measures()
    with pytest.raises(type(error)), measures.posting("slack"):
        raise error
    with measures.posting("slack"):
        pass

    found = _lines(measures)

    assert f'paperround_posts_total{{outcome="{outcome}",platform="slack"}} 1.0' in found
    assert 'paperround_posts_total{outcome="posted",platform="slack"} 1.0' in found
    assert 'paperround_post_seconds_count{platform="slack"} 2.0' in found


def test_each_process_counts_for_itself() -> None:
    first, second = Measures(), Measures()
    first.retried("slack")

    assert not any("retries_total{" in line for line in _lines(second))
