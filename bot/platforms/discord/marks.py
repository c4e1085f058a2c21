"""Custom ids of our buttons: what a message on Discord tells us of itself, whenever it is read."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

_DETAILS = "paperround:post:"

DETAILS = re.compile(rf"{_DETAILS}(?P<delivery_id>[0-9A-Za-z-]{{1,64}})")
"""The custom id of a post's Details button, which carries the post's delivery id."""

VOTES: Mapping[str, str] = MappingProxyType({"up": "👍", "down": "👎", "save": "🔖"})
"""What each vote button stands for, by the word that its custom id carries."""

VOTE = re.compile(rf"paperround:vote:(?P<what>{'|'.join(VOTES)})")
"""The custom id of a vote button."""


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


def has_votes(components: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message's components hold a vote button at any depth."""
    return any(
        VOTE.fullmatch(str(component.get("custom_id", ""))) is not None
        or has_votes(component.get("components", ()))
        for component in components
    )
