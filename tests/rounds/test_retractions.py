"""A retraction is told once under the post of its paper, and what was retracted is not picked."""

import pytest

from bot.errors import NotSentError
from bot.rounds.fates.telling import FateTelling
from bot.rounds.polling import Polling
from bot.sources.base import Entry, Fresh
from storage import candidates, papers, sources
from storage.database import Database
from storage.models import PaperKind, PostState
from tests import make
from tests.fakes import FakePlatform, ScriptedSource
from tests.make import NOON

TITLE = "A mixture of experts for everything"


def entry(title: str, *names: str, **facts: object) -> Entry:
    return Entry(names=names, title=title, published_at=NOON, **facts)


PAPER = entry(TITLE, "doi:10.1000/1")
NOTICES = {
    "by title": entry(
        f"Retraction Note: {TITLE}", "doi:10.1000/2", kind=PaperKind.RETRACTION, about=TITLE
    ),
    "by identity": entry(
        "Retraction", "doi:10.1000/2", kind=PaperKind.RETRACTION, about_names=("doi:10.1000/1",)
    ),
    "of itself": entry(TITLE, "doi:10.1000/1", retracted=True),
}


async def posted(database: Database, *answers: Fresh) -> tuple[Polling, int, FakePlatform]:
    platform = FakePlatform()
    async with database.write() as session:
        channel = await make.channel(session, "slack:T1/C1")
        source = await make.source(session)
        source_id = source.id or 0
    script = ScriptedSource(*answers)
    polling = Polling(database, lambda _k, _s: script, lambda: NOON)
    await polling.poll(source_id)
    async with database.write() as session:
        (paper_id,) = await candidates.candidate_ids(session, channel.id or 0, NOON)
        (paper,) = await papers.get_many(session, [paper_id])
        await make.post(session, channel, paper, message="100.1", state=PostState.POSTED)
    return polling, source_id, platform


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES.keys())
async def test_a_retraction_is_told_once_under_the_post(database: Database, notice: Entry) -> None:
    polling, source_id, platform = await posted(
        database, Fresh([PAPER], {}), Fresh([notice], {}), Fresh([notice], {})
    )
    telling = FateTelling(database, {"slack": platform})

    for _ in range(2):
        polled = await polling.poll(source_id)
        assert polled is not None
        await telling.tell(polled.retracted)

    assert [(message, "retracted by" in text) for message, text, _ in platform.threads] == [
        ("100.1", True)
    ]


async def test_what_certainly_did_not_arrive_is_told_the_next_time(database: Database) -> None:
    polling, source_id, platform = await posted(
        database, Fresh([PAPER], {}), Fresh([NOTICES["of itself"]], {})
    )
    telling = FateTelling(database, {"slack": platform})
    polled = await polling.poll(source_id)
    assert polled is not None
    platform.thread_faults.append(NotSentError("busy"))

    await telling.tell(polled.retracted)
    await telling.tell(polled.retracted)

    assert len(platform.threads) == 1


async def test_retracted_papers_notices_and_front_matter_are_not_picked(
    database: Database,
) -> None:
    listed = [
        PAPER,
        entry("Gone", "doi:10.1000/7", retracted=True),
        entry("Issue Information", "doi:10.1000/8", kind=PaperKind.FRONT),
        entry("Correction: x", "doi:10.1000/9", kind=PaperKind.CORRECTION),
    ]
    async with database.write() as session:
        channel = await make.channel(session)
        source = await make.source(session)
    polling = Polling(database, lambda _k, _s: ScriptedSource(Fresh(listed, {})), lambda: NOON)
    await polling.poll(source.id or 0)
    async with database.read() as session:
        shown = await candidates.readable(session, channel.id or 0, NOON)
        picked = await candidates.candidate_ids(session, channel.id or 0, NOON)

    assert [paper.title for paper in shown] == [TITLE]
    assert len(picked) == 1


async def test_a_private_feed_retracts_nothing_that_others_read(database: Database) -> None:
    async with database.write() as session:
        await make.channel(session, "slack:T1/C1")
        there = await make.channel(session, "slack:T2/C1")
        shared = await make.source(session)
        private = await sources.add(session, kind="feed", spec="https://x", name="x")
        await sources.choose(session, there, private, on=True)
    for source_id, given in ((shared.id, PAPER), (private.id, NOTICES["by title"])):
        script = ScriptedSource(Fresh([given], {}))
        polling = Polling(database, lambda _k, _s, script=script: script, lambda: NOON)
        polled = await polling.poll(source_id or 0)

    assert polled is not None
    assert polled.retracted == ()
