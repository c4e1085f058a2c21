"""Why nothing comes is told truly."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rounds.picking.explain import idle_day
from storage.models import Source

ARXIV = Source(kind="arxiv", spec="cs.LG", name="cs.LG")
DAILY = Source(kind="huggingface", spec="", name="Daily Papers")
FEED = Source(kind="feed", spec="https://example.org/feed", name="A feed")
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "days", "said"),
    [
        ([ARXIV], 0, "arXiv has nothing new on Saturdays."),
        ([ARXIV, ARXIV], 1, "arXiv has nothing new on Sundays."),
        ([DAILY, ARXIV], 0, "arXiv and Daily Papers have nothing new on Saturdays."),
        ([ARXIV, FEED], 0, ""),
        ([ARXIV], 2, ""),
        ([], 0, ""),
    ],
)
def test_a_day_on_which_sources_rest_is_named(read: list[Source], days: int, said: str) -> None:
    assert idle_day(read, SATURDAY + timedelta(days=days)) == said
