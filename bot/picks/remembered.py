"""Readings that were made once and are asked for again."""

from collections.abc import Callable, Hashable

from bot.picks.reading import Reading


class Remembered:
    """The readings last made, at most `most` of them, in two ages.

    `forget` lets go of what was not asked for since it was last called, so that whoever calls it
    now and then holds about what is in use, and not `most` of what once was.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._used: dict[Hashable, Reading] = {}
        self._older: dict[Hashable, Reading] = {}

    def __len__(self) -> int:
        """How many are held."""
        return len(self._used) + len(self._older)

    def of(self, key: Hashable, make: Callable[[], Reading]) -> Reading:
        """The reading of `key`, made if it is not held; one that is too many pushes out another."""
        found = self._used.get(key)
        if found is not None:
            return found
        older = self._older.pop(key, None)
        made = self._used[key] = make() if older is None else older
        if len(self) > self._most:
            held = self._older or self._used
            # Another thread may have pushed out the same one.
            held.pop(next(iter(held)), None)
        return made

    def forget(self) -> None:
        """Let go of what was not asked for since the last call."""
        self._older, self._used = self._used, {}
