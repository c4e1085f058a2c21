import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import EntryError
from bot.sources.sanitize import count, web_url, without_markup


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a < b and c > d", "a < b and c > d"),
        ("$x<y$ &amp; z", "$x<y$ & z"),
        ("<p>One</p><p>two</p>", "One two"),
        ("one<br>two", "one two"),
        ("H<sub>2</sub>O", "H2O"),
        ("<script>alert(1)</script>Title<style>p{}</style>", "Title"),
        ("<b>unclosed", "unclosed"),
        ("<!-- hidden -->shown", "shown"),
        ("", ""),
    ],
)
def test_markup_becomes_its_visible_text(html, text):
    assert " ".join(without_markup(html).split()) == text


@pytest.mark.parametrize(
    ("written", "number"), [(None, None), ("", None), (12, 12), ("12", 12), (12.0, 12), (-3, -3)]
)
def test_counts_are_read_as_sources_write_them(written, number):
    assert count(written) == number


@pytest.mark.parametrize("written", ["many", 1.5, True, [], float("nan"), float("inf")])
def test_what_is_no_count_is_refused(written):
    with pytest.raises(EntryError, match="is not a whole number"):
        count(written)


@settings(deadline=None)
@given(st.text())
def test_a_kept_link_is_web_only_and_has_nothing_that_markup_could_trip_over(text):
    for candidate in (text, "https://" + text, "javascript:" + text):
        url = web_url(candidate)
        assert url is None or url.lower().startswith(("http://", "https://"))
        assert not set(url or "") & set(' "<>|`\n')
