"""What the C library keeps of freed memory: little, where it is asked."""

import ctypes
import sys

_ARENA_MAX = -8
_ARENAS = 2


def share_arenas() -> None:
    """Let all threads share two arenas of memory; call it before they begin.

    Of what one thread freed in an arena of its own, others cannot have any: with connections and
    workflows in a dozen threads, two thirds of an install's memory was such. Python's own lock lets
    one thread allocate at a time anyway. Does nothing where the C library is not glibc.
    """
    _ask("mallopt", _ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return to the system what was freed: tens of MB after much was read or learned.

    Takes some milliseconds. Does nothing where the C library is not glibc.
    """
    _ask("malloc_trim", 0)


def _ask(name: str, *given: int) -> None:
    asked = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    if asked is not None:
        asked(*given)
