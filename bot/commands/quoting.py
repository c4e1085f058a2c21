"""What a person typed, said back to them."""

from bot.cards.text import one_line, shorten

_LONGEST = 60


def quoted(typed: str) -> str:
    """The text in quotes, on one line and cut where it is long."""
    return f'"{shorten(one_line(typed), _LONGEST)}"'
