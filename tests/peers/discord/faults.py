"""What can go wrong between us and Discord, on purpose and a counted number of times."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Moment = Literal["before", "after"]
"""Whether the request fails before it did anything, or after it did all of it."""


@dataclass
class Fault:
    """One kind of failure for the next `times` requests whose method and path match.

    `status` None cuts the connection without an answer.
    """

    method: str
    path: str
    status: int | None
    body: dict[str, Any] | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    moment: Moment = "before"
    times: int = 1

    def strikes(self, method: str, path: str, moment: Moment) -> bool:
        """Whether this request is struck; each strike uses one up."""
        hit = (
            self.times > 0
            and self.moment == moment
            and self.method == method
            and re.fullmatch(self.path, path) is not None
        )
        self.times -= hit
        return hit


MESSAGES = r"/channels/\d+/messages"


def rate_limited(path: str = MESSAGES, *, after: float = 0.05, method: str = "POST") -> Fault:
    """Discord's own 429: it passed through its proxy (Via) and says how long to wait."""
    body = {"message": "You are being rate limited.", "retry_after": after, "global": False}
    return Fault(method, path, 429, body, {"Via": "1.1 google"})


def shielded(path: str = MESSAGES, *, after: float = 30) -> Fault:
    """The shield's 429 in front of Discord: no Via, no JSON."""
    return Fault("POST", path, 429, "error code: 1015", {"Retry-After": str(after)})


def failing(
    status: int, path: str = MESSAGES, *, moment: Moment = "before", times: int = 1
) -> Fault:
    """Discord's own failure."""
    return Fault("POST", path, status, {"message": "x", "code": 0}, moment=moment, times=times)


def cut(path: str = MESSAGES, *, moment: Moment = "after", method: str = "POST") -> Fault:
    """The connection ends without an answer."""
    return Fault(method, path, None, moment=moment)
