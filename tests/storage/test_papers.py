"""One paper for one identity; candidates are what a channel reads and has not seen."""

from datetime import timedelta

from storage import candidates, papers, sources
from storage.database import Database
from storage.models import PaperFacts
from storage.papers import Recorded
from tests import make
from tests.make import NOON

LATER = NOON + timedelta(hours=1)


async def test_two_sources_naming_one_paper_make_one_paper(database: Database) -> None:
    async with database.write() as session:
        first = await make.paper(session, "A", "arxiv:2401.00001")
        other = await make.source(session, "feed")
        second = await make.paper(
            session, "A", "doi:10.1/x", "arxiv:2401.00001", given_by=other, upvotes=7
        )
        by_doi = await papers.find_by_names(session, ["doi:10.1/x"])

    assert first.id == second.id
    assert by_doi is not None
    assert (by_doi.id, by_doi.upvotes) == (first.id, 7)


async def test_the_same_facts_again_are_the_same(database: Database) -> None:
    facts = PaperFacts(title="A", authors=["Li"])
    async with database.write() as session:
        source = await make.source(session)
        outcomes = [
            (await papers.record(session, facts, ["id:a"], source, now=NOON))[1] for _ in range(2)
        ]

    assert outcomes == [Recorded.TAKEN, Recorded.SAME]


async def test_another_source_fills_gaps_but_keeps_the_text(
    database: Database,
) -> None:
    async with database.write() as session:
        await make.paper(session, "Ours", "id:a", abstract="")
        other = await make.source(session, "other")
        other.kind = "feed"
        stored = await make.paper(session, "Theirs", "id:a", abstract="Filled.", given_by=other)

    assert (stored.title, stored.abstract) == ("Ours", "Filled.")


async def test_another_source_brings_its_newer_counts_and_leaves_the_text(
    database: Database,
) -> None:
    counted = {"upvotes": 3, "comments": 1, "code_url": "https://a.example/old"}
    newer = {"upvotes": 9, "comments": 4, "code_url": "https://a.example/new"}
    async with database.write() as session:
        await make.paper(session, "Ours", "id:a", abstract="Ours.", **counted)
        other = await make.source(session, "other")
        other.kind = "import"
        theirs = PaperFacts(title="Theirs", abstract="Theirs.", **newer)
        stored, outcome = await papers.record(session, theirs, ["id:a"], other, now=LATER)

    assert {name: getattr(stored, name) for name in newer} == newer
    assert (stored.title, stored.abstract) == ("Ours", "Ours.")
    assert (outcome, stored.updated_at) == (Recorded.UPDATED, LATER)


async def test_a_newer_version_replaces_the_text(database: Database) -> None:
    async with database.write() as session:
        await make.paper(session, "Old title", "arxiv:1", version=1)
        other = await make.source(session, "other")
        other.kind = "arxiv"
        stored = await make.paper(session, "New title", "arxiv:1", version=2, given_by=other)

    assert (stored.title, stored.version) == ("New title", 2)


async def test_names_that_meet_later_lead_to_the_older_paper(database: Database) -> None:
    async with database.write() as session:
        first = await make.paper(session, "A", "arxiv:1")
        await make.paper(session, "A", "doi:10.1/x")
        await make.paper(session, "A", "arxiv:1", "doi:10.1/x")
        found = await papers.find_by_names(session, ["doi:10.1/x"])

    assert found is not None
    assert found.id == first.id


async def test_a_paper_is_no_candidate_once_it_was_picked(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        picked, other = await make.paper(session, "A"), await make.paper(session, "B")
        await make.post(session, channel, picked)
        found = await candidates.candidate_ids(session, channel.id or 0, NOON)

    assert found == [other.id]


async def test_backlog_and_old_papers_are_no_candidates(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await make.paper(session, "past", backlog=True)
        await make.paper(session, "old", at=NOON - timedelta(days=8))
        found = await candidates.candidate_ids(session, channel.id or 0, NOON - timedelta(days=7))
        shown = await candidates.readable(session, channel.id or 0, NOON - timedelta(days=7))

    assert found == []
    assert [paper.title for paper in shown] == ["past"]


async def test_a_channel_reads_its_own_sources_and_not_those_it_switched_off(
    database: Database,
) -> None:
    async with database.write() as session:
        mine, theirs = await make.channel(session), await make.channel(session, "local:other")
        shared, own = await make.source(session), await make.source(session, "own", shared=False)
        shared_paper = await make.paper(session, "shared", given_by=shared)
        own_paper = await make.paper(session, "own", given_by=own)
        await sources.choose(session, mine, own, on=True)
        await sources.choose(session, mine, shared, on=False)
        mine_sees = await candidates.candidate_ids(session, mine.id or 0, NOON)
        theirs_see = await candidates.candidate_ids(session, theirs.id or 0, NOON)

    assert mine_sees == [own_paper.id]
    assert theirs_see == [shared_paper.id]


async def test_relations_come_together_whoever_tells_them(database: Database) -> None:
    async with database.write() as session:
        first = await make.paper(session, "A", "arxiv:1", relations=["orcid:1 Ada"])
        citing = await make.source(session, "citing")
        citing.kind = "cites"
        told = ["cites:arxiv:2 B", "orcid:1 Ada"]
        again = await make.paper(session, "A", "arxiv:1", relations=told, given_by=citing)

    assert again.id == first.id
    assert again.relations == ["orcid:1 Ada", "cites:arxiv:2 B"]
