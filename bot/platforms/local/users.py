"""Who sits before the page: a name in a cookie, so that several people can be tried."""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from bot.ports import Person

NAME_COOKIE = "paperround_name"
LONGEST_NAME = 40
UNNAMED = "you"
"""The identity of whoever never said a name."""

READER = "Reader"
"""How they are called where others read it, as in "Reader watches …"."""

_YEAR = 365 * 24 * 3600


def person_of(request: Request) -> Person:
    """The person who sent this request: "Reader" until they say otherwise.

    The name is the identity. It keeps apart people who share a machine; it proves nothing.
    """
    try:
        name = parse_name(unquote(request.cookies.get(NAME_COOKIE, UNNAMED)))
    except ValueError:
        name = UNNAMED
    return Person(UNNAMED, READER) if name in (UNNAMED, READER) else Person(name, name)


def parse_name(typed: str) -> str:
    """A display name of 1-40 printable characters; raises ValueError with a reason to show."""
    name = " ".join(typed.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"A name has 1 to {LONGEST_NAME} characters.")
    return name


def remember_name(response: Response, name: str) -> None:
    """Keep the name in the browser for a year."""
    response.set_cookie(NAME_COOKIE, quote(name), max_age=_YEAR, httponly=True, samesite="strict")
