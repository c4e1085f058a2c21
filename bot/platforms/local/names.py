"""Names in the local chat: of the person before the page, kept in a cookie, and of channels."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bot.ports import Person

if TYPE_CHECKING:
    # The command line asks what a channel may be called, and needs no web server for that.
    from starlette.requests import Request

NAME_COOKIE = "paperround_name"
LONGEST_NAME = 40
UNNAMED = "you"
"""The identity of whoever never said a name."""

READER = "Reader"
"""How they are called where others read it, as in "Reader watches …"."""

OURS = "Paperround"
"""Who posts the cards. Nobody else may be called so, in any letters that look like it."""

_CHANNEL = re.compile(r"[^\W_][\w-]{0,39}")


def is_channel_name(name: str) -> bool:
    """Whether a local channel may be called so: 1-40 letters, digits, _ and -."""
    return _CHANNEL.fullmatch(name) is not None


def person_of(request: Request) -> Person:
    """The person who sent this request: "Reader" until they say otherwise.

    The name is the identity. It keeps apart people who share a machine; it proves nothing.
    """
    try:
        return person_named(unquote(request.cookies.get(NAME_COOKIE, UNNAMED)))
    except ValueError:
        return person_named(UNNAMED)


def person_named(typed: str) -> Person:
    """The person who is called so; both "Reader" and "you" are whoever never said a name.

    Raises ValueError for what nobody can be called, with a reason to show.
    """
    name = parse_name(typed)
    return Person(UNNAMED, READER) if name in (UNNAMED, READER) else Person(name, name)


def parse_name(typed: str) -> str:
    """A display name of 1-40 printable characters; raises ValueError with a reason to show."""
    name = " ".join(typed.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"A name has 1 to {LONGEST_NAME} characters.")
    if _letters(OURS) in _letters(name):
        raise ValueError(f"{OURS} is the name of the bot. Choose another.")
    return name


def _letters(name: str) -> str:
    """What a reader takes the name for: letters alone, without accents, look-alikes as Latin."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LOOK_ALIKES)
    return "".join(each for each in plain if each.isalnum())


_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("аɑα", "a"),
        **dict.fromkeys("ԁɗ", "d"),
        **dict.fromkeys("еєεҽ", "e"),
        **dict.fromkeys("пոոη", "n"),
        **dict.fromkeys("оοօ0", "o"),
        **dict.fromkeys("рρ", "p"),
        **dict.fromkeys("гɾ", "r"),
        **dict.fromkeys("υսʋ", "u"),
    }
)
"""Letters of other alphabets that are read as those of our name."""
