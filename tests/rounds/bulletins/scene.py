"""A channel with posts and votes, a platform that can fail, a board, and a clock to move."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.rounds.admin_notices import AdminNotices
from bot.rounds.bulletins.board import Board
from bot.rounds.bulletins.missed import Missed
from bot.rounds.delivery.bulletins import BulletinSender
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.reachability import Reachability
from storage import channels
from storage.database import Database
from storage.models import Channel, PostState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON

WINDOW = timedelta(days=7)


class Scene:
    """One channel of which the clock makes bulletins."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.platform = FakePlatform()
        self.now = NOON
        self.matches = MatchCache(database, WINDOW)

    async def open(self) -> None:
        async with self.database.write() as session:
            await make.channel(session)
            await self.matches.load(session)

    def board(self, holder: str = "main") -> Board:
        platforms = {"local": self.platform}

        def clock() -> datetime:
            return self.now

        notices = AdminNotices(self.database, platforms)
        reach = Reachability(self.database, platforms, notices, clock)
        sender = BulletinSender(self.database, platforms, reach, clock, holder)
        return Board(self.database, Missed(self.database, self.matches, WINDOW), sender, clock)

    async def tick(self, holder: str = "main") -> float | None:
        """What a tick starts, for the one channel there is."""
        board = self.board(holder)
        pause = None
        for channel_id in await board.due(self.now):
            await board.make(channel_id)
            pause = await board.send(channel_id)
        return pause

    async def patiently(self) -> None:
        while (pause := await self.tick()) is not None:
            self.now += timedelta(seconds=pause)

    async def restart(self) -> None:
        delivery = Delivery(self.database, {"local": self.platform}, lambda: self.now, "main")
        await delivery.take_over("main")

    async def pass_time(self, until: datetime, step: timedelta = timedelta(hours=1)) -> None:
        """Tick all the way."""
        while self.now < until:
            self.now = min(self.now + step, until)
            await self.tick()

    async def post(
        self, title: str, at: datetime, *, ups: int = 0, downs: int = 0, score: float = 80.0
    ) -> int:
        """A post that stands, with votes."""
        async with self.database.write() as session:
            channel = await channels.get(session, 1)
            paper = await make.paper(session, title, at=at, url=f"https://example.org/{title}")
            post = await make.post(
                session,
                channel,
                paper,
                state=PostState.POSTED,
                posted_at=at,
                message=f"m-{title}",
                score=score,
            )
            for number in range(ups + downs):
                up = number < ups
                await make.vote(
                    session, post.id or 0, f"p{number}", "👍" if up else "👎", value=1 if up else -1
                )
        return post.id or 0

    async def channel(self) -> Channel:
        async with self.database.read() as session:
            return await channels.get(session, 1)

    @property
    def said(self) -> Sequence[str]:
        """The bulletins that arrived, in order."""
        return [text for _, text, _ in self.platform.notices]
