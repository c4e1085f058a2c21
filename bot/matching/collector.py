"""Python's garbage collector, and when it has nothing to find."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector still while many things are built that all stay.

    It would walk all of them again and again: a fifth of the time of a start. Once it is let go, it
    finds whatever cycles came up meanwhile.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
