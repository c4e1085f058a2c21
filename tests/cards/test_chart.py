"""The picture of a channel's votes is a small PNG that reads on light and on dark."""

import io
import struct
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from bot.cards import chart
from bot.cards.chart import draw
from bot.cards.stats import Bar, Share, Stats, describe, signed

MONDAY = date(2026, 1, 5)
FULL = Stats(
    channel="general",
    posts=40,
    voted=31,
    people=4,
    up=24,
    down=9,
    likes=(("routing", 1.0), ("proteins", 0.42)),
    dislikes=(("survey", -0.7),),
    step="week",
    bars=tuple(Bar(MONDAY + timedelta(weeks=week), week % 7, week % 3) for week in range(9)),
    before=Share(9, 20),
    since=Share(8, 11),
)
BARE = Stats("x", 0, 0, 0, 0, 0, (), (), "day", (), Share(0, 0), Share(0, 0))


def pixels(png: bytes) -> NDArray[np.float64]:
    """Rows by columns by red, green, blue and opacity, each 0-1."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=np.float64) / 255


def to_rgb(colour: str) -> tuple[float, ...]:
    return tuple(part / 255 for part in bytes.fromhex(colour.removeprefix("#")))


def luminance(colour: NDArray[np.float64] | tuple[float, ...]) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    channels = np.asarray(colour)[:3]
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(to_rgb(one)), luminance(to_rgb(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("stats", [FULL, BARE], ids=["full", "bare"])
def test_it_is_a_png_of_the_stated_size(stats: Stats) -> None:
    png = draw(stats)

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (chart.WIDTH, chart.HEIGHT) == (900, 500)
    assert len(png) < 100_000


def test_equal_stats_give_equal_bytes() -> None:
    assert draw(FULL) == draw(FULL)


@pytest.mark.parametrize("behind", ["#ffffff", "#1a1d21"])
def test_nothing_of_the_page_behind_shows_through_but_at_the_corners(behind: str) -> None:
    seen = pixels(draw(FULL))
    shown = seen[..., :3] * seen[..., 3:] + np.array(to_rgb(behind)) * (1 - seen[..., 3:])

    assert shown[250, 12] == pytest.approx(to_rgb(chart.PANEL), abs=0.01)
    assert shown[0, 0] == pytest.approx(to_rgb(behind), abs=0.01)
    assert (seen[20:-20, 20:-20, 3] == 1.0).all()


@pytest.mark.parametrize("colour", [chart.INK, chart.SOFT, chart.UP, chart.DOWN, chart.EARLIER])
def test_every_colour_of_text_stands_out_from_the_panel(colour: str) -> None:
    assert contrast(colour, chart.PANEL) >= 4.5


def test_bars_are_as_long_as_weights_in_the_colour_of_their_sign() -> None:
    seen = pixels(draw(FULL))[..., :3]

    def longest(colour: str) -> int:
        here = np.abs(seen[:, : chart.WIDTH // 2] - to_rgb(colour)).max(axis=2) < 0.02
        return int(here.sum(axis=1).max())

    assert longest(chart.UP) > longest(chart.DOWN) > 100
    assert longest(chart.DOWN) == pytest.approx(0.7 * longest(chart.UP), rel=0.05)


@given(
    words=st.lists(st.text(st.characters(), min_size=1, max_size=60), max_size=7),
    channel=st.text(st.characters(), max_size=60),
)
@settings(max_examples=12, deadline=None)
@pytest.mark.filterwarnings("error")
def test_no_word_of_any_script_stops_it(words: list[str], channel: str) -> None:
    odd = [(word, 0.5) for word in words]
    stats = Stats(channel, 1, 1, 1, 1, 0, (*odd,), (), "day", FULL.bars, Share(1, 1), Share(0, 0))

    assert draw(stats)[1:4] == b"PNG"


@pytest.mark.parametrize(
    "word", ["量子", r"$\frac{$", "عربي", "\ud800", "👍🏽", "a\nb", "W" * 300, "<b>&", "\ufffe\x00"]
)
@pytest.mark.filterwarnings("error")
def test_what_is_hard_to_draw_stays_within_the_panel(word: str) -> None:
    seen = pixels(draw(Stats(word, 1, 1, 1, 1, 0, ((word, 1.0),), (), *_rest())))
    left = seen[30:-30, 8:38, :3]

    assert np.abs(left - to_rgb(chart.PANEL)).max() < 0.02


def test_a_long_word_ends_where_its_bar_begins() -> None:
    short, long = (
        pixels(draw(Stats("x", 1, 1, 1, 1, 0, ((word, 1.0),), (), *_rest())))[130:160, :, :3]
        for word in ("", "W" * 300)
    )

    changed = np.abs(short - long).max(axis=(0, 2)) > 0.02
    assert changed[60:200].any()
    assert not changed[206:].any()


def _rest() -> tuple[str, tuple[Bar, ...], Share, Share]:
    return "day", FULL.bars, Share(1, 1), Share(0, 0)


def test_the_alternative_says_what_is_seen() -> None:
    assert describe(FULL) == (
        "#general likes routing, proteins and dislikes survey. 24 votes up, 9 down; "
        "45% of picks voted up before learning; 73% of picks voted up since learning."
    )
    assert describe(BARE) == "#x likes nothing yet. 0 votes up, 0 down."


@pytest.mark.parametrize(("weight", "shown"), [(1.0, "+1.00"), (-0.4, "−0.40"), (0.0, "+0.00")])
def test_weights_are_written_with_their_sign(weight: float, shown: str) -> None:
    assert signed(weight) == shown
