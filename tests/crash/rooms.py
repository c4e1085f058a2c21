"""Where the posts go, beyond the reach of a kill: each platform's world and its people."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from tests.crash.facts import Facts
from tests.crash.story import ROOMS


class Rooms(Protocol):
    """The two channels of the story on a platform."""

    addresses: tuple[str, ...]
    settings: Mapping[str, Any]

    async def vote(self) -> None:
        """What people do to the first room's posts, each once, whoever listens."""
        ...

    def forget(self) -> None:
        """What the platform forgets of requests in the minutes before a restart."""
        ...

    def facts(self) -> Facts:
        """What stands in the rooms."""
        ...


class LocalRooms:
    """The local chat: its log is in the program's own database, and dies with nobody."""

    def __init__(self) -> None:
        self.addresses = tuple(f"local:{room.name}" for room in ROOMS)
        self.settings: Mapping[str, Any] = {}

    async def vote(self) -> None:
        """The local chat's people press their buttons in the program itself."""

    def forget(self) -> None:
        """It has no requests."""

    def facts(self) -> Facts:
        """What it shows is among what is stored."""
        return Counter()


@asynccontextmanager
async def local_rooms() -> AsyncIterator[Rooms]:
    """Rooms for one trial."""
    yield LocalRooms()


PLATFORMS = {"local chat": local_rooms}
