"""An install that lives for weeks holds no more at their end than when it had settled."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from bot.sources.base import Entry
from tests import days as days_room
from tests.days import ASKED, Days, empty_caches

CHANNELS, A_DAY, KEPT, WINDOW = 1, 6, 5, 3
TOPICS = ("diffusion model", "language model")
WORDS = (
    *("diffusion", "language", "vision", "graph", "attention", "agent", "retrieval", "speech"),
    *("policy", "reward", "sparse", "robust", "model", "network", "transformer", "benchmark"),
)


def _papers() -> Iterator[Entry]:
    """Papers without end, in ever the same words."""
    lot = Random(7)
    for number in count():
        topic = TOPICS[number % 2]
        title = f"{topic} {number}: {' '.join(lot.sample(WORDS, 4))}"
        abstract = f"We study {' '.join(lot.choices(WORDS, k=30))}."
        yield Entry(title=title, abstract=abstract, names=(f"id:{number}",))


async def test_memory_and_rows_stand_still_once_what_is_kept_has_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawing a picture for the first time loads a library, which is no growth.
    monkeypatch.setattr(days_room, "ASKED", [text for text in ASKED if text != "stats"])
    async with Days(
        tmp_path, _papers(), TOPICS, channels=CHANNELS, a_day=A_DAY, kept=KEPT, window=WINDOW
    ) as days:
        await days.live(10)
        empty_caches()
        settled = await days.snapshot()
        await days.live(12)
        empty_caches()
        later = await days.snapshot()

    # A day's worth of each may or may not have gone yet.
    assert later.posts - settled.posts == 12 * CHANNELS * 5
    assert later.heavy <= (KEPT + 2) * CHANNELS * 5
    assert later.votes <= (KEPT + 2) * CHANNELS * 5 * 2
    assert later.read <= (KEPT + 2) * A_DAY
    assert later.window <= (WINDOW + 1) * A_DAY
    assert later.matches <= settled.matches + CHANNELS * len(TOPICS) * A_DAY
    assert later.objects <= settled.objects * 1.01
    assert later.blocks <= settled.blocks * 1.02
