"""What must not be written down is taken out of every log line, whoever wrote it."""

import json
import re
from collections.abc import Collection

HIDDEN = "[hidden]"

_SHORTEST = 6
_PATTERNS = (
    # Slack's tokens, and Discord's, wherever they come from.
    re.compile(r"\b(?:xox[a-z]|xapp|xwfp)-[\w-]+"),
    re.compile(r"\b[\w-]{23,}\.[\w-]{6}\.[\w-]{27,}"),
    re.compile(r"(?<=\bbearer )[\w.~+/=-]{8,}", re.IGNORECASE),
    # The path of a webhook or of an answer's address is its password.
    re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+"),
    re.compile(r"(?<=/webhooks/)[\w/-]+"),
    # A URL's user and query, where feeds and databases keep their keys.
    re.compile(r"(?<=://)[^\s/\"'@]*@(?=\S)"),
    re.compile(r"(?<=://)(?P<place>[^\s?\"'\\]+\?)[^\s\"'\\<>)\]]+"),
)


class Scrubber:
    """Hides given secrets, and whatever has the shape of one."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        worth = sorted((one for one in secrets if len(one) >= _SHORTEST), key=len, reverse=True)
        forms = dict.fromkeys(form for one in worth for form in (one, json.dumps(one)[1:-1]))
        self._known = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern in _PATTERNS:
            text = pattern.sub(_hide, text)
        return text


def _hide(found: re.Match[str]) -> str:
    if "place" in found.re.groupindex:
        return found["place"] + HIDDEN
    return HIDDEN + ("@" if found[0].endswith("@") else "")
