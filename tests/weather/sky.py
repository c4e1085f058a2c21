"""A chat platform under a sky: it refuses as the weather has it, and keeps what arrived."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from bot.cards.card import Card, Form
from bot.cards.richtext import Line, plain
from bot.errors import ChannelGoneError, Obstacle
from bot.ports import ChannelRef, Choice, MessageRef
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.weather.fronts import Front, Refused

SILENT = frozenset((Obstacle.RESTRICTED, Obstacle.UNSUITABLE, Obstacle.OTHER))
"""Obstacles whose end no platform tells."""


class Crash(BaseException):
    """The process is killed in the middle of a call."""


class Sky(FakePlatform):
    """One platform. `over` are the fronts by channel, "" for all of it; `needs` is the simplest
    form that a paper's title is taken in, None for one that is refused in all of them."""

    def __init__(self, name: str, contents: Sequence[Refused], chance: random.Random) -> None:
        super().__init__()
        self.name = name
        self.now = NOON
        self.over: dict[str, Front] = {}
        self.needs: dict[str, Form | None] = {}
        self.contents = contents
        self.crashes = 0
        self.met: Counter[str] = Counter()
        self.codes: set[str] = set()
        self.arrived: defaultdict[str, list[str]] = defaultdict(list)
        self.titles_in: defaultdict[str, list[str]] = defaultdict(list)
        self.simpler = 0
        self._chance = chance

    def front(self, place: str) -> Front | None:
        """The front over a place now."""
        found = self.over.get(place)
        return found if found is not None and self.now < found.until else None

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        self._crash()
        lost_answer = self._weather(channel)
        least = self.needs.get(card.title.split(":")[0], Form.FULL)
        if least is None or card.form < least:
            raise self._meet("content", self._chance.choice(self.contents)).error
        self.arrived[delivery_id].append(str(channel))
        self.titles_in[str(channel)].append(card.title.split(":")[0])
        self.simpler += card.form > Form.FULL
        self._crash()
        if lost_answer is not None:
            raise lost_answer.error
        return MessageRef(channel, delivery_id)

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        return self._take(channel, delivery_id)

    async def notice(
        self,
        channel: ChannelRef,
        lines: Sequence[Line],
        *,
        delivery_id: str,
        choices: Sequence[str] = (),
    ) -> MessageRef:
        return self._take(channel, delivery_id)

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        self._take(message.channel, delivery_id or "")

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        self._weather(channel, reading=True)
        self.asked.append(delivery_id)
        return MessageRef(channel, delivery_id) if delivery_id in self.arrived else None

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        self._weather(channel, reading=True)
        self.announced.append((channel, plain(text)))

    async def check(self, channel: ChannelRef) -> None:
        front = self.front(str(channel))
        if front is not None and lost(front).obstacle not in SILENT:
            raise lost(front)

    def _take(self, channel: ChannelRef, mark: str) -> MessageRef:
        self._crash()
        lost_answer = self._weather(channel)
        self.arrived[mark].append(str(channel))
        self._crash()
        if lost_answer is not None:
            raise lost_answer.error
        return MessageRef(channel, mark)

    def _weather(self, channel: ChannelRef, *, reading: bool = False) -> Refused | None:
        """Refuse as the weather has it; what arrives without an answer is returned to be raised."""
        if (here := self.front(str(channel))) is not None:
            self._meet("place", here.among[0])
            raise lost(here)
        everywhere = self.front("")
        if everywhere is None or self._chance.random() >= everywhere.share:
            return None
        refused = self._meet("moment", self._chance.choice(everywhere.among))
        if refused.is_open and not reading and self._chance.random() < 0.5:
            return refused
        raise refused.error

    def _meet(self, about: str, refused: Refused) -> Refused:
        self.met[about] += 1
        self.codes.add(refused.code)
        return refused

    def _crash(self) -> None:
        if self.crashes and self._chance.random() < 0.5:
            self.crashes -= 1
            raise Crash


def lost(front: Front) -> ChannelGoneError:
    """The front's refusal, with its end where a platform names it."""
    error = front.among[0].error
    assert isinstance(error, ChannelGoneError)
    obstacle = error.obstacle
    until = front.until if obstacle is Obstacle.TIMED_OUT else None
    return ChannelGoneError(str(error), obstacle=obstacle, until=until)
