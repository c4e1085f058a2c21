"""Discord's official description of its HTTP API, as a judge of what the program sends.

Unknown fields are refused, which the description itself leaves open; what discord.py sends beside
it is named one by one in `HABITS`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.shared import SHARED

DESCRIPTION: Path | None = SHARED / "specs" / "discord" / "openapi.json" if SHARED else None

HABITS = frozenset(
    {
        # Commands that are for adults alone; the description has it in answers only.
        ("bulk_set_application_commands", ".nsfw"),
        ("bulk_set_guild_application_commands", ".nsfw"),
        # Messages read aloud: an edited one is none, nor is one that opens a thread.
        ("update_message", "tts"),
        ("create_thread", "message.tts"),
        ("update_original_webhook_message", "tts"),
        # The kind of a thread, which a forum decides.
        ("create_thread", "type"),
        # How the message of a forum's new thread is sent: as a part of its own.
        ("create_thread", "?use_nested_fields"),
        # Flags of an embed, which only Discord sets.
        ("create_message", "embeds..flags"),
        ("update_message", "embeds..flags"),
        ("create_thread", "message.embeds..flags"),
    }
)
"""What discord.py sends and the description does not name: operation and path of the field.

The items of a list have no name, so two dots stand around one. A query begins with `?`.
"""

NUMBERS = frozenset(
    {
        ("create_dm", "recipient_id"),
        ("create_message", "attachments..id"),
        ("execute_webhook", "attachments..id"),
    }
)
"""Ids that discord.py sends as numbers, where the description wants their digits as text."""


@dataclass(frozen=True)
class Operation:
    """One method of one path: what it may be called with."""

    name: str
    method: str
    template: str
    path: re.Pattern[str]
    queries: Mapping[str, Any]
    body: Any | None


class Description:
    """Finds the operation of a request and says what is wrong with it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._schemas = told["components"]["schemas"]
        _close(self._schemas)
        self._operations = list(_operations(told))
        self._judges: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self.used: set[str] = set()

    def wrong(self, method: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
        """Everything in a request that Discord does not describe; nothing where all is well."""
        found = self._find(method, path)
        if found is None:
            return [f"{method} {path} is not described"]
        self.used.add(found.name)
        said = [
            f"{found.name}: the query {name!r} is not described"
            for name in query
            if name not in found.queries and (found.name, f"?{name}") not in HABITS
        ]
        for name, value in query.items():
            if name in found.queries and not self._fits(found, name, value):
                said.append(f"{found.name}: the query {name}={value!r} does not fit")
        return said + self._wrong_body(found, body)

    def _find(self, method: str, path: str) -> Operation | None:
        fitting = [
            each for each in self._operations if each.method == method and each.path.fullmatch(path)
        ]
        # One that names its parts comes before one that takes anything there.
        return min(fitting, key=lambda each: each.template.count("{"), default=None)

    def _fits(self, found: Operation, name: str, value: str) -> bool:
        judge = self._judge(f"{found.name}?{name}", found.queries[name])
        texts: list[Any] = [value, value.lower() == "true"]
        if re.fullmatch(r"-?\d+", value):
            texts.append(int(value))
        return any(judge.is_valid(each) for each in texts)

    def _wrong_body(self, found: Operation, body: Any) -> list[str]:
        if found.body is None:
            return [f"{found.name} takes no body, got {body}"] if body else []
        sent = _without_habits(found.name, body if body is not None else {})
        kinds = found.body.get("anyOf", [found.body])
        tried = [
            [
                f"{found.name}: {error.message[:300]} at {error.instance_path}"
                for error in self._judge(f"{found.name}#{number}", kind).iter_errors(sent)
            ]
            for number, kind in enumerate(kinds)
        ]
        # Of several kinds of a body, what is said against the one that fits best.
        return min(tried, key=len)

    def _judge(self, name: str, schema: Any) -> jsonschema_rs.Draft202012Validator:
        if name not in self._judges:
            whole = {**schema, "components": {"schemas": self._schemas}}
            self._judges[name] = jsonschema_rs.Draft202012Validator(whole)
        return self._judges[name]


@cache
def description() -> Description | None:
    """The official description, or None where it is not beside the checkout."""
    if DESCRIPTION is None or not DESCRIPTION.is_file():
        return None
    return Description(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def _operations(told: dict[str, Any]) -> Iterator[Operation]:
    for template, methods in told["paths"].items():
        shared = methods.get("parameters", [])
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        for method, each in methods.items():
            if method == "parameters":
                continue
            given = [*shared, *each.get("parameters", [])]
            queries = {one["name"]: one["schema"] for one in given if one["in"] == "query"}
            kinds = each.get("requestBody", {}).get("content", {})
            body = kinds.get("application/json", {}).get("schema")
            name = each["operationId"]
            yield Operation(name, method.upper(), template, re.compile(pattern), queries, body)


def _close(schema: Any) -> None:
    """Refuse what a description of an object does not name."""
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)


def _without_habits(operation: str, sent: Any, path: tuple[str, ...] = ()) -> Any:
    """The body as it is without what the library is known to send otherwise, at any depth."""
    if isinstance(sent, dict):
        return {
            name: _without_habits(operation, value, (*path, name))
            for name, value in sent.items()
            if (operation, ".".join((*path, name))) not in HABITS
        }
    if isinstance(sent, list):
        return [_without_habits(operation, each, (*path, "")) for each in sent]
    if isinstance(sent, int) and (operation, ".".join(path)) in NUMBERS:
        return str(sent)
    return sent
