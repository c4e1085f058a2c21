"""The stream of one open page: what changed in its channel, rendered for the person before it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from bot.platforms.local import sse
from bot.platforms.local.adapter import LocalChat
from bot.platforms.local.views import Pages, Turn, load_frame, load_turns, local_ref
from bot.ports import Person
from storage import local_chat

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
            yield sse.event("reload", None)
            return
        shown: dict[str, str] = {}
        while not pulse.closed:
            beat = pulse.beat
            after, changed = await self._changed(after)
            if changed:
                yield sse.event("turns", changed, revision=after)
            frame = await self._frame()
            if frame != shown:
                yield sse.event("frame", frame)
                shown = frame
            if await pulse.next(beat, within=_HEARTBEAT_SECONDS) == beat:
                yield sse.HEARTBEAT

    async def _changed(self, after: int) -> tuple[int, list[dict[str, object]]]:
        address, person = str(local_ref(self._channel)), self._person
        async with self._chat.database.read() as session:
            newest = await local_chat.newest_revision(session)
            messages = await local_chat.list_changed(session, address, person.id, after)
            turns = await load_turns(session, messages, person.id)
        return newest, [self._swap(turn) for turn in turns]

    def _swap(self, turn: Turn) -> dict[str, object]:
        gone = turn.message.deleted
        return {"key": turn.key, "html": None if gone else self._pages.turn(turn, self._person)}

    async def _frame(self) -> dict[str, str]:
        async with self._chat.database.read() as session:
            frame = await load_frame(session, self._channel, self._clock)
        return {"side": self._pages.side(frame), "head": self._pages.head(frame)}
