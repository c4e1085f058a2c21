"""What can go wrong between us and Slack, each as it does in life, with where that is written.

The pages are Slack's, below docs.slack.dev; modules are slack_sdk's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "fine": "no fault: the call before the next one goes well",
        "ratelimited": (
            "apis/web-api/rate-limits: HTTP 429 with Retry-After in seconds, for a method and "
            "workspace"
        ),
        "drop_before": (
            "http_retry.builtin_async_handlers.AsyncConnectionErrorRetryHandler: the connection is "
            "reset before the call was taken"
        ),
        "drop_after": (
            "the same handler, in slack_sdk's default: the call was taken and its answer lost, and "
            "the default sends it again"
        ),
        "slow": (
            "web.async_client.AsyncWebClient: `timeout` is 30 seconds, so an answer after three "
            "is an answer"
        ),
        "stall": (
            "reference/methods/chat.postMessage, request_timeout: the call's data was missing or "
            "cut off, so nothing was done"
        ),
        "bad_gateway": (
            "web.async_internal_utils: a proxy's page of HTML has no JSON, and becomes a "
            "SlackApiError without a word of Slack's"
        ),
        "unheard_of": (
            "apis/web-api: new words for errors come without notice, so a client must bear them"
        ),
        "text": (
            "web.async_internal_utils: a body of text/plain is kept as text, which "
            "AsyncSlackResponse takes for an object"
        ),
    }
)
"""What a fault does, and whose behaviour that is."""

WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(listed)
        for name, listed in json.loads((Path(__file__).parent / "errors.json").read_text()).items()
    }
)
"""Slack's own words, `{"ok": false, "error": <word>}`, by the method whose page lists them.

What all pages list stands at "every method".
"""

_KNOWN = {*KINDS, *frozenset().union(*WORDS.values())}


@dataclass(frozen=True, slots=True)
class Fault:
    """The next call of `method` ends in `kind`: one of KINDS, or of the WORDS of Slack."""

    method: str
    kind: str
    seconds: float = 1.0


class Faults:
    """A script of faults, used up in order, one a call of its method."""

    def __init__(self) -> None:
        self._script: list[Fault] = []

    def add(self, method: str, *kinds: str, seconds: float = 1.0) -> None:
        """Let the next calls of a method end so; raises LookupError for what nobody documents."""
        if unknown := set(kinds) - _KNOWN:
            raise LookupError(f"no source says that Slack does {sorted(unknown)}")
        self._script += [Fault(method, kind, seconds) for kind in kinds]

    def take(self, method: str) -> Fault | None:
        for fault in self._script:
            if fault.method == method:
                self._script.remove(fault)
                return None if fault.kind == "fine" else fault
        return None
