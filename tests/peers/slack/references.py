"""Judges calls by Slack's method references: each argument's name, kind and presence.

`arguments.json` holds the references' facts alone, and a test holds it against the references where
they are at hand. What a library adds of its own accord is named in HABITS, one by one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema_rs

Listed = Mapping[str, Mapping[str, str]]

ARGUMENTS: Listed = json.loads((Path(__file__).parent / "arguments.json").read_text())
"""By method and argument: its kinds, and "required" where it must be there."""

HABITS: Mapping[str, str] = MappingProxyType(
    {
        "team_id": "Bolt's client of a request names the request's workspace in every call "
        "(slack_sdk's BaseClient, default_params); Slack reads it where a page asks for it",
    }
)
"""Arguments that the libraries send of their own accord to any method, with where that is done."""

_STAMP = {"type": "string", "pattern": r"^[0-9]{1,12}([.][0-9]{1,6})?$"}
_KINDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "array": {"type": ["array", "string"]},
        "boolean": {"enum": [True, False, "true", "false", "1", "0"]},
        "channel": {"type": "string", "pattern": "^[CDGUW][A-Z0-9]+$"},
        "file": {"type": "string", "pattern": "^F[A-Z0-9]+$"},
        "integer": {"type": ["integer", "string"], "pattern": "^[0-9]+$"},
        "json": {"type": ["array", "object", "string"]},
        "number": {"type": ["integer", "string"], "pattern": "^[0-9]+$"},
        "string": {"type": "string"},
        "timestamp": _STAMP,
        "user": {"type": "string", "pattern": "^[UW][A-Z0-9]+$"},
    }
)


class References:
    """A judge of calls; builds each method's schema once."""

    def __init__(self) -> None:
        self._judges: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def wrong(self, method: str, params: Mapping[str, Any]) -> list[str]:
        """What is wrong with a call, none where it is as its page says."""
        if method not in ARGUMENTS:
            return [f"{method} has no page"]
        ours = {
            name: value
            for name, value in params.items()
            if name in ARGUMENTS[method] or name not in HABITS
        }
        judge = self._judges.setdefault(
            method, jsonschema_rs.Draft202012Validator(schema_of(method))
        )
        return [f"{method}: {error.message}" for error in judge.iter_errors(ours)]


def schema_of(method: str) -> dict[str, Any]:
    """The JSON Schema of a method's arguments; no other ones are allowed."""
    listed = ARGUMENTS[method]
    kinds = {name: kind.removesuffix("required").split() for name, kind in listed.items()}
    return {
        "type": "object",
        "properties": {
            name: {"anyOf": [_KINDS[each] for each in each_of]} for name, each_of in kinds.items()
        },
        "required": [name for name, kind in listed.items() if kind.endswith("required")],
        "additionalProperties": False,
    }
