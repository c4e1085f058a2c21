"""A month in a workspace: real picks, real deliveries and a real database under bad weather."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.card import Form
from bot.errors import Obstacle
from bot.ports import ChannelChange, ChannelEvent, ChannelRef
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.channel_lifecycle import ChannelLifecycle
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.learning.shared_models import SharedModels
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.pick import Picker
from bot.rounds.reachability import Reachability
from bot.rounds.scheduling.due import due_channels
from storage import channels, claims, watches
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel, PostState, PostStyle
from storage.posts import list_states
from tests import make
from tests.make import NOON
from tests.weather.fronts import CALM, draw, kinds
from tests.weather.sky import SILENT, Crash, Sky, lost

WINDOW = timedelta(days=7)
TICK = timedelta(minutes=10)
TOPICS = (
    "graph transformers",
    "speech codecs",
    "protein folding",
    "sparse experts",
    "diffusion planning",
    "program synthesis",
)
STYLES = (PostStyle.CARDS, PostStyle.DIGEST, PostStyle.SHORT) * 2
SCHEDULES = ("instant",) * 3 + ("daily 09:00 UTC", "daily 17:30 Europe/Paris", "daily 21:00 UTC")
HOLDER = "main"

PUBLISHED_AT = (3, 11, 19)
"""The hours of a day at which each topic has a new paper."""

REFUSED_FULL, REFUSED_ALWAYS = 0.1, 0.01
"""The share of papers whose card is refused in its first forms, and in every one."""

PLACE_FRONTS, MOMENT_FRONTS, RESTARTS = 1 / 24, 1 / 8, 1 / 12
"""The chance of each an hour: for a channel, for the platform, for the process."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a month. `dropped` were refused in every form, and a person was told why."""

    wanted: int
    posted: int
    simpler: int
    dropped: int
    lost: int
    doubled: int
    untold: int
    met: Counter[str]
    codes: int
    known: int
    restarts: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or given up in silence."""
        return not (self.lost or self.doubled or self.untold)


class Month:
    """One workspace of one platform, and what happens to it."""

    def __init__(self, database: Database, platform: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.database, self.now = database, NOON
        self.kinds = kinds(platform)
        self.sky = Sky(platform, self.kinds["content"], self.chance)
        self.platforms = {platform: self.sky}
        self.refs = [ChannelRef(platform, "1", str(100 + n)) for n in range(len(TOPICS))]
        self.calm: defaultdict[str, datetime] = defaultdict(lambda: NOON)
        self.wanted: defaultdict[str, set[str]] = defaultdict(set)
        self.restarts = 0
        clock = lambda: self.now  # noqa: E731 - shorter than a method of its own
        notices = AdminNotices(database, self.platforms)
        self.reach = Reachability(database, self.platforms, notices, clock)
        self.lifecycle = ChannelLifecycle(
            database,
            notices,
            self.reach,
            defaults=ChannelDefaults(post_limit=50, beyond=0),
            window=WINDOW,
            now=clock,
        )
        matches = MatchCache(database, WINDOW)
        self.picker = Picker(database, matches, TasteStore(90, SharedModels()), WINDOW)
        self.delivery = self._delivery()

    async def live(self, days: int) -> Tally:
        """Days of weather, and after them as many calm ones as a paper may wait."""
        await self._begin()
        for hour in range(24 * days):
            if hour % 24 in PUBLISHED_AT:
                await self._publish(hour)
            await self._turn()
            await self._hours(1)
        for place in list(self.sky.over):
            await self._clear(place)
        # Obstacles whose end nobody tells of are looked at anew when it starts.
        await self._restart()
        await self._hours(48)
        return await self._tally()

    async def _begin(self) -> None:
        for ref, topic, style, schedule in zip(self.refs, TOPICS, STYLES, SCHEDULES, strict=True):
            await self.lifecycle.changed(ChannelEvent(ref, ChannelChange.JOINED, name=topic))
            async with self.database.write() as session:
                channel = await channels.find(session, str(ref))
                assert channel is not None
                channel.style, channel.schedule = style, schedule
                session.add(channel)
                await watches.add(
                    session, channel.id or 0, text=topic, typed=topic, by="U1", now=self.now
                )

    async def _publish(self, hour: int) -> None:
        async with self.database.write() as session:
            for ref, topic in zip(self.refs, TOPICS, strict=True):
                title = f"{topic} {hour}"
                await make.paper(session, title, at=self.now)
                self.wanted[str(ref)].add(title)
                self.sky.needs[title] = self._form()

    def _form(self) -> Form | None:
        lot = self.chance.random()
        if lot < REFUSED_ALWAYS:
            return None
        return self.chance.choice(list(Form)[1:]) if lot < REFUSED_FULL else Form.FULL

    async def _hours(self, hours: int) -> None:
        for _ in range(int(timedelta(hours=hours) / TICK)):
            self.now += TICK
            self.sky.now = self.now
            await self._end_fronts()
            await self._tick()

    async def _turn(self) -> None:
        """Let fronts come up, and the process be killed, as chance has it."""
        for ref in self.refs:
            if self._comes(str(ref), PLACE_FRONTS):
                await self._lose(ref)
        if self._comes("", MOMENT_FRONTS):
            self.sky.over[""] = draw("moment", self.kinds["moment"], self.now, self.chance)
        if self.chance.random() < RESTARTS:
            self.sky.crashes += 1
        if self.chance.random() < RESTARTS:
            await self._restart()

    def _comes(self, place: str, likely: float) -> bool:
        free = place not in self.sky.over and self.now >= self.calm[place]
        return free and self.chance.random() < likely

    async def _lose(self, ref: ChannelRef) -> None:
        front = draw("place", self.kinds["place"], self.now, self.chance)
        self.sky.over[str(ref)] = front
        if self.chance.random() < 0.5:
            event = ChannelEvent(ref, ChannelChange.LEFT, lost=lost(front))
            await self.lifecycle.changed(event)

    async def _end_fronts(self) -> None:
        for place, front in list(self.sky.over.items()):
            if front.until <= self.now:
                await self._clear(place)

    async def _clear(self, place: str) -> None:
        front = self.sky.over.pop(place)
        self.calm[place] = self.now + CALM["place" if place else "moment"]
        if place and lost(front).obstacle not in {*SILENT, Obstacle.TIMED_OUT}:
            change = self.chance.choice((ChannelChange.JOINED, ChannelChange.RESTORED))
            await self.lifecycle.changed(ChannelEvent(ChannelRef.parse(place), change))

    async def _restart(self) -> None:
        """Begin anew, and hear of the channels that list the bot as a member."""
        self.restarts += 1
        self.delivery = self._delivery()
        await self.delivery.take_over(HOLDER)
        for ref in self.refs:
            front = self.sky.front(str(ref))
            if front is None or lost(front).obstacle in SILENT:
                await self.lifecycle.changed(ChannelEvent(ref, ChannelChange.JOINED))

    async def _tick(self) -> None:
        """What the engine does each minute, in order."""
        try:
            await self.reach.end_over()
            for slot in await due_channels(self.database, self.now):
                made = await self.picker.pick(slot.channel_id, slot.at, self.now)
                await self.delivery.deliver_all(made)
            for post_ids in await self._unfinished():
                await self.delivery.deliver_all(post_ids)
            if self.chance.random() < 1 / 72:
                await self._look()
        except Crash:
            await self._restart()

    async def _unfinished(self) -> Sequence[Sequence[int]]:
        async with self.database.read() as session:
            left = await claims.list_unfinished(session, self.now)
        by_channel: defaultdict[int, list[int]] = defaultdict(list)
        for post in left:
            by_channel[post.channel_id].append(post.id or 0)
        return list(by_channel.values())

    async def _look(self) -> None:
        """Somebody types in a channel."""
        await self.reach.look(await self._channel(self.chance.choice(self.refs)))

    async def _channel(self, ref: ChannelRef) -> Channel:
        async with self.database.read() as session:
            found = await channels.find(session, str(ref))
        assert found is not None
        return found

    def _delivery(self) -> Delivery:
        return Delivery(self.database, self.platforms, lambda: self.now, HOLDER, window=WINDOW)

    async def _tally(self) -> Tally:
        async with self.database.read() as session:
            given_up = await list_states(session, [PostState.DROPPED, PostState.UNKNOWN])
        dropped = {paper.title for _, paper, _ in given_up if self.sky.needs[paper.title] is None}
        told = " ".join(text for _, text in self.sky.announced)
        posted = {place: Counter(titles) for place, titles in self.sky.titles_in.items()}
        arrived = [set(posted.get(place, ())) for place in self.wanted]
        wanted = list(self.wanted.values())
        twice = sum(count - 1 for titles in posted.values() for count in titles.values())
        marks = sum(len(places) - 1 for places in self.sky.arrived.values())
        return Tally(
            wanted=sum(map(len, wanted)),
            posted=sum(map(len, arrived)),
            simpler=self.sky.simpler,
            dropped=len(dropped),
            lost=sum(
                len(theirs - got - dropped) for theirs, got in zip(wanted, arrived, strict=True)
            ),
            doubled=max(twice, marks),
            untold=sum(title not in told for title in dropped),
            met=self.sky.met,
            codes=len(self.sky.codes),
            known=sum(map(len, self.kinds.values())),
            restarts=self.restarts,
        )
