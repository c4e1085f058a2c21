"""Workspaces that do not answer: they hold up none but themselves."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import SilentError

STALLED_SECONDS = 61.0
"""How long posts of a silent workspace are put off at least: longer than a workflow sleeps, so that
it ends and gives its place on the queue to other workspaces."""


class Stalls:
    """Which workspaces left a call without an answer, as far as this process knows.

    Into such a one goes a single call at a time, which finds out whether it answers again. So a
    workspace that hangs takes the places of the queue from others for the time of one call, once,
    and then a single place.
    """

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._under_way: Counter[str] = Counter()

    def lets_in(self, workspace: str) -> bool:
        """Whether a call may be made into a workspace now."""
        return workspace not in self._silent or not self._under_way[workspace]

    @contextmanager
    def calling(self, workspace: str) -> Iterator[None]:
        """A call: one that raises SilentError makes the workspace silent, every other end heals."""
        self._under_way[workspace] += 1
        try:
            yield
        except SilentError:
            self._silent.add(workspace)
            raise
        except Exception:
            self._silent.discard(workspace)
            raise
        else:
            self._silent.discard(workspace)
        finally:
            self._under_way[workspace] -= 1
