"""How long a test waits for what must happen, and does not wait for what need not."""

from types import ModuleType
from typing import Any

PATIENCE = 120.0
"""Seconds: far more than the slowest machine needs, so that only what never comes fails a test."""

MOMENT = 0.02


class Brief:
    """What `asyncio` or `time` is to a library, but that it sleeps for a moment at most."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def sleep(self, seconds: float) -> Any:
        return self._module.sleep(min(seconds, MOMENT))
