"""Custom ids of our buttons: what a message on Discord tells us of itself, whenever it is read."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

_DETAILS = "paperround:post:"
_FROM = 2**30

DETAILS = re.compile(rf"{_DETAILS}(?P<delivery_id>[0-9A-Za-z-]{{1,64}})")
"""The custom id of a post's Details button, which carries the post's delivery id."""

VOTES: Mapping[str, str] = MappingProxyType({"up": "👍", "down": "👎", "save": "🔖"})
"""What each vote button stands for, by the word that its custom id carries."""

VOTE = re.compile(rf"paperround:vote:(?P<what>{'|'.join(VOTES)})")
"""The custom id of a vote button."""


SHOW = re.compile(r"paperround:show:(?P<text>[a-z]{1,40})")
"""The custom id of the button that shows an answer's picture to everybody: its command."""


def show_id(text: str) -> str:
    """The custom id for the button below the picture of a command's answer."""
    return f"paperround:show:{text}"


def vote_id(what: str) -> str:
    """The custom id of a vote button, one of `VOTES`."""
    return f"paperround:vote:{what}"


def details_id(delivery_id: str) -> str:
    """The custom id for a post's Details button; at most 80 characters."""
    return f"{_DETAILS}{delivery_id}"


def find_delivery_id(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The delivery id that a message's components carry at any depth, or None."""
    for component in components:
        if found := DETAILS.fullmatch(str(component.get("custom_id", ""))):
            return found["delivery_id"]
        inner = find_delivery_id(component.get("components", ()))
        if inner is not None:
            return inner
    return None


def number(delivery_id: str) -> int:
    """The mark of a message without buttons, as the `id` of its text: 2^30 to 2^31 - 1.

    Discord itself numbers components from 1 on.
    """
    digest = hashlib.sha256(delivery_id.encode()).digest()
    return _FROM + int.from_bytes(digest[:4]) % _FROM


def carries(components: Sequence[Mapping[str, Any]], delivery_id: str) -> bool:
    """Whether a message's components have a delivery's mark, of either kind."""
    return find_delivery_id(components) == delivery_id or number(delivery_id) in _ids(components)


def has_votes(components: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message's components hold a vote button at any depth."""
    return any(
        VOTE.fullmatch(str(component.get("custom_id", ""))) is not None
        or has_votes(component.get("components", ()))
        for component in components
    )


def _ids(components: Iterable[Mapping[str, Any]]) -> Iterator[object]:
    for component in components:
        yield component.get("id")
        yield from _ids(component.get("components", ()))
