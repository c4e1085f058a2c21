"""What a message of the log holds: cards, lines and answers as JSON, and back."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.chat import Reply

_CARD = TypeAdapter(Card)
_LINES = TypeAdapter(tuple[Line, ...])
_REPLY = TypeAdapter(Reply)


def dump_card(card: Card) -> dict[str, Any]:
    """The body of a "card" message."""
    return {"card": _CARD.dump_python(card, mode="json")}


def load_card(body: dict[str, Any]) -> Card:
    """The card in the body of a "card" message."""
    return _CARD.validate_python(body["card"])


def dump_lines(lines: Sequence[Line]) -> dict[str, Any]:
    """The body of an "announcement" or "thread" message."""
    return {"lines": _LINES.dump_python(tuple(lines), mode="json")}


def load_lines(body: dict[str, Any]) -> tuple[Line, ...]:
    """The lines in the body of an "announcement" or "thread" message."""
    return _LINES.validate_python(body["lines"])


def dump_reply(reply: Reply) -> dict[str, Any]:
    """The body of a "reply" message: its private part, without the announcement."""
    return {"reply": _REPLY.dump_python(reply, mode="json", exclude={"announcement"})}


def load_reply(body: dict[str, Any]) -> Reply:
    """The answer in the body of a "reply" message."""
    return _REPLY.validate_python(body["reply"])
