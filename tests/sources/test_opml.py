import pytest

from bot.errors import SourceError
from bot.sources.opml import Outline, find_fault, is_opml, read_opml, write_opml
from tests.shared import SHARED, needs_shared

FEEDS = [Outline("A & B", "https://a.example.org/feed?x=1&y=2"), Outline("C", "biorxiv:zoology")]


def test_a_list_that_is_written_is_read_again():
    text = write_opml("Lab", FEEDS)

    assert is_opml(text)
    assert read_opml(text) == FEEDS


@pytest.mark.parametrize("text", ["<opml/>", "<opml version='2.0'><body/></opml>", "<opml"])
def test_a_list_without_feeds_is_refused(text):
    with pytest.raises(SourceError):
        read_opml(text)


@needs_shared
def test_recorded_lists_are_read_or_refused_however_they_are_written():
    assert SHARED is not None
    paths = sorted((SHARED / "recorded/opml").rglob("*.xml"))
    found = 0
    for path in paths:
        try:
            found += len(read_opml(path.read_text(encoding="utf-8", errors="replace")))
        except SourceError:
            continue

    assert len(paths) > 60
    assert found > 30


OUTLINE = '<outline xmlUrl="https://a.example.org/feed" text="A"/>'
BROKEN = {
    "<opml>\n<body>\n</opml>": (
        "line 3 (a tag is closed that is not the open one), which reads: </opml>"
    ),
    "<opml>\n<body>\n<outline text='a<b'/>": "line 3 (a < that must be written as &lt;)",
    "<opml>\n<body>\n&nothing;</body></opml>": "line 3 (an & with a name",
    "<opml>\n<body>\n": "line 3 (it ends before its last tag is closed)",
    "<opml>\n<body><outline a='1' a='2'/></body></opml>": "line 2 (something is said twice",
    "<opml><body/></opml>\n<opml/>": "line 2 (something follows the end)",
}


@pytest.mark.parametrize(("text", "where"), BROKEN.items())
def test_a_broken_list_says_where_it_is_broken(text, where):
    with pytest.raises(SourceError) as caught:
        read_opml(text)

    assert f"it is broken in {where}" in str(caught.value)


def test_what_stands_before_the_fault_is_read_and_names_of_characters_are_no_fault():
    cut = f"<opml><body>{OUTLINE}\n<outline"
    named = f"<opml><head><title>Caf&eacute; &amp; co</title></head><body>{OUTLINE}</body></opml>"

    assert read_opml(cut) == read_opml(named) == [Outline("A", "https://a.example.org/feed")]
    assert read_opml(
        OUTLINE.replace("/feed", "/feed?a=1&b=2").join(("<opml><body>", "</body></opml>"))
    ) == [Outline("A", "https://a.example.org/feed?a=1&b=2")]
    assert "line 2" in (find_fault(cut) or "")
    assert find_fault(named) is None
