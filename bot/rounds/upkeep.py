"""What is done once a day for the whole install, in steps that may be repeated."""

from dataclasses import dataclass
from datetime import datetime

from bot.rounds.arenas import give_back
from bot.rounds.learning import Learning
from bot.rounds.retention import Retention


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Lets go of what is old, then learns what channels share anew."""

    retention: Retention
    learning: Learning

    async def let_go(self, now: datetime) -> int:
        """Let go of what is too old; returns how many votes, posts and papers that was."""
        gone = await self.retention.let_go(now)
        return gone.votes + gone.posts + gone.papers

    async def learn(self, now: datetime) -> int:
        """Learn what channels share, where it changed; returns how many bases."""
        learned = await self.learning.refresh(now)
        give_back()
        return learned

    async def follow(self, now: datetime) -> int:
        """Replay the tastes whose base is new; returns how many."""
        return await self.learning.follow(now)
