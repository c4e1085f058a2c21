"""What a submitted form asks for, as the commands that people could have typed instead."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat import Overview
from bot.commands.grammar import parse
from bot.commands.verbs import WATCH
from bot.errors import CommandError
from bot.matching import expression

MOST_SOURCES = 100
"""Sources that one menu of Slack's can hold; others are managed by typing."""

PAUSED, QUIET = "paused", "quiet"
"""The values of the two switches."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A command that a form means, and the block where it was asked for."""

    block: str
    text: str


def mark_of(text: str) -> str:
    """A short name for a watch or a source, which may be too long for Slack's fields."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find_marked(texts: Sequence[str], mark: str) -> str | None:
    """The text with this mark, or None."""
    return next((text for text in texts if mark_of(text) == mark), None)


def wishes(overview: Overview, state: Mapping[str, Any]) -> list[Wish]:
    """The commands that turn the channel as it is into the channel as submitted."""
    form = _Form(state)
    return [
        *_new(form, "watch", "watch"),
        *_new(form, "source", "sources add"),
        *_changed(form, "schedule", overview.schedule),
        *_changed(form, "limit", str(overview.limit)),
        *_changed(form, "threshold", str(overview.threshold)),
        *_picked(form, "style", overview.style),
        *_switched(overview, form),
        *_chosen(overview, form),
    ]


def mistakes(asked: Sequence[Wish]) -> dict[str, str]:
    """What cannot be understood, by block, before anything is changed."""
    found: dict[str, str] = {}
    for wish in asked:
        try:
            request = parse(wish.text)
            if request.verb is WATCH:
                expression.parse(str(request.value))
        except CommandError as error:
            found.setdefault(wish.block, str(error))
    return found


class _Form:
    """A view's state by block id; every field may be absent."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        values = state.get("values") or {}
        self._fields: dict[str, dict[str, Any]] = {
            block: next(iter(fields.values()), {}) for block, fields in values.items()
        }

    def has(self, block: str) -> bool:
        return block in self._fields

    def text(self, block: str) -> str:
        return " ".join((self._fields.get(block, {}).get("value") or "").split())

    def picked(self, block: str) -> str:
        return str((self._fields.get(block, {}).get("selected_option") or {}).get("value") or "")

    def chosen(self, block: str) -> set[str]:
        options = self._fields.get(block, {}).get("selected_options") or []
        return {option["value"] for option in options}


def _new(form: _Form, block: str, verb: str) -> Iterator[Wish]:
    if text := form.text(block):
        yield Wish(block, f"{verb} {text}")


def _changed(form: _Form, block: str, before: str) -> Iterator[Wish]:
    text = form.text(block)
    if text and text != before:
        yield Wish(block, f"{block} {text}")


def _picked(form: _Form, block: str, before: str) -> Iterator[Wish]:
    chosen = form.picked(block)
    if chosen and chosen != before:
        yield Wish(block, f"{block} {chosen}")


def _switched(overview: Overview, form: _Form) -> Iterator[Wish]:
    if not form.has("switches"):
        return
    chosen = form.chosen("switches")
    if (QUIET in chosen) != overview.quiet:
        yield Wish("switches", f"quiet {'on' if QUIET in chosen else 'off'}")
    if (PAUSED in chosen) != overview.paused:
        yield Wish("switches", "pause" if PAUSED in chosen else "resume")


def _chosen(overview: Overview, form: _Form) -> Iterator[Wish]:
    if not form.has("sources"):
        return
    chosen = form.chosen("sources")
    for source in overview.sources[:MOST_SOURCES]:
        wanted = mark_of(source.spec) in chosen
        if wanted != source.on:
            yield Wish("sources", f"sources {'add' if wanted else 'remove'} {source.spec}")
