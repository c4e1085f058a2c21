"""Which emoji are offered, and what counts as one when a person types it."""

import re
import unicodedata

OFFERED = ("👍", "👎", "🔖")
"""Always shown under a post: the two votes, and saving for oneself."""

PICKER = ("❤️", "🔥", "🎉", "🚀", "👀", "🤔", "💡", "❓", "✅", "🙏", "😂", "😮")
"""What the picker shows; anything else can be typed."""

_LONGEST = 32
_NAMED = re.compile(r":([a-z0-9_+-]+):")
_AS_PICTURE = "\ufe0f"
_KINDS = {"Me", "Mn", "Nd", "Po", "Sc", "Sk", "Sm", "So"}


def parse_emoji(typed: str) -> str:
    """An emoji as one character sequence, or the name of a custom one without its colons.

    Raises ValueError, with a reason to show, for words, signs and anything over 32 characters.
    """
    text = typed.strip()
    if len(text) <= _LONGEST:
        if named := _NAMED.fullmatch(text.casefold()):
            return named[1]
        if any(map(_pictured, text)) and all(map(_drawn, text)):
            return text
    raise ValueError("A reaction is one emoji, such as 🎉, or a name, such as :party_parrot:.")


def shown_emoji(emoji: str) -> str:
    """The emoji as people see it: names between colons, characters as they are."""
    return f":{emoji}:" if emoji.isascii() else emoji


def _pictured(letter: str) -> bool:
    # A sign such as "!" or a digit is one only with the selector that asks for its picture.
    return letter == _AS_PICTURE or unicodedata.category(letter) == "So"


def _drawn(letter: str) -> bool:
    # Of the invisible format characters, emoji need the joiner and the tags that make flags;
    # the others could turn the text around them.
    joins = letter == "\u200d" or "\U000e0020" <= letter <= "\U000e007f"
    return joins or unicodedata.category(letter) in _KINDS
