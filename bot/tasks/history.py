"""`paperround backtest --channel`: the days to replay, out of an install's own posts and votes."""

from bot.app import build_app
from bot.errors import NotFoundError
from bot.picks.replayed import BacktestError, Channel
from bot.rounds.history import read_history
from bot.tasks.session import read_address
from config.settings import Settings
from storage import channels


async def read_install(settings: Settings, address: str) -> list[Channel]:
    """A channel of this install, as it was posted and voted; raises NotFoundError."""
    ref = read_address(address)
    app = build_app(settings)
    try:
        await app.prepare(keep_sources=False)
        async with app.database.read() as session:
            channel = await channels.find(session, str(ref))
            if channel is None:
                raise NotFoundError(f"{ref} is not known here.")
            history = await read_history(session, channel)
    finally:
        await app.close()
    if not any(day.votes for day in history.days):
        raise BacktestError(f"Nobody has voted in {ref} yet: there is nothing to replay.")
    return [history]
