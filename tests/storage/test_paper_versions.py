"""A preprint and its journal version become one paper where that is sure, and only there."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import papers
from storage.database import Database
from storage.models import PaperFacts, PaperKind
from storage.paper_versions import are_versions, complement, surnames, title_key
from tests import make

TITLE = "Sparse Mixtures of Experts at Scale"
PREPRINT, JOURNAL = ("arxiv:2401.00001",), ("doi:10.1038/x1", "pmid:7")


def facts(title: str = TITLE, *authors: str, year: int = 2026, **others: object) -> PaperFacts:
    at = datetime(year, 1, 5, tzinfo=UTC)
    return PaperFacts(title=title, authors=[*authors] or ["Ana Lima"], published_at=at, **others)


@pytest.mark.parametrize(
    ("title", "other"),
    [
        (TITLE, "sparse mixtures of experts at scale."),
        ("Scaling Models Efficiently via μP", "Scaling models efficiently via $μ$P"),
        (
            "SAEs Can Improve Unlearning",
            r"SAEs $\textit{Can}$ Improve Unlearning",
        ),
        ("Über den Schlaf der Fische", "Uber den Schlaf der Fische"),
        (
            r"Distillation via $\mathbf{\texttt{D}}$ual-Head Models",
            "Distillation via Dual-Head Models",
        ),
    ],
)
def test_titles_that_differ_in_signs_alone_have_one_key(title: str, other: str) -> None:
    assert title_key(title) == title_key(other) is not None


@pytest.mark.parametrize("title", ["", "Editorial", "Deep learning", "Notes and news", "???"])
def test_a_short_title_is_the_title_of_many(title: str) -> None:
    assert title_key(title) is None


@pytest.mark.parametrize(
    ("author", "surname"),
    [
        ("Yann LeCun", "lecun"),
        ("LeCun, Y.", "lecun"),
        ("LeCun Y", "lecun"),
        ("José García", "garcia"),
        ("van der Berg, A. B.", "berg"),
    ],
)
def test_surnames_are_read_as_sources_write_them(author: str, surname: str) -> None:
    assert surnames([author, ""]) == {surname}


DIFFERENT = {
    "another title": (facts(), PREPRINT, facts("Dense mixtures of experts at scale"), JOURNAL),
    "a short title": (facts("Deep Learning"), PREPRINT, facts("Deep learning"), JOURNAL),
    "other people": (facts(), PREPRINT, facts(TITLE, "Bo Berg"), JOURNAL),
    "nobody named": (facts(), PREPRINT, PaperFacts(title=TITLE), JOURNAL),
    "two preprints": (facts(), PREPRINT, facts(), ("doi:10.1101/2026.01.01.5",)),
    "two journals": (facts(), ("doi:10.1016/a",), facts(), JOURNAL),
    "published already": (facts(), (*PREPRINT, "doi:10.1016/a"), facts(), JOURNAL),
    "two pages": (facts(), ("url:a.example/1",), facts(), ("url:b.example/1",)),
    "years apart": (facts(), PREPRINT, facts(year=2020), JOURNAL),
    "a correction": (facts(), PREPRINT, facts(kind=PaperKind.CORRECTION), JOURNAL),
}


@pytest.mark.parametrize("case", DIFFERENT.values(), ids=DIFFERENT)
def test_what_is_not_sure_stays_two(
    case: tuple[PaperFacts, tuple[str, ...], PaperFacts, tuple[str, ...]],
) -> None:
    one, names, other, others = case

    assert not are_versions(one, names, other, others)
    assert not are_versions(other, others, one, names)


NAMES = st.sets(
    st.sampled_from(("arxiv:1", "doi:10.1101/a", "doi:10.1038/b", "pmid:1", "url:a", "id:7"))
)


@given(names=NAMES, others=NAMES)
def test_versions_complement_each_other_both_ways_and_nothing_itself(
    names: set[str], others: set[str]
) -> None:
    assert complement(names, others) == complement(others, names)
    assert not complement(names, names)


@pytest.mark.parametrize("preprint_first", [True, False])
async def test_a_preprint_and_its_journal_version_are_one_paper(
    database: Database, preprint_first: bool
) -> None:
    entries = [
        (facts(), PREPRINT, False),
        (facts(TITLE.upper(), "Lima, A.", "Bo Berg", abstract="We scale."), JOURNAL, False),
    ]
    async with database.write() as session:
        origin = await make.source(session)
        outcomes = []
        for entry in entries if preprint_first else reversed(entries):
            outcomes += await papers.record_all(session, [entry], origin, now=make.NOON)

    assert len({paper.id for paper, _ in outcomes}) == 1
    async with database.read() as session:
        for name in (*PREPRINT, *JOURNAL):
            found = await papers.find_by_names(session, [name])
            assert found is not None
            assert found.abstract == "We scale."


async def test_versions_in_one_batch_are_one_and_a_third_stays_apart(database: Database) -> None:
    async with database.write() as session:
        origin = await make.source(session)
        batch = [
            (facts(), PREPRINT, False),
            (facts(), JOURNAL, False),
            (facts(), ("doi:10.1016/other",), False),
        ]
        taken = await papers.record_all(session, batch, origin, now=make.NOON)
        again = await papers.record_all(session, batch, origin, now=make.NOON)

    ids = [paper.id for paper, _ in taken]
    assert ids[0] == ids[1] != ids[2]
    assert [paper.id for paper, _ in again] == ids


async def test_words_of_a_private_feed_join_nothing_where_there_are_others(
    database: Database,
) -> None:
    async with database.write() as session:
        await make.channel(session, "slack:T1/C1")
        await make.channel(session, "slack:T2/C1")
        shared = await make.source(session)
        private = await make.source(session, "private", shared=False)
        private.kind = "feed"
        session.add(private)
        await session.flush()
        [(theirs, _)] = await papers.record_all(
            session, [(facts(), ("url:intern.example/1",), False)], private, now=make.NOON
        )
        [(ours, _)] = await papers.record_all(
            session, [(facts(), PREPRINT, False)], shared, now=make.NOON
        )

    assert ours.id != theirs.id
