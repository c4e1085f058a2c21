from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.authors.name_index import AuthorKeys
from bot.matching.authors.names import same_person
from tests.matching import real
from tests.matching.paper import Text
from tests.shared import needs_shared

GIVEN = ["Yann", "Y.", "Wei", "W", "Xiao-Ming", "Xiaoming", "A. B.", "Jean Paul", "J K", "dr", "李"]
SURNAMES = [
    "LeCun",
    "Wang",
    "Müller",
    "Mueller",
    "van der Maaten",
    "O'Neil",
    "Li",
    "Le",
    "della Porta",
    "DellaPorta",
    "GE",
    "明",
    "III",
]
parts = st.tuples(st.sampled_from(GIVEN), st.sampled_from(SURNAMES))
names = st.one_of(
    parts.map(" ".join),
    parts.map(lambda two: f"{two[1]}, {two[0]}"),
    parts.map(lambda two: f"{two[1]} {two[0]}"),
    st.sampled_from(SURNAMES),
    st.text("aB. -,'é\nß", max_size=9),
)


def met(wanted: list[str], written: list[str]) -> set[tuple[str, str]]:
    keys = AuthorKeys()
    for number, name in enumerate(wanted):
        keys.add(number, name)
    found = keys.candidates([Text("t", authors=written[:1]), Text("t", authors=written[1:])])
    return {(wanted[number], author) for _, number, author in found}


@settings(deadline=None)
@given(st.lists(names, unique=True, max_size=5), st.lists(names, max_size=5))
def test_no_author_who_may_be_meant_is_missed(wanted: list[str], written: list[str]) -> None:
    meant = {(one, other) for one in wanted for other in written if same_person(one, other)}

    assert meant <= met(wanted, written)


CROWD = [f"{given} {surname}" for given in GIVEN[:3] for surname in SURNAMES]


@settings(deadline=None)
@given(st.lists(names, max_size=5), st.lists(names, max_size=5))
def test_no_author_is_missed_among_many_which_are_read_in_columns(
    wanted: list[str], written: list[str]
) -> None:
    wanted, written = [*wanted, *CROWD], [*written, *CROWD]
    meant = {(one, other) for one in wanted for other in written if same_person(one, other)}

    assert meant <= met(wanted, written)


def test_an_author_is_met_in_the_paper_that_names_him() -> None:
    keys = AuthorKeys()
    keys.add(7, "Yann LeCun")
    papers = [Text("t", authors=["Wei Wang"]), Text("t"), Text("t", authors=["A B", "LeCun, Y."])]

    assert list(keys.candidates(papers)) == [(2, 7, "LeCun, Y.")]


@needs_shared
def test_few_of_real_authors_are_met_in_vain() -> None:
    authors = [name for paper in real.papers(0, 200) for name in paper.authors]
    wanted = sorted(set(authors[::7]))
    found = met(wanted, authors)

    assert len([pair for pair in found if same_person(*pair)]) * 2 > len(found)
