"""From rows to HTML: everything escaped by Jinja, and no link but http and https."""

from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.chat import Person
from bot.commands.grammar import parse
from bot.errors import CommandError
from bot.platforms.local.emoji import OFFERED, PICKER, shown_emoji
from bot.platforms.local.frame import Frame
from bot.platforms.local.people import READER, UNNAMED
from bot.platforms.local.turns import Tally, Turn

LONGEST_COMMAND = 10_000
"""Characters of a command: room for a pasted export."""

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class Pages:
    """Renders whole pages, and the fragments that live updates swap in."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "web": web_link,
            "emoji": shown_emoji,
            "day": day_label,
            "clock": clock_label,
            "names": names,
            "command": is_command,
        }
        self._jinja.globals |= {"OFFERED": OFFERED, "PICKER": PICKER, "LONGEST": LONGEST_COMMAND}

    def render(self, template: str, **context: object) -> str:
        """A whole page."""
        return self._jinja.get_template(template).render(**context)

    def turn(self, turn: Turn, person: Person) -> str:
        """One message as `person` sees it."""
        return self.render("turn.html", turn=turn, person=person)

    def side(self, frame: Frame) -> str:
        """The list of channels."""
        return self.render("side.html", frame=frame)

    def head(self, frame: Frame) -> str:
        """The chosen channel's name, watches and settings."""
        return self.render("head.html", frame=frame)


def web_link(url: str | None) -> str | None:
    """The address if a browser may be sent there, else None: http and https alone."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else None


def day_label(day: date) -> str:
    """A day as a separator shows it: "Monday 23 November 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def clock_label(moment: datetime) -> str:
    """The demo's time with its zone: "Mon 23 Nov, 09:00 UTC"."""
    return f"{moment:%a} {moment.day} {moment:%b, %H:%M %Z}"


def is_command(text: str) -> bool:
    """Whether a text is a command that can be typed as it stands."""
    try:
        return bool(text) and parse(text) is not None
    except CommandError:
        return False


def names(tally: Tally, me: Person) -> str:
    """Who reacted, for a tooltip: the reader first, as "you"."""
    others = [READER if each == UNNAMED else each for each in tally.people if each != me.id]
    own = ["you"] if me.id in tally.people else []
    return ", ".join([*own, *others])
