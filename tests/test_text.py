import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import one_line, shorten, split_sentences

FAMILY = "👩‍👩‍👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
PROSE = st.text(st.sampled_from("ab é.!? 🇫🇷👍🏽e\u0301\u200d。") | st.characters(), max_size=120)
LONG_PROSE = st.text(
    st.sampled_from("ab é.!? 🇫🇷👍🏽e\u0301\u200d。") | st.characters(), min_size=20
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\n  lines\t", "two lines"),
        ("a\u2028b\u00a0c", "a b c"),
        ("bell\x07 and \x1b[31mred\x9b", "bell and [31mred"),
        ("left\u202eright\u2066x\u2069", "leftrightx"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("half \ud800 a pair", "half � a pair"),
        ("an icon \ue000 font \U000f0001", "an icon font"),
        ("base\ufff9note\ufffa of\ufffb it", "basenote of it"),
        ("never\ufffe a\ufdd0character\U0001ffff", "never a character"),
        ("\u3164\uffa0\u115f", ""),
        ("Arabic\u061c mark", "Arabic mark"),
        ("می\u200cخواهم ❤\ufe0f", "می\u200cخواهم ❤\ufe0f"),
        ("e\u200b\u0301cole", "école"),
        ("e\u0301cole", "école"),
        (FAMILY, FAMILY),
        (
            "an emoji newer than this Python \U0001fabe",
            "an emoji newer than this Python \U0001fabe",
        ),
    ],
)
def test_one_line_keeps_what_a_reader_sees(text: str, expected: str) -> None:
    assert one_line(text) == expected


@given(st.text())
def test_one_line_has_no_control_character_and_is_stable(text: str) -> None:
    line = one_line(text)

    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Co"} for character in line)
    assert one_line(line) == line


@pytest.mark.parametrize(
    "sentences",
    [
        ["We use e.g. BERT, i.e. a transformer.", "It gains 3.5 points."],
        ["See Fig. 2 and Sec. IV for Li et al. (2020) vs. SGD.", "It holds."],
        ["We extend Guo et al.", "We add a term to it."],
        ["As A. Smith of the U.S. Congress said, it works.", "Does it?", "Yes!"],
        ["It covers approx. 5 languages, etc.", "iHAS is one.", "3 models win."],
        ["He said “no.”", "(She did not.)", "No. 5 is alive."],
        ["我们提出新方法。", "它更快！"],
        ["No end at all"],
    ],
)
def test_sentences_end_where_a_reader_would_stop(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_a_missing_space_after_a_full_stop_still_ends_a_sentence() -> None:
    assert split_sentences("It helps the model.To do so it reads x.Com pages of www.site.Com.") == [
        "It helps the model.",
        "To do so it reads x.Com pages of www.site.Com.",
    ]


@given(st.text())
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Short.", 6, "Short."),
        ("One is here. Two is not.", 14, "One is here."),
        ("One is here. Two is not.", 12, "One is here."),
        ("No. But this long sentence, goes on.", 27, "No. But this long sentence…"),
        ("Pi is 3.14159 and more.", 11, "Pi is…"),
        ("unbroken" * 3, 10, "unbrokenu…"),
        ("ab" + FAMILY, 4, "ab…"),
        ("ab🇫🇷🇩🇪", 6, "ab🇫🇷🇩🇪"),
        ("ab🇫🇷🇩🇪", 5, "ab🇫🇷…"),
        ("abc👍🏽", 4, "abc…"),
        ("abce\u0331\u0332", 5, "abc…"),
        ("ab" + ENGLAND, 6, "ab…"),
        ("abمی\u200cخو", 5, "abم…"),
        ("anything", 1, "…"),
        ("anything", 0, ""),
    ],
)
def test_shorten_cuts_where_it_reads_well(text: str, limit: int, expected: str) -> None:
    assert shorten(text, limit) == expected


@given(PROSE, st.integers(0, 60))
def test_shortened_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)

    assert len(short) <= limit
    assert text.startswith((short, short.removesuffix("…")))


@given(LONG_PROSE, st.integers(2, 19))
def test_no_accent_or_joined_emoji_is_cut_apart(text: str, limit: int) -> None:
    kept = shorten(text, limit).removesuffix("…")

    following = text[len(kept)]

    assert not unicodedata.category(following).startswith("M")
    assert following.isspace() or "\u200d" not in (following, kept[-1:])
