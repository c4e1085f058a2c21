import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.authors import short_authors, surname

TWELVE = ["Wei Li", "Lin Guo", *(f"Ann Other{letter}" for letter in "abcdefghij")]


@pytest.mark.parametrize(
    ("names", "count", "expected"),
    [
        (["Wei Li"], None, "Li"),
        (["Wei Li", "Lin Guo"], None, "Li and Guo"),
        (["Wei Li", "Lin Guo", "Yi Chen"], 3, "Li, Guo and Chen"),
        (["Wei Li", "Lin Guo", "Yi Chen", "Al Ma"], None, "Li, Guo and 2 others"),
        (TWELVE, 12, "Li, Guo and 10 others"),
        (["Wei Li", "Lin Guo"], 3, "Li, Guo and 1 other"),
        (["Wei Li"], 7, "Li and 6 others"),
        ([], 7, "7 authors"),
        ([], 1, "1 author"),
        ([], 0, ""),
        ([], None, ""),
        (["", "  "], 4, "4 authors"),
        (["NVIDIA", ":", "Wei Li"], None, "NVIDIA and Li"),
        (["Wei Li", "Lin Li"], None, "Wei Li and Lin Li"),
        (["ATLAS Collaboration"], None, "ATLAS Collaboration"),
        (["Qwen Team", "Wei Li"], None, "Qwen Team and Li"),
        ([r"Erwin Schr\"odinger (Wien)"], None, "Schrödinger"),
    ],
)
def test_the_short_form_names_two_and_counts_the_rest(
    names: list[str], count: int | None, expected: str
) -> None:
    assert short_authors(names, count) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Yann LeCun", "LeCun"),
        ("LeCun, Y.", "LeCun"),
        ("LeCun, Yann André", "LeCun"),
        ("Laurens van der Maaten", "van der Maaten"),
        ("Luc Van Gool", "Van Gool"),
        ("van der Maaten, Laurens", "van der Maaten"),
        ("Ronald de Wolf", "de Wolf"),
        ("Jean-Pierre Serre", "Serre"),
        ("Sutton R. S.", "Sutton"),
        ("Martin Luther King Jr.", "King"),
        ("Robert Downey, Jr.", "Downey"),
        ("William Gates III", "Gates"),
        ("Plato", "Plato"),
        ("李伟", "李伟"),
        ("J. K.", "J."),
        ("DeepSeek-AI", "DeepSeek-AI"),
        ("Moonshot AI", "Moonshot AI"),
        ("Weiwei Ai", "Ai"),
        ("The Event Horizon Telescope Collaboration", "The Event Horizon Telescope Collaboration"),
        ("Llama Team, AI at Meta", "Llama Team, AI at Meta"),
    ],
)
def test_surnames_are_told_from_given_names(name: str, expected: str) -> None:
    assert surname(name) == expected


@given(st.lists(st.text(), max_size=5), st.none() | st.integers(0, 10**6))
def test_any_names_give_a_bounded_line(names: list[str], count: int | None) -> None:
    short = short_authors(names, count)

    assert len(short) <= 220
    assert short.isprintable() or any(name for name in names)
