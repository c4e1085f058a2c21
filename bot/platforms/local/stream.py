"""The stream of one open page: what changed in its channel, rendered for the person before it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from bot.chat import Person
from bot.platforms.local import live
from bot.platforms.local.chat import LocalChat
from bot.platforms.local.frame import load_frame, local_ref
from bot.platforms.local.pages import Pages
from bot.platforms.local.turns import Turn, load_turns
from storage import local

_HEARTBEAT_SECONDS = 15.0


class Follower:
    """Turns changes of the log into events for one page.

    `turns` events carry messages to put in, swap or take off, with the revision they lead to;
    `frame` events carry side and head, at first and when they change; `reload` says that the
    page shows a database that is no longer there.
    """

    def __init__(
        self,
        chat: LocalChat,
        pages: Pages,
        *,
        channel: str,
        person: Person,
        clock: Callable[[], datetime] | None,
    ) -> None:
        self._chat = chat
        self._pages = pages
        self._channel = channel
        self._person = person
        self._clock = clock

    async def events(self, after: int) -> AsyncIterator[str]:
        """Everything that changed since revision `after`, then what changes, until closed."""
        pulse = self._chat.pulse
        if after > await self._chat.newest_revision():
            yield live.event("reload", None)
            return
        shown: dict[str, str] = {}
        while not pulse.closed:
            beat = pulse.beat
            after, changed = await self._changed(after)
            if changed:
                yield live.event("turns", changed, revision=after)
            frame = await self._frame()
            if frame != shown:
                yield live.event("frame", frame)
                shown = frame
            if await pulse.next(beat, within=_HEARTBEAT_SECONDS) == beat:
                yield live.HEARTBEAT

    async def _changed(self, after: int) -> tuple[int, list[dict[str, object]]]:
        address, person = str(local_ref(self._channel)), self._person
        async with self._chat.database.read() as session:
            newest = await local.newest_revision(session)
            messages = await local.list_changed(session, address, person.id, after)
            turns = await load_turns(session, messages, person.id)
        return newest, [self._swap(turn) for turn in turns]

    def _swap(self, turn: Turn) -> dict[str, object]:
        gone = turn.message.deleted
        return {"key": turn.key, "html": None if gone else self._pages.turn(turn, self._person)}

    async def _frame(self) -> dict[str, str]:
        async with self._chat.database.read() as session:
            frame = await load_frame(session, self._channel, self._clock)
        return {"side": self._pages.side(frame), "head": self._pages.head(frame)}
