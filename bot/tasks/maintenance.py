"""`paperround taste rebuild` and `paperround upkeep`."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from rich.console import Console
from rich.progress import Progress

from bot.app import App
from bot.bootstrap import build_app
from bot.errors import CommandError, NotFoundError
from bot.matching.types import PaperText
from bot.picks.taste import Taste
from bot.tasks.session import read_address
from config.settings import Settings
from storage import channels, posts
from storage.models import Channel

EXACT = 1e-6
"""How far two opinions of a paper (-1..1) may lie apart and count as the same."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


async def rebuild(settings: Settings, address: str | None) -> int:
    """Replay the votes of one channel or all, keep what they teach, and say what that changed.

    Returns 0, for a taste that was off is right again. It may run beside a server.
    """
    app = build_app(settings)
    console, errors = Console(highlight=False), Console(stderr=True)
    try:
        await app.prepare(keep_sources=False)
        wanted = await _channels(app, address)
        # A taste is whole once all papers that were voted on have their vectors.
        await app.services.rounds.meanings.complete(_NEVER)
        with Progress(console=errors, disable=not errors.is_terminal) as progress:
            for channel in progress.track(wanted, description="Tastes"):
                told = f"{channel.address}: {await _rebuild(app, channel)}"
                console.print(told, markup=False, soft_wrap=True)
    finally:
        await app.close()
    return 0


async def _channels(app: App, address: str | None) -> Sequence[Channel]:
    async with app.database.read() as session:
        if address is None:
            found = await channels.list_active(session)
            if not found:
                raise CommandError("There is no channel yet, and so no taste to rebuild.")
            return found
        ref = read_address(address)
        channel = await channels.find(session, str(ref))
    if channel is None:
        raise NotFoundError(f"{ref} is not known here.")
    return [channel]


async def _rebuild(app: App, channel: Channel) -> str:
    """Rebuild one taste in one transaction; returns what to say of it."""
    assert channel.id is not None
    tastes, now = app.services.rounds.tastes, app.clock()
    async with app.database.write() as session:
        stored = await tastes.find(session, channel.id)
        rebuilt = await tastes.rebuild(session, channel.id, now)
        shown = await posts.list_recent(session, channel.id, _EVER)
    votes = "1 vote counts" if rebuilt.votes == 1 else f"{rebuilt.votes} votes count"
    if stored is None:
        return f"{votes}; there was no current one in store."
    off = distance(stored, rebuilt, [paper for _, paper in shown], now)
    if off <= EXACT:
        return f"{votes}; the stored taste was the same."
    return f"{votes}; the stored taste was off by up to {off:.2g} in its opinion of a paper."


def distance(one: Taste, other: Taste, papers: Sequence[PaperText], at: datetime) -> float:
    """The largest difference between what two tastes think (-1..1) of any of these papers."""
    ours = one.values([one.shared.read(paper) for paper in papers], at)
    theirs = other.values([other.shared.read(paper) for paper in papers], at)
    return float(np.abs(ours - theirs).max(initial=0.0))


async def keep_up(settings: Settings) -> int:
    """Do the day's upkeep now, and say what it came to; returns 0. It may run beside a server."""
    app = build_app(settings)
    console = Console(highlight=False)
    try:
        await app.prepare(keep_sources=False)
        upkeep, now = app.services.upkeep, app.clock()
        gone = await upkeep.retention.let_go(now)
        console.print(
            f"Let go: {gone.votes} votes (what they taught is kept), {gone.posts} posts, "
            f"{gone.papers} papers.",
            soft_wrap=True,
        )
        learned, followed = await upkeep.learn(now), await upkeep.follow(now)
        console.print(f"Learned: {learned} bases; {followed} tastes were learned anew on them.")
    finally:
        await app.close()
    return 0
