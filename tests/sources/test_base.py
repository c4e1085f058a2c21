import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.errors import EntryError
from bot.sources.base import LONGEST_TITLE, MOST_AUTHORS, Entry, Intake, entry_of


def taken(*items):
    intake = Intake()
    for number, item in enumerate(items):
        intake.add(f"item {number}", item, lambda facts: facts)
    return intake.fresh()


def item(*names, title="T", **more):
    return {"names": names, "title": title, **more}


def test_items_that_share_an_identity_are_one_paper_with_all_its_names():
    fresh = taken(item("arxiv:2401.00001"), item("doi:10.1/x", "arxiv:2401.00001"))

    (paper,) = fresh.entries
    assert paper.names == ("arxiv:2401.00001", "doi:10.1/x")
    assert fresh.same == 1


def test_of_several_versions_the_highest_is_kept():
    fresh = taken(
        item("arxiv:2401.00001", title="Second", version=2),
        item("arxiv:2401.00001", title="Third", version=3),
        item("arxiv:2401.00001", title="First", version=1),
    )

    assert [paper.title for paper in fresh.entries] == ["Third"]
    assert fresh.same == 2


def test_a_link_under_several_titles_is_a_home_page_and_merges_nothing():
    home = "url:https://example.org/home"

    fresh = taken(item(home, title="One"), item("id:2", home, title="Two"))

    assert [paper.title for paper in fresh.entries] == ["One", "Two"]
    assert fresh.entries[0].names[0].startswith("title:one-")
    assert fresh.entries[1].names == ("id:2",)


def test_a_refused_item_is_named_and_loses_nobody_else():
    def refusing(facts):
        if facts["title"] == "bad":
            raise EntryError("it is bad")
        return facts

    intake = Intake()
    for title in ("one", "bad", "two"):
        intake.add(title, item(f"id:{title}", title=title), refusing)

    fresh = intake.fresh({"page": 2})
    assert [paper.title for paper in fresh.entries] == ["one", "two"]
    assert [(refused.where, refused.why) for refused in fresh.refused] == [("bad", "it is bad")]
    assert fresh.cursor == {"page": 2}


names = st.lists(st.sampled_from(["arxiv:1", "doi:2", "id:3", "url:4"]), min_size=1, max_size=3)


@settings(deadline=None)
@given(st.lists(st.tuples(names, st.sampled_from("AB"))))
def test_every_item_is_taken_or_the_same_and_no_two_papers_share_a_first_name(items):
    fresh = taken(*(item(*names, title=title) for names, title in items))

    assert len(fresh.entries) + fresh.same == len(items)
    first_names = [paper.names[0] for paper in fresh.entries]
    assert len(set(first_names)) == len(first_names)


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
    ],
)
def test_what_cannot_be_an_entry_is_refused_with_the_reason(bad, why):
    with pytest.raises(EntryError, match=why):
        entry_of(facts(**bad))


@pytest.mark.parametrize(
    "odd",
    [
        {"published_at": "1806-01-01"},
        {"published_at": "2103-01-01"},
        {"featured_at": "2100-01-01T00:00:00Z"},
        {"upvotes": -1},
        {"comments": 2**63},
        {"version": 0},
    ],
)
def test_one_odd_field_costs_no_more_than_itself(odd):
    entry = entry_of(facts(**odd))

    assert [getattr(entry, name) for name in odd] == [None]
    assert entry.title == facts()["title"]


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
