from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import EntryError
from bot.sources.intake import Intake


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
