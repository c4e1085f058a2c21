"""Plays the story on a program that runs in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from sqlmodel import col, select

from bot.app import App
from bot.bootstrap import build_app
from bot.platforms.local.adapter import LocalChat
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.catch_up import MissedReactions
from bot.ports import ChannelRef, Command, Inbox, Person
from bot.rounds.bulletins.roundup import due_roundup
from bot.rounds.engine import Engine
from config.settings import Settings
from storage import bulletins, channels, local_chat, sources
from storage.models import Bulletin, Post, PostState, Saved, Vote
from tests.crash.clock import OVER, SharedClock
from tests.crash.facts import stored_facts
from tests.crash.life import Life
from tests.crash.points import Points
from tests.crash.story import CAST_VOTES, ROOMS, SCENES, VOTES_LEFT, CastVote, Scene

_LOOK = 0.05
_CALM, _PACE, _PATIENCE = 80, 20, 1200
"""In looks, not in seconds, of which a busy machine may take many for nothing: after how many time
passes quickly, how many make a minute then, and after how many it is stuck."""


async def play_story(life: Life, wire: Connection, points: Points, clock: SharedClock) -> None:
    """Start the program, play every scene that is left, and tell what is stored."""
    await _Actor(life, wire, points, clock).play()


class _Actor:
    """Plays the story on a program that runs in this process."""

    def __init__(self, life: Life, wire: Connection, points: Points, clock: SharedClock) -> None:
        self._life = life
        self._wire = wire
        self._points = points
        self._clock = clock
        self._first = next(iter(self._left), None)

    async def play(self) -> None:
        """Start the program, play every scene that is left, and tell what is stored."""
        async with self._program() as (app, engine, inbox):
            for scene in self._left:
                self._begin(scene)
                if self._life.terminal:
                    self._wire.send(("type", scene.name))
                if "votes" in self._life.done:
                    # What was cast when it died is heard of by and by, and moves the picks.
                    await self._until(app, engine, lambda: self._voted(app), "votes heard of")
                await self._scenes(app, engine, inbox)[scene.name]()
                await self._typed(inbox, scene.name)
                self._wire.send(("done", scene.name))
            await self._until(app, engine, lambda: self._voted(app), "votes at the end")
            counts = self._points.counts.copy()
            self._clock.begin(OVER, self._clock())
            await asyncio.to_thread(self._ask, "over")
            facts = await stored_facts(app.database, self._life.addresses)
            self._wire.send(("end", facts, counts))

    @property
    def _left(self) -> list[Scene]:
        return [scene for scene in SCENES if scene.name not in self._life.done]

    def _begin(self, scene: Scene) -> None:
        self._clock.begin(scene.name, scene.at + self._life.late)
        if not self._life.again or scene is not self._first:
            self._points.scene = self._clock.scene

    @asynccontextmanager
    async def _program(self) -> AsyncIterator[tuple[App, Engine, Inbox]]:
        """As `paperround run` starts it, but for its ticks, which are the story's."""
        settings = Settings(**self._life.settings)
        app = build_app(settings, clock=self._clock)
        # Killed after all was played, it starts at the end: its own marks would lie ahead else.
        scene = (self._left or SCENES[-1:])[0]
        self._clock.begin(scene.name, scene.at + self._life.late)
        while not app.hold():
            # A command in a terminal may do the work just now.
            await asyncio.sleep(_LOOK)
        await app.prepare()
        engine = app.engine()
        await engine.start(tick=False)
        inbox = app.inbox(engine)
        if self._life.watched:
            self._points.watch_inbox(inbox)
        for platform in app.platforms.values():
            if self._life.watched:
                self._points.watch_platform(platform)
            _hurry(platform)
            await platform.start(inbox)
        yield app, engine, inbox

    def _scenes(
        self, app: App, engine: Engine, inbox: Inbox
    ) -> dict[str, Callable[[], Awaitable[None]]]:
        async def commands() -> None:
            await self._typed(inbox, "commands")

        async def poll(times: int) -> None:
            await self._until(app, engine, lambda: _papers_of(app, times), f"poll {times}")

        async def slot(at: datetime) -> None:
            wanted = at.replace(minute=0)
            await self._until(app, engine, lambda: _delivered(app, wanted), f"slot {at}")

        async def votes() -> None:
            # What is asked for by a command is picked by what was voted before.
            await self._typed(inbox, "votes")
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
        return (len(votes), len(saved)) == (len(VOTES_LEFT), self._life.early)

    async def _typed(self, inbox: Inbox, scene: str) -> None:
        """All commands of a scene are typed; what got no answer is typed again."""
        if self._life.terminal:
            await asyncio.to_thread(self._ask, "typed", scene)
            return
        for each in self._life.typed.get(scene, ()):
            address = self._life.addresses[each.room]
            if f"{address} {each.text}" in self._life.answered:
                continue
            ref = ChannelRef.parse(address)
            await inbox.command(Command(ref, Person("ada", "ada"), each.text))
            self._wire.send(("answered", f"{address} {each.text}"))

    async def _vote_locally(self, app: App, inbox: Inbox) -> None:
        """Press what the page does not show pressed yet, as the page itself does."""
        chat = app.platforms["local"]
        assert isinstance(chat, LocalChat)
        async with app.database.read() as session:
            shown = await local_chat.list_channel(session, self._life.addresses[0], "ada")
        cards = [one for one in shown if one.kind == "card"]
        for number, cast in enumerate(CAST_VOTES):
            message = cards[cast.place].id or 0
            if f"vote {number}" in self._life.answered or await _is_so(app, message, cast):
                continue
            person = Person(cast.person, cast.person)
            reaction = await chat.react(message, person, cast.emoji)
            assert reaction is not None
            await inbox.reaction(reaction)
            self._wire.send(("answered", f"vote {number}"))

    async def _until(
        self, app: App, engine: Engine, so: Callable[[], Awaitable[bool]], what: str
    ) -> None:
        """Tick until it is so; when nothing comes for a while, minutes pass quickly."""
        await engine.tick()
        looks = 0
        while not await so():
            await asyncio.sleep(_LOOK)
            looks += 1
            if looks > _PATIENCE:
                facts = await stored_facts(app.database, self._life.addresses)
                self._wire.send(("stuck", what, facts))
                raise TimeoutError(what)
            if looks > _CALM and looks % _PACE == 0:
                self._clock.advance_by(timedelta(minutes=1))
                await engine.tick()

    def _ask(self, *what: str) -> Any:
        self._wire.send(what)
        return self._wire.recv()


async def _is_so(app: App, message: int, cast: CastVote) -> bool:
    """Whether the page shows a reaction as a vote wants it."""
    async with app.database.read() as session:
        there = await local_chat.list_reactions(session, [message])
    pressed = any((row.person, row.emoji) == (cast.person, cast.emoji) for row in there)
    return pressed is cast.added


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
        waiting = select(Bulletin.id).where(
            col(Bulletin.message).is_(None), col(Bulletin.given_up).is_(None)
        )
        unsaid = (await session.exec(waiting)).all()
        rounded = await bulletins.list_roundups(session)
    if unsaid or any(due_roundup(row, channel, slot_at) for row, channel in rounded):
        return False
    past = [one for one in active if one.last_slot_at and one.last_slot_at >= slot_at]
    ended = {PostState.POSTED, PostState.UNKNOWN, PostState.DROPPED}
    return len(past) == len(ROOMS) and all(state in ended for state in states)


def _hurry(platform: object) -> None:
    """Discord's kindness of waiting two seconds for more servers is long in a test."""
    if getattr(platform, "name", "") == "discord":
        platform.client._connection.guild_ready_timeout = 0.05


def _shorten(made: type, name: str, value: float) -> None:
    """Another value where the program gives none."""
    usual = vars(made)["__init__"].__kwdefaults__
    assert name in usual, f"{made.__name__} has no {name}"
    usual[name] = value


# Slack's pace, of posts in a channel and of reading their reactions, is kept elsewhere.
_shorten(SlackChat, "pace", 0.05)
_shorten(MissedReactions, "a_minute", 2400.0)
