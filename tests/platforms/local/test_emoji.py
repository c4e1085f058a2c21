"""What counts as one emoji, and how it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.local.emoji import OFFERED, PICKER, parse_emoji, shown_emoji


@pytest.mark.parametrize("emoji", [*OFFERED, *PICKER, "👍🏽", "👩‍🔬", "🇫🇷", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "#️⃣"])
def test_an_emoji_of_any_build_stays_as_it_is(emoji: str) -> None:
    assert parse_emoji(f" {emoji} ") == emoji
    assert shown_emoji(emoji) == emoji


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (":party_parrot:", "party_parrot"),
        (":Party_Parrot:", "party_parrot"),
        (":+1:", "+1"),
        (":100:", "100"),
    ],
)
def test_a_custom_emoji_goes_by_its_name(typed: str, name: str) -> None:
    assert parse_emoji(typed) == name
    assert shown_emoji(name) == f":{name}:"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "two words",
        "100",
        "party_parrot",
        "lol",
        ":two words:",
        ":naïve:",
        "::",
        "€",
        "…",
        "١",
        "<script>",
        "é",
        "日本",
        "a👍",
        "👍 👎",
        "👍" * 40,
        "\u202e👍",
        ":",
    ],
)
def test_what_is_no_emoji_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="one emoji"):
        parse_emoji(typed)


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_short_and_stays_itself(typed: str) -> None:
    try:
        emoji = parse_emoji(typed)
    except ValueError:
        return
    assert 0 < len(emoji) <= 32
    assert parse_emoji(shown_emoji(emoji)) == emoji
