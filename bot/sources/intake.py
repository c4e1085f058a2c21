"""Gathering the entries of one answer: each is taken, refused with a reason, or the same."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bot.errors import EntryError
from bot.sources.identity import title_name
from bot.sources.source import Entry, Fresh, Refused, entry_of

Facts = Mapping[str, Any]
_Item = TypeVar("_Item")


class Intake:
    """Collects items one by one; `fresh` is what they came to.

    Items that share an identity are one paper: the highest version of it is kept, else the first.
    A URL that stands under several titles is a home page and identifies none of them.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._refused: list[Refused] = []

    def add(self, where: str, item: _Item, read: Callable[[_Item], Facts]) -> None:
        """Take an item standing at `where`, or note why it is refused.

        `read` gives what the item says in the words of `Entry`, or raises EntryError.
        """
        try:
            self._entries.append(entry_of(read(item)))
        except EntryError as error:
            self.refuse(where, str(error))

    def refuse(self, where: str, why: str) -> None:
        """Note an item that is no entry at all."""
        self._refused.append(Refused(where, why))

    def fresh(self, cursor: Mapping[str, Any] | None = None) -> Fresh:
        """All of it, as a poll or an import ends."""
        distinct = _without_home_pages(self._entries)
        kept = _collapsed(distinct)
        same = len(distinct) - len(kept)
        return Fresh(tuple(kept), dict(cursor or {}), tuple(self._refused), same)


def _without_home_pages(entries: Sequence[Entry]) -> list[Entry]:
    titles: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for name in entry.names:
            titles[name].add(entry.title)
    shared = {name for name, under in titles.items() if name.startswith("url:") and len(under) > 1}
    return [_renamed(entry, shared) if shared & set(entry.names) else entry for entry in entries]


def _renamed(entry: Entry, shared: set[str]) -> Entry:
    names = tuple(name for name in entry.names if name not in shared)
    if not names:
        names = (title_name(entry.title) or entry.names[0],)
    return entry.model_copy(update={"names": names})


def _collapsed(entries: Sequence[Entry]) -> list[Entry]:
    kept: list[Entry] = []
    place: dict[str, int] = {}
    for entry in entries:
        at = next((place[name] for name in entry.names if name in place), len(kept))
        if at == len(kept):
            kept.append(entry)
        else:
            kept[at] = _joined(kept[at], entry)
        for name in kept[at].names:
            place.setdefault(name, at)
    return kept


def _joined(first: Entry, other: Entry) -> Entry:
    newest = other if (other.version or 0) > (first.version or 0) else first
    names = tuple(dict.fromkeys((*first.names, *other.names)))
    return newest.model_copy(update={"names": names})
