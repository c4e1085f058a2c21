"""`paperround upkeep`: what a server does once a day, for hosts that run rounds by other means."""

from rich.console import Console

from bot.app import build_app
from config.settings import Settings


async def keep_up(settings: Settings) -> int:
    """Do the day's upkeep now, and say what it came to; returns 0. It may run beside a server."""
    app = build_app(settings)
    console = Console(highlight=False)
    try:
        await app.prepare(keep_sources=False)
        upkeep, now = app.crew.upkeep, app.clock()
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
