"""Matches follow every change of watches and papers, and forget what is old."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.types import PaperText
from bot.rounds.picking.match_cache import MatchCache
from storage import install_state, watches
from storage.database import Database
from storage.models import Channel, Watch
from tests import make
from tests.make import NOON

WINDOW = timedelta(days=7)


@pytest.fixture
def matches(database: Database) -> MatchCache:
    return MatchCache(database, WINDOW)


async def _watch(database: Database, text: str, address: str = "local:general") -> Watch:
    async with database.write() as session:
        channel = await make.channel(session, address)
        added, _ = await watches.add(
            session, channel.id or 0, text=text, typed=text, by="anna", now=NOON
        )
    return added


async def _paper(database: Database, title: str, days_ago: float = 0) -> None:
    async with database.write() as session:
        await make.paper(session, title, at=NOON - timedelta(days=days_ago))


async def _found(
    matches: MatchCache, database: Database, address: str = "local:general"
) -> set[str]:
    await matches.refresh(NOON)
    async with database.write() as session:
        channel: Channel = await make.channel(session, address)
    found = await matches.of_channel(channel.id or 0)
    return {paper.title for paper in matches.window_papers if paper.id in found}


async def test_papers_and_watches_meet_in_either_order(
    matches: MatchCache, database: Database
) -> None:
    await _paper(database, "Diffusion models for proteins")
    await _watch(database, "diffusion models")
    first = await _found(matches, database)
    await _paper(database, "Faster diffusion models")

    assert first == {"Diffusion models for proteins"}
    assert await _found(matches, database) == {
        "Diffusion models for proteins",
        "Faster diffusion models",
    }


async def test_a_removed_watch_matches_no_more(matches: MatchCache, database: Database) -> None:
    await _paper(database, "Diffusion models for proteins")
    watch = await _watch(database, "diffusion models")
    await _found(matches, database)

    async with database.write() as session:
        await watches.remove(session, watch, NOON)

    assert await _found(matches, database) == set()


async def test_a_paper_that_gets_its_upvotes_later_is_found_then(
    matches: MatchCache, database: Database
) -> None:
    await _watch(database, "diffusion models AND upvotes>20")

    async def told(upvotes: int, minutes: int) -> set[str]:
        async with database.write() as session:
            at = NOON - timedelta(minutes=60 - minutes)
            await make.paper(session, "Faster diffusion models", at=at, upvotes=upvotes)
        return await _found(matches, database)

    found = [await told(upvotes, at) for at, upvotes in enumerate((3, 20, 21, 12))]

    assert found == [set(), set(), {"Faster diffusion models"}, set()]


async def test_a_watch_that_comes_back_matches_again(
    matches: MatchCache, database: Database
) -> None:
    await _paper(database, "Diffusion models for proteins")
    watch = await _watch(database, "diffusion models")
    async with database.write() as session:
        await watches.remove(session, watch, NOON)
    await _found(matches, database)

    await _watch(database, "diffusion models")

    assert await _found(matches, database) == {"Diffusion models for proteins"}


async def test_papers_older_than_the_window_are_forgotten(
    matches: MatchCache, database: Database
) -> None:
    await _watch(database, "diffusion models")
    await _paper(database, "Diffusion models, new")
    await _paper(database, "Diffusion models, old", days_ago=8)

    assert await _found(matches, database) == {"Diffusion models, new"}

    await matches.refresh(NOON + timedelta(days=8))
    assert matches.window_papers == []


async def test_a_paper_whose_title_changes_is_matched_anew(
    matches: MatchCache, database: Database
) -> None:
    await _watch(database, "diffusion models")
    async with database.write() as session:
        await make.paper(session, "Untitled", "arxiv:1", version=1)
    before = await _found(matches, database)
    async with database.write() as session:
        await make.paper(
            session, "Diffusion models", "arxiv:1", version=2, at=NOON + timedelta(minutes=1)
        )

    assert before == set()
    assert await _found(matches, database) == {"Diffusion models"}


async def test_channels_do_not_see_each_others_matches(
    matches: MatchCache, database: Database
) -> None:
    await _paper(database, "Diffusion models for proteins")
    await _watch(database, "diffusion models", "local:vision")

    assert await _found(matches, database, "local:general") == set()
    assert await _found(matches, database, "local:vision") != set()


async def test_a_watch_that_no_longer_parses_does_not_stop_the_others(
    matches: MatchCache, database: Database
) -> None:
    await _paper(database, "Diffusion models for proteins")
    await _watch(database, "((broken")
    await _watch(database, "diffusion models")

    assert await _found(matches, database) == {"Diffusion models for proteins"}


async def test_the_lexicon_learns_each_paper_once_over_restarts(database: Database) -> None:
    for number in range(4):
        await _paper(database, f"Paperround study {number} of zyxomorphic lattices")
    first = MatchCache(database, WINDOW)
    await first.refresh(NOON)

    again = MatchCache(database, WINDOW)
    async with database.read() as session:
        await again.load(session)
    await again.refresh(NOON)

    assert again.lexicon.known("zyxomorphic")
    assert again.lexicon.dumps() == first.lexicon.dumps()


async def test_a_damaged_lexicon_is_learned_afresh(database: Database) -> None:
    async with database.write() as session:
        row = await install_state.get(session)
        row.lexicon = b"not a lexicon"
        session.add(row)
    await _paper(database, "Diffusion models for proteins")
    await _watch(database, "diffusion models")

    matches = MatchCache(database, WINDOW)
    async with database.read() as session:
        await matches.load(session)

    assert await _found(matches, database) == {"Diffusion models for proteins"}


async def test_an_expression_is_tried_on_papers_without_being_watched(
    matches: MatchCache, database: Database
) -> None:
    async with database.write() as session:
        near = await make.paper(session, "Diffusion models for proteins")
        far = await make.paper(session, "Sorting networks")

    found = await matches.of_expression(parse("diffusion models"), [near, far], 80)

    assert [paper.title for paper, _ in found] == ["Diffusion models for proteins"]


async def test_a_paper_that_cannot_be_matched_costs_the_others_nothing(
    matches: MatchCache, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = WatchIndex.match

    def poisoned(self: Any, candidates: Sequence[PaperText], threshold: float) -> Any:
        if any("poison" in paper.title for paper in candidates):
            raise RuntimeError("cannot be read")
        return match(self, candidates, threshold)

    monkeypatch.setattr(WatchIndex, "match", poisoned)
    await _watch(database, "diffusion models")
    for title in ("Diffusion models, a", "poison diffusion models", "Diffusion models, b"):
        await _paper(database, title)

    assert await _found(matches, database) == {"Diffusion models, a", "Diffusion models, b"}


async def test_the_bytes_of_the_index_grow_with_its_watches(
    matches: MatchCache, database: Database
) -> None:
    empty = matches.size.index_bytes
    for number in range(100):
        await _watch(database, f"diffusion models of kind{number}")
    await matches.refresh(NOON)

    assert matches.size.watches == 100
    assert matches.size.index_bytes > empty + 100 * 500
