"""A channel's votes as a picture: a dark panel of its own, so that any page behind it will do.

Import it where a picture is wanted and no sooner: matplotlib takes long to load.
"""

import io
from collections.abc import Sequence
from functools import cache
from threading import Lock

from matplotlib import font_manager, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from bot.cards.stats import Bar, Share, Stats, channel_name, shown_word, signed

WIDTH, HEIGHT = 900, 500
"""The picture's size in pixels."""

PANEL, INK, SOFT, RULE = "#21343a", "#f4f1e9", "#b3c1c1", "#3b5157"
UP, DOWN, EARLIER = "#7fd0c7", "#f2b880", "#93a9ab"

_DPI = 100
_LEFT, _RIGHT, _END = 42, 492, 858
_WORD, _BAR, _TALL = 162, 190, 116
_UNDRAWABLE = "▯"
_FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Unifont")

# matplotlib's fonts and styles belong to the whole process.
_drawing = Lock()


def draw(stats: Stats) -> bytes:
    """The words liked and disliked, votes over time, and the two shares, as a PNG.

    Equal stats give equal bytes on one machine. Characters that no installed font has are drawn
    as ▯. Call it in a thread: it takes some tenths of a second, the first time seconds. Without
    any vote there is nothing to see in it.
    """
    # The style of whoever runs this must not show.
    with _drawing, style.context("default"):
        figure = Figure((WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI)
        FigureCanvasAgg(figure)
        _Drawing(figure).all_of(stats)
        png = io.BytesIO()
        figure.savefig(png, format="png", facecolor="none", metadata={"Software": None})
    return png.getvalue()


class _Drawing:
    """One panel in the making; places are in pixels from the bottom left."""

    def __init__(self, figure: Figure) -> None:
        self._axes: Axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        self._axes.set_axis_off()

    def all_of(self, stats: Stats) -> None:
        self._box(0, 0, WIDTH, HEIGHT, PANEL, rounded=20)
        self._text(_LEFT, 456, channel_name(stats), size=17, weight="bold")
        self._text(_LEFT, 430, _summary(stats), color=SOFT)
        self._words(stats)
        self._over_time(stats)
        self._shares(stats)

    def _words(self, stats: Stats) -> None:
        """Liked words from the top down, then disliked ones; a bar is as long as its weight."""
        self._text(_LEFT, 386, "What the votes say of words", weight="bold")
        rows = [*stats.likes, *stats.dislikes]
        if not rows:
            self._text(_LEFT, 356, "Nothing yet.", color=SOFT)
        pitch = min(28.0, 312 / max(len(rows) - 1, 1))
        for number, (word, weight) in enumerate(rows):
            middle = 354 - pitch * number - (8 if 0 < len(stats.likes) <= number else 0)
            color, length = (UP if weight > 0 else DOWN), max(_BAR * abs(weight), 2.0)
            thick = min(pitch - 8, 16)
            self._text(204, middle, shown_word(word), widest=_WORD, size=9.5, ha="right")
            self._box(214, middle - thick / 2, length, thick, color, rounded=3)
            self._text(214 + length + 7, middle, signed(weight), size=8.5, color=color)

    def _over_time(self, stats: Stats) -> None:
        """Votes up above a line, votes down below it, on one scale."""
        self._text(_RIGHT, 386, f"Votes by {stats.step}", weight="bold")
        self._text(_END - 74, 386, f"{stats.up} up", size=9, color=UP, ha="right")
        self._text(_END, 386, f"{stats.down} down", size=9, color=DOWN, ha="right")
        if not stats.bars:
            return
        up, down = max(bar.up for bar in stats.bars), max(bar.down for bar in stats.bars)
        unit, pitch = _TALL / max(up + down, 1), (_END - _RIGHT) / len(stats.bars)
        zero = 236 + unit * down
        for number, bar in enumerate(stats.bars):
            left, width = _RIGHT + pitch * (number + 0.15), pitch * 0.7
            self._box(left, zero, width, unit * bar.up, UP)
            self._box(left, zero - unit * bar.down, width, unit * bar.down, DOWN)
        self._box(_RIGHT, zero - 0.75, _END - _RIGHT, 1.5, SOFT)
        self._peak([bar.up for bar in stats.bars], zero + unit * up + 8)
        self._peak([bar.down for bar in stats.bars], zero - unit * down - 8)
        self._text(_RIGHT, 206, _date(stats.bars[0]), size=8.5, color=SOFT)
        self._text(_END, 206, _date(stats.bars[-1]), size=8.5, color=SOFT, ha="right")

    def _peak(self, counts: Sequence[int], middle: float) -> None:
        """The largest of the counts at its bar, which gives the scale."""
        most = max(counts)
        place = _RIGHT + (_END - _RIGHT) / len(counts) * (counts.index(most) + 0.5)
        if most:
            self._text(place, middle, str(most), size=8, color=SOFT, ha="center")

    def _shares(self, stats: Stats) -> None:
        self._text(_RIGHT, 168, "Picks voted up", weight="bold")
        self._share(_RIGHT, stats.before, f"of the first {stats.before.of} with votes", EARLIER)
        self._share(_RIGHT + 190, stats.since, f"of {stats.since.of} with votes since", UP)

    def _share(self, left: float, share: Share, told: str, color: str) -> None:
        shown = "–" if share.percent is None else f"{share.percent}%"
        told = told if share.of else "no votes yet"
        self._text(left, 124, shown, size=27, weight="bold", color=color if share.of else SOFT)
        self._box(left, 84, 176, 8, RULE, rounded=4)
        if share.up:
            self._box(left, 84, 176 * share.up / share.of, 8, color, rounded=4)
        self._text(left, 64, told, size=9, color=SOFT)

    def _box(
        self,
        left: float,
        bottom: float,
        width: float,
        height: float,
        color: str,
        *,
        rounded: float = 0.0,
    ) -> None:
        corner = min(rounded, width / 2, height / 2)
        shape = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
        patch = FancyBboxPatch(
            (left, bottom), width, height, boxstyle=shape, facecolor=color, linewidth=0
        )
        self._axes.add_patch(patch)

    def _text(
        self,
        left: float,
        middle: float,
        text: str,
        *,
        size: float = 10.5,
        color: str = INK,
        weight: str = "normal",
        ha: str = "left",
        widest: float = WIDTH,
    ) -> None:
        written = self._axes.text(left, middle, _drawable(text), va="center", ha=ha, color=color)
        # Words of papers may hold dollar signs, which would be read as formulas.
        written.set(parse_math=False, family=_families(), weight=weight, size=size)
        width = written.get_window_extent().width
        if width > widest:
            # Hinted letters shrink in steps, so some room is kept.
            written.set_fontsize(0.92 * size * widest / width)


def _summary(stats: Stats) -> str:
    people = "1 person" if stats.people == 1 else f"{stats.people} people"
    votes = "1 vote" if stats.votes == 1 else f"{stats.votes} votes"
    return f"{votes} by {people}, on {stats.voted} of {stats.posts} posts"


def _date(bar: Bar) -> str:
    return f"{bar.start.day} {bar.start:%b %Y}"


def _drawable(text: str) -> str:
    """The text with what no font can draw replaced."""
    known = _drawn_characters()
    return "".join(each if ord(each) in known else _UNDRAWABLE for each in text)


@cache
def _families() -> tuple[str, ...]:
    """Those of our fonts that are installed; the first comes with matplotlib."""
    installed = set(font_manager.get_font_names())
    return tuple(name for name in _FONTS if name in installed)


@cache
def _drawn_characters() -> frozenset[int]:
    """Every character that any of these fonts has."""
    paths = [font_manager.findfont(name) for name in _families()]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())
