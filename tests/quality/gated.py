"""The picks a channel really gets: watches gate, taste orders, and some come from beyond them."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from bot.errors import ExpressionError
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from bot.picks.backtest.dataset import Day, ReplayedChannel
from bot.picks.selection import choose
from bot.picks.shared_model import SharedModel
from bot.picks.taste import Taste
from bot.picks.types import Candidate

THRESHOLD = 80
BEYOND = 1


def run(
    channel: ReplayedChannel, shared: SharedModel, lexicon: Lexicon
) -> tuple[float, float, float]:
    """Picks a day, the share of them that was wanted, and the share of wanted papers picked."""
    index: WatchIndex[str] = WatchIndex(lexicon)
    for watch in channel.watches:
        with suppress(ExpressionError):  # the bot refuses words that every paper has
            index.add(watch, parse(watch))
    taste = Taste(words=channel.watches, shared=shared)
    for entry in channel.liked:
        taste.learn(entry, person="voter", before=0, after=1, at=channel.days[0].at)
    right = picked = 0
    for number, day in enumerate(channel.days):
        places = _picks(day, index, taste, number)
        for place in places:
            entry = day.entries[place]
            vote = day.votes[entry.id]
            taste.learn(entry, person="voter", before=0, after=vote, at=day.at)
            right += vote > 0
        picked += len(places)
    wanted = sum(vote > 0 for day in channel.days for vote in day.votes.values())
    return picked / len(channel.days), right / max(picked, 1), right / wanted


def _picks(day: Day, index: WatchIndex[str], taste: Taste, seed: int) -> Sequence[int]:
    """Indices of the day's entries that `choose` picks."""
    candidates = []
    for place, found in enumerate(index.match(day.entries, THRESHOLD)):
        best = max(found, key=lambda key: found[key].score, default="")
        score = found[best].score if best else 0.0
        candidates.append(Candidate(place, day.entries[place], score, best))
    return [
        pick.id
        for pick in choose(
            candidates,
            taste,
            limit=day.k,
            threshold=THRESHOLD,
            beyond=BEYOND,
            at=day.at,
            seed=seed,
        )
    ]


def measure(channels: Sequence[ReplayedChannel], shared: SharedModel) -> str:
    """One sentence with the means over channels."""
    lexicon = Lexicon.shipped()
    lexicon.learn({one.id: one for c in channels for day in c.days for one in day.entries}.values())
    rows = np.array([run(channel, shared, lexicon) for channel in channels]).mean(axis=0)
    return (
        f"With the product's own gate (watches at {THRESHOLD}, up to {BEYOND} a day from beyond "
        f"them, exploration on) {rows[0]:.1f} papers a day are picked, {rows[1]:.3f} of them "
        f"wanted, and {rows[2]:.3f} of all wanted papers are among them."
    )
