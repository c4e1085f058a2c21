"""The program's life in a child process: it plays the story, and may die at a point of it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from bot.app import App, build_app
from bot.chat import ChannelRef, Command, Inbox, Person
from bot.platforms.local.chat import LocalChat
from bot.rounds import round as round_module
from bot.rounds.clock import Clock
from bot.rounds.engine import Engine
from config.logging import configure_logging
from config.settings import Settings
from storage import channels, local, sources
from storage.models import Post, PostState, Saved, Vote
from tests.crash.facts import stored_facts
from tests.crash.points import Kill, Points
from tests.crash.story import BALLOTS, ROOMS, SCENES, STANDING, Ballot

STUCK = 3
"""The exit code of a program that did not come to the end of a scene."""

_PATIENCE = 60.0
"""Slack's reactions are read again at forty posts a minute."""

_CALM = 4.0
_LOT = 7
_LOOK = 0.05


@dataclass(frozen=True, slots=True)
class Life:
    """What a child is told: its install, the channels of the story, and when to die.

    `done` are the scenes that came to their end in an earlier life, `answered` the commands, and
    `early` is how many papers were saved since.
    """

    settings: Mapping[str, Any]
    addresses: tuple[str, ...]
    kill: Kill | None = None
    count: bool = False
    done: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    late: timedelta = timedelta()
    early: int = 0
    log: Path = field(default=Path(os.devnull))


def live(life: Life, wire: Connection) -> None:
    """Live through what is left of the story; never returns."""
    _write_to(life.log)
    configure_logging("INFO", "text")
    # Whether a round tries something is drawn by the channel's address, which Discord makes anew.
    round_module.__dict__["_seed"] = lambda *_: _LOT
    points = Points(life.kill)
    if life.kill or life.count:
        points.install()
    code = STUCK
    try:
        asyncio.run(_Actor(life, wire, points).play())
        code = 0
    finally:
        # What is still running must not make a trial longer: a kill would end it as well.
        os._exit(code)


class _Actor:
    """Plays the story on a program that runs in this process."""

    def __init__(self, life: Life, wire: Connection, points: Points) -> None:
        self._life = life
        self._wire = wire
        self._points = points
        self._clock = VirtualClock()

    async def play(self) -> None:
        """Start the program, play every scene that is left, and tell what is stored."""
        async with self._program() as (app, engine, inbox):
            for scene in SCENES:
                if scene.name not in self._life.done:
                    self._clock.set(scene.at + self._life.late)
                    if "votes" in self._life.done:
                        # What was cast when it died is heard of by and by, and moves the picks.
                        await self._until(app, engine, lambda: self._voted(app), "votes heard of")
                    await self._scenes(app, engine, inbox)[scene.name]()
                    self._wire.send(("done", scene.name))
            await self._until(app, engine, lambda: self._voted(app), "votes at the end")
            facts = await stored_facts(app.database, self._life.addresses)
            self._wire.send(("end", facts, dict(self._points.counts)))

    @asynccontextmanager
    async def _program(self) -> AsyncIterator[tuple[App, Engine, Inbox]]:
        """As `paperround run` starts it, but for its ticks, which are the story's."""
        settings = Settings(**self._life.settings)
        app = build_app(settings, clock=self._clock)
        left = [scene for scene in SCENES if scene.name not in self._life.done]
        self._clock.set((left or SCENES)[0].at + self._life.late)
        assert app.hold()
        await app.prepare()
        engine = app.engine()
        await engine.start(tick=False)
        inbox = app.inbox(engine)
        if self._life.kill or self._life.count:
            self._points.watch_inbox(inbox)
        for platform in app.platforms.values():
            if self._life.kill or self._life.count:
                self._points.watch_platform(platform)
            _hurry(platform)
            await platform.start(inbox)
        yield app, engine, inbox

    def _scenes(
        self, app: App, engine: Engine, inbox: Inbox
    ) -> dict[str, Callable[[], Awaitable[None]]]:
        async def commands() -> None:
            await self._type_all(inbox)

        async def poll(times: int) -> None:
            await self._until(app, engine, lambda: _papers_of(app, times), f"poll {times}")

        async def slot(at: datetime) -> None:
            wanted = at.replace(minute=0)
            await self._until(app, engine, lambda: _delivered(app, wanted), f"slot {at}")

        async def votes() -> None:
            if self._life.addresses[0].startswith("local:"):
                await self._vote_locally(app, inbox)
            else:
                await asyncio.to_thread(self._ask, "vote")
            await self._until(app, engine, lambda: self._voted(app), "votes")

        times = {scene.name: scene.at for scene in SCENES}
        return {
            "commands": commands,
            "first poll": lambda: poll(1),
            "first slot": lambda: slot(times["first slot"]),
            "votes": votes,
            "second poll": lambda: poll(2),
            "second slot": lambda: slot(times["second slot"]),
        }

    async def _voted(self, app: App) -> bool:
        """Whether every vote is counted, those that were cast while the program was down too."""
        async with app.database.read() as session:
            votes = (await session.exec(select(Vote).where(~col(Vote.removed)))).all()
            saved = (await session.exec(select(Saved))).all()
        return (len(votes), len(saved)) == (len(STANDING), self._life.early)

    async def _type_all(self, inbox: Inbox) -> None:
        """What got no answer is typed again."""
        for room, address in zip(ROOMS, self._life.addresses, strict=True):
            for text in room.commands:
                if f"{address} {text}" in self._life.answered:
                    continue
                ref = ChannelRef.parse(address)
                await inbox.command(Command(ref, Person("ada", "ada"), text))
                self._wire.send(("answered", f"{address} {text}"))

    async def _vote_locally(self, app: App, inbox: Inbox) -> None:
        """Press what the page does not show pressed yet, as the page itself does."""
        chat = app.platforms["local"]
        assert isinstance(chat, LocalChat)
        async with app.database.read() as session:
            shown = await local.list_channel(session, self._life.addresses[0], "ada")
        cards = [one for one in shown if one.kind == "card"]
        for number, ballot in enumerate(BALLOTS):
            message = cards[ballot.place].id or 0
            if f"ballot {number}" in self._life.answered or await _is_so(app, message, ballot):
                continue
            person = Person(ballot.person, ballot.person)
            reaction = await chat.react(message, person, ballot.emoji)
            assert reaction is not None
            await inbox.reaction(reaction)
            self._wire.send(("answered", f"ballot {number}"))

    async def _until(
        self, app: App, engine: Engine, so: Callable[[], Awaitable[bool]], what: str
    ) -> None:
        """Tick until it is so; when nothing comes for a while, minutes pass quickly."""
        began = time.monotonic()
        await engine.tick()
        ticks = 0
        while not await so():
            await asyncio.sleep(_LOOK)
            waited = time.monotonic() - began
            if waited > _PATIENCE:
                facts = await stored_facts(app.database, self._life.addresses)
                self._wire.send(("stuck", what, facts))
                raise TimeoutError(what)
            if waited > _CALM + ticks:
                ticks += 1
                self._clock.advance_by(timedelta(minutes=1))
                await engine.tick()

    def _ask(self, what: str) -> Any:
        self._wire.send((what,))
        return self._wire.recv()


class VirtualClock(Clock):
    """Goes on as the wall's does from wherever it was set."""

    def __init__(self) -> None:
        super().__init__()
        self._base, self._since = SCENES[0].at, time.monotonic()

    def set(self, at: datetime) -> None:
        self._base, self._since = at, time.monotonic()

    def advance_by(self, by: timedelta) -> None:
        self._base += by

    def __call__(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._since)

    async def load(self, database: object) -> None:
        """There is nothing to load."""


async def _is_so(app: App, message: int, ballot: Ballot) -> bool:
    """Whether the page shows a reaction as a ballot wants it."""
    async with app.database.read() as session:
        there = await local.list_reactions(session, [message])
    pressed = any((row.person, row.emoji) == (ballot.person, ballot.emoji) for row in there)
    return pressed is ballot.added


async def _papers_of(app: App, times: int) -> bool:
    """Whether the source was read on so many days of the story."""
    async with app.database.read() as session:
        [source] = await sources.list_polled(session)
    through = (source.cursor or {}).get("through")
    days = sorted({f"{scene.at:%Y-%m-%d}" for scene in SCENES})
    return through is not None and through >= days[times - 1]


async def _delivered(app: App, slot_at: datetime) -> bool:
    async with app.database.read() as session:
        active = await channels.list_active(session)
        states = (await session.exec(select(Post.state))).all()
    past = [one for one in active if one.last_slot_at and one.last_slot_at >= slot_at]
    ended = {PostState.POSTED, PostState.UNKNOWN, PostState.DROPPED}
    return len(past) == len(ROOMS) and all(state in ended for state in states)


def _hurry(platform: object) -> None:
    """Discord's kindness of waiting two seconds for more servers is long in a test."""
    if getattr(platform, "name", "") == "discord":
        platform.client._connection.guild_ready_timeout = 0.05  # type: ignore[attr-defined]


def _write_to(log: Path) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
