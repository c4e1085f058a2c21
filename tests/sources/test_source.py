import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.errors import EntryError
from bot.sources.source import LONGEST_TITLE, MOST_AUTHORS, Entry, entry_of

NAMES = ("id:1",)


def facts(**more):
    return {"names": NAMES, "title": "A title", **more}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Two\n   lines\t", "Two lines"),
        ("null\x00byte and \x1b[31mcolour", "null byte and [31mcolour"),
        ("right\u202eleft", "rightleft"),
        ("half a pair \ud83d", "half a pair \ufffd"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("<!channel> @everyone", "<!channel> @everyone"),
        ("e\u0301tude of $\\alpha$", "étude of $\\alpha$"),
    ],
)
def test_a_title_is_one_clean_line_and_otherwise_as_written(written, kept):
    assert entry_of(facts(title=written)).title == kept


def test_a_title_of_10000_characters_is_shortened_at_a_word():
    title = entry_of(facts(title="word " * 2000)).title

    assert len(title) <= LONGEST_TITLE
    assert title.endswith("word…")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"title": " \n\x00"}, "title is empty"),
        ({"title": 3}, "title should be a valid string"),
        ({"names": ()}, "no id, DOI or URL says which paper it is"),
        ({"published_at": "1900-01-01"}, "published_at is in the year 1900"),
        ({"featured_at": "2100-01-01T00:00:00Z"}, "featured_at is in the year 2100"),
        ({"upvotes": -1}, "upvotes should be greater than or equal to 0"),
        ({"comments": 2**63}, "comments should be less than or equal"),
        ({"version": 0}, "version should be greater than or equal to 1"),
    ],
)
def test_what_cannot_be_true_is_refused_with_the_reason(bad, why):
    with pytest.raises(EntryError, match=why):
        entry_of(facts(**bad))


def test_a_missing_title_is_said_in_plain_words():
    with pytest.raises(EntryError, match="it has no title"):
        entry_of({"names": NAMES})


def test_times_are_utc_whatever_zone_they_were_written_in():
    entry = entry_of(facts(published_at="2025-08-20T00:00:00-04:00", featured_at="2025-08-20"))

    assert entry.published_at.isoformat() == "2025-08-20T04:00:00+00:00"
    assert entry.featured_at.isoformat() == "2025-08-20T00:00:00+00:00"


def test_of_many_authors_the_first_are_kept_and_all_are_counted():
    entry = entry_of(facts(authors=[f"Author {n}" for n in range(3000)]))

    assert len(entry.authors) == MOST_AUTHORS
    assert entry.author_count == 3000


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://example.org/a b|c>d", "https://example.org/a%20b%7Cc%3Ed"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.org/x", None),
        ("https://", None),
        ("https://example.org/" + "a" * 3000, None),
        (7, None),
    ],
)
def test_only_web_links_are_kept_and_none_can_break_out_of_markup(written, kept):
    assert entry_of(facts(url=written)).url == kept


def test_an_entry_cannot_be_changed_behind_its_validation():
    entry = entry_of(facts())

    with pytest.raises(ValidationError, match="frozen"):
        entry.title = ""


def test_an_entry_read_again_from_its_own_facts_is_the_same():
    entry = entry_of(facts(authors=["A", "B"], published_at="2024-01-31", upvotes="3"))

    assert Entry.model_validate(entry.model_dump()) == entry


@settings(deadline=None)
@given(title=st.text(), abstract=st.text(), author=st.text())
def test_whatever_is_taken_can_be_stored_and_shown(title, abstract, author):
    try:
        entry = entry_of(facts(title=title, abstract=abstract, authors=[author]))
    except EntryError:
        return
    for text in (entry.title, entry.abstract, *entry.authors):
        assert text.encode().decode() == text
        assert text == " ".join(text.split())
        assert "\x00" not in text
