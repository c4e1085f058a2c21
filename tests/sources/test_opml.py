import pytest

from bot.errors import SourceError
from bot.sources.opml import Outline, is_opml, read_opml, write_opml
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
