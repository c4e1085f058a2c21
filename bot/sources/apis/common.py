"""What every public interface has in common: days that are read again, and papers seen before."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.errors import SourceError
from bot.sources.base import Advice, Broken, Entry, Fresh, Poll, Quiet
from bot.sources.http import Fetcher
from bot.sources.pace import BusyError

_FIRST = timedelta(days=7)
_AGAIN = timedelta(days=5)
_MOST_DAYS = timedelta(days=60)
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Access:
    """How an interface is reached: its address, and what it wants to know of who asks."""

    fetcher: Fetcher
    base_url: str
    email: str = ""
    key: str = ""

    async def text(self, path: str, **query: str | int) -> bytes:
        """The body at a path; raises SourceError."""
        asked = {name: value for name, value in query.items() if value != ""}
        address = f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        url = f"{address}?{urlencode(asked)}" if asked else address
        return (await self.fetcher.get(url)).body

    async def json(self, where: str, path: str, **query: str | int) -> Mapping[str, Any]:
        """The JSON object at a path; raises SourceError, naming `where`."""
        body = await self.text(path, **query)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise SourceError(f"{where}: the answer is no JSON") from None
        if not isinstance(answer, Mapping):
            raise SourceError(f"{where}: the answer has another form than it should")
        return answer


class Windowed(ABC):
    """A source that is asked for what came since a day, and some days before that again.

    The first poll reads a week. The cursor is `{"through": ISO date, "seen": [digests], "kept":
    what `read` wants to keep}`.
    """

    name = ""
    first, again = _FIRST, _AGAIN

    @abstractmethod
    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """What came since a day; may change `kept`, which the next poll is given. Raises."""
        ...

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Ask for what is due."""
        today = now.astimezone(UTC).date()
        kept = dict(cursor.get("kept", {}))
        try:
            fresh = await self.read(self._since(cursor, today), now, kept)
        except BusyError as error:
            return Broken(str(error), Advice(error.wait))
        except SourceError as error:
            return Broken(str(error))
        before: list[str] = list(cursor.get("seen", ()))
        known = set(before)
        new = [entry for entry in fresh.entries if digest(entry) not in known]
        seen = [*before, *(digest(entry) for entry in new)][-_MOST_REMEMBERED:]
        after = {"through": today.isoformat(), "seen": seen, "kept": kept}
        advice = Advice(title=self.title(kept), note=self.note(kept))
        if new:
            return Fresh(new, after, fresh.refused, fresh.same, advice)
        return Quiet(after, advice)

    def title(self, kept: Mapping[str, Any]) -> str:
        """What the source calls itself, "" to be called what it was added as."""
        return str(kept.get("title") or "")

    def note(self, kept: Mapping[str, Any]) -> str:
        """A sentence for who adds it, "" for none."""
        return str(kept.get("note") or "")

    def _since(self, cursor: Mapping[str, Any], today: date) -> date:
        try:
            through = min(date.fromisoformat(cursor["through"]), today)
        except (KeyError, TypeError, ValueError):
            return today - self.first
        return max(through - self.again, today - _MOST_DAYS)


def digest(entry: Entry) -> str:
    """How to know again what is said of a paper: a new version or state of it is news."""
    said = (entry.names[0], entry.version, entry.kind, entry.retracted, bool(entry.abstract))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]
