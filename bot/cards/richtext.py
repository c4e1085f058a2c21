"""Styled text that every platform can render, so that nothing is escaped twice or not at all."""

from dataclasses import dataclass
from typing import Literal

Style = Literal["plain", "bold", "italic", "code", "command"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; `url` makes it a link. The text is raw: platforms escape it."""

    text: str
    style: Style = "plain"
    url: str | None = None


Line = tuple[Span, ...]


def bold(text: str) -> Span:
    """Bold text."""
    return Span(text, "bold")


def italic(text: str) -> Span:
    """Italic text, such as a matched phrase."""
    return Span(text, "italic")


def code(text: str) -> Span:
    """Text in a fixed-width font, to be typed or copied unchanged."""
    return Span(text, "code")


def slash(text: str) -> Span:
    """A command without its `/papers`; platforms spell it as people there type it."""
    return Span(text, "command")


def link(text: str, url: str) -> Span:
    """A link; platforms refuse schemes other than http and https."""
    return Span(text, url=url)


def line(*parts: str | Span) -> Line:
    """One line of a message from strings and spans."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def plain(text: Line) -> str:
    """The line without its styling, for terminals, logs and tests."""
    return "".join(span.text for span in text)
