"""A channel's votes as a picture: a dark panel of its own, so that any page behind it will do."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import resvg_py
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.cards.stats import Bar, Stats, channel_name, shown_word, signed

WIDTH, HEIGHT = 900, 500
"""The picture's size in pixels."""

PANEL, INK, SOFT, RULE = "#21343a", "#f4f1e9", "#b3c1c1", "#3b5157"
UP, DOWN, EARLIER = "#7fd0c7", "#f2b880", "#93a9ab"

_HERE = Path(__file__).parent
_FONTS = [str(_HERE / "fonts" / f"NotoSans-{weight}.ttf") for weight in ("Regular", "Bold")]
"""Latin, Greek, Cyrillic and signs of mathematics; OFL.txt beside them is their licence."""
_OURS = ((0x20, 0x24F), (0x2B0, 0x45F), (0x1E00, 0x206F), (0x20A0, 0x20BF), (0x2190, 0x22FF))
"""The ranges of code points that these fonts have."""

_LEFT, _RIGHT, _BAR, _TALL = 492, 858, 190, 116
_WORD, _WORD_SIZE = 162, 13.0
_NARROW, _WIDE = frozenset("fijlrtI.,'-()[]/ "), frozenset("mwMW@%—")


def draw(stats: Stats) -> bytes:
    """The words liked and disliked, votes over time, and the two shares, as a PNG.

    Equal stats give equal bytes on one machine. A script that the bundled fonts lack is drawn with
    the machine's, and as empty boxes where it has none either. Takes some hundredths of a second of
    processor, so call it in a thread. Without any vote there is nothing to see in it.
    """
    svg = _template().render(
        stats=stats,
        width=WIDTH,
        height=HEIGHT,
        panel=PANEL,
        ink=INK,
        soft=SOFT,
        rule=RULE,
        up=UP,
        down=DOWN,
        earlier=EARLIER,
        channel=channel_name(stats),
        summary=_summary(stats),
        words=list(_words(stats)),
        **(_over_time(stats.bars) if stats.bars else {}),
    )
    return resvg_py.svg_to_bytes(
        svg_string=svg, font_files=_FONTS, skip_system_fonts=all(map(_is_ours, svg))
    )


@cache
def _template() -> Template:
    """The picture with everything still to be filled in; what is filled in is escaped."""
    folder = FileSystemLoader(_HERE / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined).get_template(
        "votes.svg"
    )


def _is_ours(character: str) -> bool:
    return character == "\n" or any(low <= ord(character) <= high for low, high in _OURS)


def _words(stats: Stats) -> Iterator[dict[str, object]]:
    """Liked words from the top down, then disliked ones; a bar is as long as its weight."""
    rows = [*stats.likes, *stats.dislikes]
    pitch = min(28.0, 312 / max(len(rows) - 1, 1))
    for number, (word, weight) in enumerate(rows):
        shown = shown_word(word)
        yield {
            "shown": shown,
            "squeeze": _WORD if _width(shown) > _WORD else None,
            "middle": 146 + pitch * number + (8 if 0 < len(stats.likes) <= number else 0),
            "thick": min(pitch - 8, 16),
            "length": max(_BAR * abs(weight), 2.0),
            "fill": UP if weight > 0 else DOWN,
            "weight": signed(weight),
        }


def _width(word: str) -> float:
    """About how many pixels a word takes, rather more than fewer."""
    return _WORD_SIZE * sum(map(_ems, word))


def _ems(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF" or character in _WIDE:
        return 1.0
    if character in _NARROW:
        return 0.4
    return 0.75 if character.isupper() else 0.62


def _over_time(bars: Sequence[Bar]) -> dict[str, object]:
    """Votes up above a line, votes down below it, on one scale, each with its largest count."""
    most_up, most_down = max(bar.up for bar in bars), max(bar.down for bar in bars)
    unit, pitch = _TALL / max(most_up + most_down, 1), (_RIGHT - _LEFT) / len(bars)
    zero = 264 - unit * most_down
    shown = [
        {
            "x": _LEFT + pitch * (number + 0.15),
            "width": pitch * 0.7,
            "up": unit * bar.up,
            "down": unit * bar.down,
        }
        for number, bar in enumerate(bars)
    ]
    peaks = [
        {"x": _LEFT + pitch * (counts.index(most) + 0.5), "y": y, "count": most}
        for counts, most, y in (
            ([bar.up for bar in bars], most_up, zero - unit * most_up - 8),
            ([bar.down for bar in bars], most_down, zero + unit * most_down + 8),
        )
        if most
    ]
    days = {"first_day": _date(bars[0]), "last_day": _date(bars[-1])}
    return {"zero": zero, "bars": shown, "peaks": peaks, **days}


def _summary(stats: Stats) -> str:
    people = "1 person" if stats.people == 1 else f"{stats.people} people"
    votes = "1 vote" if stats.votes == 1 else f"{stats.votes} votes"
    return f"{votes} by {people}, on {stats.voted} of {stats.posts} posts"


def _date(bar: Bar) -> str:
    return f"{bar.start.day} {bar.start:%b %Y}"
