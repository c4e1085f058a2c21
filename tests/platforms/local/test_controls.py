"""What a round brought is told by channel, with a reason where it brought nothing."""

import pytest

from bot.platforms.local.controls import told
from bot.rounds.service import Ran

LIMIT = "The day's limit of 5 papers is reached."


@pytest.mark.parametrize(
    ("ran", "said"),
    [
        ([], "Posted 0 papers."),
        ([Ran("a", 1)], "Posted 1 paper: 1 in #a."),
        (
            [Ran("a", 3), Ran("b", 0, LIMIT), Ran("c", 1), Ran("d", 0, LIMIT)],
            f"Posted 4 papers: 3 in #a, 1 in #c. #b, #d: {LIMIT}",
        ),
        (
            [Ran(str(number), 0, "Posts are paused.") for number in range(7)],
            "Posted 0 papers. #0, #1, #2, #3, #4 and 2 more: Posts are paused.",
        ),
    ],
)
def test_each_channel_is_told(ran: list[Ran], said: str) -> None:
    assert told(ran) == said
