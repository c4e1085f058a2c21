"""What a source is, what it gives, and how a poll of it can end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from storage.models import PaperFacts


class Entry(PaperFacts):
    """One item as a source gave it, validated: the only way into storage.

    `names` are its identities from `bot.sources.identity`, strongest first and never empty.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that could not be taken: where it stood, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """The source gave entries; `cursor` is to be kept once they are stored, never before."""

    entries: Sequence[Entry]
    cursor: Mapping[str, Any]
    refused: Sequence[Refused] = ()


@dataclass(frozen=True, slots=True)
class Quiet:
    """The source answered and has nothing new."""

    cursor: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """The source did not answer, or with something unreadable; its cursor stays where it was."""

    reason: str


Poll = Fresh | Quiet | Broken


class Source(Protocol):
    """Somewhere entries come from; `poll` never raises for what the outside did wrong."""

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Fetch what is new since `cursor` (as the last stored poll returned it; {} at first)."""
        ...
