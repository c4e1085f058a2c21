"""What can go wrong between us and Slack, each as it does in life.

- `ratelimited`: HTTP 429 with Retry-After (Slack's rate limit documentation).
- `drop_before`, `drop_after`: the connection ends before, or after, the message was taken; in the
  second case slack_sdk's default retry handler would send it again.
- `stall`: an answer after `seconds`.
- `bad_gateway`, `text`: what a proxy in between says; not JSON.
- any other word: `{"ok": false, "error": <word>}`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """The next call of `method` ends in `kind`."""

    method: str
    kind: str
    seconds: float = 1.0


class Faults:
    """A script of faults, used up in order, one a call of its method."""

    def __init__(self) -> None:
        self._script: list[Fault] = []

    def add(self, method: str, *kinds: str, seconds: float = 1.0) -> None:
        self._script += [Fault(method, kind, seconds) for kind in kinds]

    def take(self, method: str) -> Fault | None:
        for fault in self._script:
            if fault.method == method:
                self._script.remove(fault)
                return fault
        return None
