"""Papers are one or two whatever the order in which sources name them."""

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.models import PaperFacts
from storage.papers import find_by_names, record_all
from tests import make
from tests.make import NOON

NAMES = (
    ("doi:10.1000/a", "pmid:1", "url:https://a.example.org", "id:a"),
    ("doi:10.1000/b", "pmid:2", "url:https://b.example.org", "id:b"),
    ("arxiv:2401.00001", "openreview:Abc", "url:https://c.example.org"),
)
"""The identities of three papers; an entry has some of one paper's."""

ENTRIES = st.lists(
    st.sampled_from(NAMES).flatmap(
        lambda names: st.lists(st.sampled_from(names), min_size=1, unique=True)
    ),
    min_size=1,
    max_size=8,
)


def expected(entries: list[list[str]]) -> set[frozenset[str]]:
    """The names that belong together, by joining entries that share one."""
    groups: list[set[str]] = []
    for names in entries:
        joined = set(names)
        for group in [group for group in groups if group & joined]:
            joined |= group
            groups.remove(group)
        groups.append(joined)
    return {frozenset(group) for group in groups}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that is made once; every example takes back what it stored."""
    made = f"sqlite:///{tmp_path_factory.mktemp('identity')}/papers.sqlite"
    asyncio.run(migrated(made))
    return made


async def migrated(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


async def stored(url: str, entries: list[list[str]], batches: bool) -> set[frozenset[str]]:
    database = Database(url)
    found: defaultdict[int, set[str]] = defaultdict(set)
    try:
        async with database.write() as session:
            source = await make.source(session)
            facts = [(PaperFacts(title="T"), names, False) for names in entries]
            for batch in [facts] if batches else [[one] for one in facts]:
                await record_all(session, batch, source, now=NOON)
            for name in {name for names in entries for name in names}:
                paper = await find_by_names(session, [name])
                assert paper is not None
                found[paper.id or 0].add(name)
            await session.rollback()
    finally:
        await database.close()
    return {frozenset(names) for names in found.values()}


@settings(max_examples=30)
@given(ENTRIES, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(url, entries, batches, random):
    shuffled = list(entries)
    random.shuffle(shuffled)

    first = asyncio.run(stored(url, entries, batches))
    second = asyncio.run(stored(url, shuffled, batches))

    assert first == second == expected(entries)
