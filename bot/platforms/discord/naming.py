"""How the verbs are called on Discord: their options, and the groups that some stand in."""

from collections.abc import Mapping
from types import MappingProxyType

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "watch": "expression",
        "unwatch": "watch",
        "preview": "expression",
        "schedule": "when",
        "pause": "until",
        "limit": "papers",
        "threshold": "score",
        "quiet": "silence",
        "style": "look",
        "why": "paper",
        "search": "expression",
        "top": "period",
        "saved export": "format",
        "submit": "link",
        "delete": "paper",
        "sources add": "source",
        "sources remove": "source",
        "help": "command",
    }
)
"""What a verb's value is called in Discord's form; a verb that is not here calls it "value"."""

_MOVED: Mapping[str, str] = MappingProxyType({"export": "admin export", "import": "admin import"})
"""Rare verbs that stand in a group here, for Discord takes 25 commands and groups at one level."""

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "admin": "Watches and settings in and out, and who hears of trouble.",
        "saved": "The papers that you marked with 🔖.",
        "sources": "Where this channel's papers come from.",
    }
)
"""What each group says of itself."""


def here(words: str) -> str:
    """How a command is typed on Discord: the rare ones stand in a group, for want of room."""
    first, space, rest = words.partition(" ")
    return f"{_MOVED.get(first, first)}{space}{rest}"
