"""What the buttons of the local chat do, and how a demo begins."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.app import App
from bot.bootstrap import defaults
from bot.commands.overview import is_paused
from bot.errors import PaperroundError
from bot.rounds.engine import Asking, Engine
from bot.rounds.picking.explain import why_none
from bot.rounds.scheduling.schedule import Slot
from bot.rounds.service import Ran
from bot.sources.sample import CHANNELS, last_day
from storage import channels, sources, watches
from storage.models import Channel

log = structlog.get_logger(__name__)


class DemoControls:
    """The buttons of the local chat: a round now, and for the demo a day further."""

    def __init__(self, app: App, engine: Asking) -> None:
        self._app = app
        self._engine = engine
        # A day must not begin while the round of the day before still reads its sources.
        self._one_at_a_time = asyncio.Lock()

    @property
    def virtual(self) -> bool:
        """Whether the clock may be moved: only the demo's."""
        return self._app.demo

    def now(self) -> datetime:
        """The time that rounds go by."""
        return self._app.clock()

    async def ended(self) -> bool:
        """Whether the demo's stock of papers has been given out."""
        async with self._app.database.read() as session:
            polled = await sources.list_polled(session)
        given = [source.cursor.get("given") for source in polled if source.kind == "sample"]
        return self.virtual and any(day is not None and day >= last_day() for day in given)

    async def run_round(self) -> Sequence[Ran]:
        """Poll every source, then run a round for each active channel that is not paused."""
        async with self._one_at_a_time:
            await self._engine.poll_all()
            async with self._app.database.read() as session:
                active = await channels.list_active(session)
            return await asyncio.gather(*map(self._run, active))

    async def _run(self, channel: Channel) -> Ran:
        if is_paused(channel, self.now()):
            return Ran(channel.name, 0, "Posts are paused.")
        made = await self._engine.run_slot(Slot(channel.id or 0, self.now()))
        if made:
            return Ran(channel.name, len(made))
        forecast = await self._app.round_service(self._engine).forecast(channel)
        return Ran(channel.name, 0, why_none(channel, forecast).text)

    async def advance_day(self) -> datetime:
        """Move the demo's clock a day forward and read its sources for that day."""
        if not self.virtual:
            raise PaperroundError("Only the demo's clock can be moved.")
        async with self._one_at_a_time:
            await self._app.clock.advance(self._app.database, timedelta(days=1))
            await self._engine.poll_all()
            # The demo's process is alone and has the engine itself.
            assert isinstance(self._engine, Engine)
            await self._engine.tick()
        return self.now()


async def open_demo(app: App) -> bool:
    """Set up the demo's channels the first time; False if they stand already."""
    now = app.clock()
    async with app.database.write() as session:
        if await channels.list_platform(session, "local"):
            return False
        for sample in CHANNELS:
            channel = await channels.add(
                session, f"local:{sample.name}", defaults(app.settings), now
            )
            # The demo's rounds are run by its button, so that each step can be watched.
            channel.post_limit, channel.schedule = sample.limit, "off"
            session.add(channel)
            for text in sample.watches:
                await watches.add(
                    session, channel.id or 0, text=text, typed=text, by="demo", now=now
                )
    return True


async def first_round(controls: DemoControls) -> None:
    """Run the demo's first round, so that its pages are not empty."""
    try:
        await controls.run_round()
    except Exception:
        # The chat itself serves, and its round button tells the next person.
        log.exception("demo.first_round_failed")
