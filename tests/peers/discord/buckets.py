"""Rate limits as Discord has them: told in headers beforehand, refused where overstepped."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Bucket:
    """At most `limit` requests in `seconds` for each matching path; `refused` counts the rest."""

    path: str
    limit: int
    seconds: float
    refused: int = 0
    _open: dict[str, tuple[float, int]] = field(default_factory=dict)

    def take(self, path: str) -> Mapping[str, str] | None:
        """Count a request; returns the headers of its answer, None where it is not in here."""
        if re.fullmatch(self.path, path) is None:
            return None
        now = time.monotonic()
        since, used = self._open.get(path, (now, 0))
        if now - since >= self.seconds:
            since, used = now, 0
        self._open[path] = (since, used + 1)
        self.refused += used >= self.limit
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - used - 1)),
            "X-RateLimit-Reset-After": f"{since + self.seconds - now:.3f}",
            "X-RateLimit-Bucket": "posts",
        } | ({"Retry-After": f"{since + self.seconds - now:.3f}"} if used >= self.limit else {})
