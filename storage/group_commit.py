"""Group commit: work that several callers ask for at once shares one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database

MOST = 200
"""Asks in one transaction, so that none waits long for the others."""

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")

Work = Callable[[AsyncSession, Sequence[Ask]], Awaitable[Sequence[Answer]]]


class Grouped(Generic[Ask, Answer]):
    """Gathers what is asked while a transaction commits, and does it all in the next one.

    An answer is given once its transaction is committed. `work` answers every ask, in order; where
    it fails for several at once, each is done alone, so that one bad ask fails by itself.
    """

    def __init__(self, database: Database, work: Work[Ask, Answer]) -> None:
        self._database = database
        self._work = work
        self._waiting: list[tuple[Ask, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    def ask(self, ask: Ask) -> asyncio.Future[Answer]:
        """Ask for something; it is done in the order of asking, whether or not it is awaited."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off())
        return answer

    async def _work_off(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            if await self._commit(taken):
                continue
            for one in taken:
                await self._commit([one], alone=True)

    async def _commit(
        self, taken: Sequence[tuple[Ask, asyncio.Future[Answer]]], *, alone: bool = False
    ) -> bool:
        try:
            async with self._database.write() as session:
                answers = await self._work(session, [ask for ask, _ in taken])
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            if len(taken) > 1 and not alone:
                return False
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for (_, answer), given in zip(taken, answers, strict=True):
                if not answer.done():
                    answer.set_result(given)
        return True
