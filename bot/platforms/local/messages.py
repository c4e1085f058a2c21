"""Cards, lines and answers as the JSON that the local chat's log stores, and back."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from bot.cards.card import Card
from bot.cards.richtext import Line
from bot.ports import Picture, Reply

_CARD = TypeAdapter(Card)
_LINES = TypeAdapter(tuple[Line, ...])
_REPLY = TypeAdapter(Reply)

LARGEST_PICTURE = 512 * 1024
"""Bytes of a picture that the log takes in; an answer says everything without it."""


def dump_card(card: Card) -> dict[str, Any]:
    """The body of a "card" message."""
    return {"card": _CARD.dump_python(card, mode="json")}


def load_card(body: dict[str, Any]) -> Card:
    """The card in the body of a "card" message."""
    return _CARD.validate_python(body["card"])


def dump_lines(lines: Sequence[Line], picture: Picture | None = None) -> dict[str, Any]:
    """The body of an "announcement" or "thread" message."""
    return {"lines": _LINES.dump_python(tuple(lines), mode="json"), **_dump_picture(picture)}


def load_lines(body: dict[str, Any]) -> tuple[Line, ...]:
    """The lines in the body of an "announcement" or "thread" message."""
    return _LINES.validate_python(body["lines"])


def dump_reply(reply: Reply) -> dict[str, Any]:
    """The body of a "reply" message: its private part, without the announcement."""
    private = _REPLY.dump_python(reply, mode="json", exclude={"announcement", "picture"})
    return {"reply": private, **_dump_picture(reply.picture)}


def load_reply(body: dict[str, Any]) -> Reply:
    """The answer in the body of a "reply" message."""
    return replace(_REPLY.validate_python(body["reply"]), picture=load_picture(body))


def load_picture(body: dict[str, Any]) -> Picture | None:
    """The picture in the body of a message, or None."""
    kept = body.get("picture")
    if kept is None:
        return None
    return Picture(kept["name"], b64decode(kept["png"]), kept["alt"])


def _dump_picture(picture: Picture | None) -> dict[str, Any]:
    if picture is None or len(picture.png) > LARGEST_PICTURE:
        return {}
    png = b64encode(picture.png).decode("ascii")
    return {"picture": {"name": picture.name, "alt": picture.alt, "png": png}}
