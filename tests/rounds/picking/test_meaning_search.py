"""Papers are found by meaning among those that a channel may read, and off is said plainly."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from bot.errors import CommandError
from bot.meaning.encoder import Floats
from bot.rounds.meaning import Meanings
from bot.rounds.picking.meaning_search import MeaningSearch
from storage.database import Database
from storage.models import PaperKind
from tests import make
from tests.make import NOON

TOPICS = ("frog", "toad", "star", "ship")


class ByTopic:
    """An encoder that knows four things; frogs and toads are alike."""

    name = "topics"

    def encode(self, texts: Sequence[str]) -> Floats:
        rows = [[0.05] + [float(topic in text.lower()) for topic in TOPICS] for text in texts]
        rows = [[*row[:1], row[1] + 0.8 * row[2], *row[2:]] for row in rows]
        made: Floats = np.array(rows, dtype=np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def close(self) -> None:
        pass


async def read(database: Database) -> Meanings:
    meanings = Meanings(database, ByTopic())
    await meanings.complete(NOON - timedelta(days=7))
    return meanings


async def test_the_nearest_come_first_and_what_is_far_does_not(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        frogs = await make.paper(session, "Frogs")
        await make.papers_of(session, ["Of a toad", "Frog songs", "Ships and frogs", "Stars"])
    search = MeaningSearch(database, await read(database))

    found = await search.near_paper(channel.id or 0, frogs, 10)

    assert [one.paper.title for one in found] == ["Frog songs", "Ships and frogs", "Of a toad"]
    assert found[0].how == "almost the same"
    assert [one.paper.title for one in await search.near_paper(channel.id or 0, frogs, 1)] == [
        "Frog songs"
    ]


async def test_nothing_is_shown_that_the_channel_may_not_read(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        frogs = await make.paper(session, "Frogs")
        private = await make.source(session, "private", shared=False)
        await make.paper(session, "Secret frogs", given_by=private)
        await make.paper(session, "Correction on frogs", kind=PaperKind.CORRECTION)
        await make.paper(session, "Withdrawn frogs", retracted=True)
    search = MeaningSearch(database, await read(database))

    assert await search.near_paper(channel.id or 0, frogs, 10) == []
    assert [one.paper.title for one in await search.near_text(channel.id or 0, "frogs", 10)] == [
        "Frogs"
    ]


async def test_a_paper_without_a_vector_is_read_when_it_is_asked_for(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await make.paper(session, "Frogs")
        old = await make.paper(session, "Frogs of old", at=NOON - timedelta(days=90))
    search = MeaningSearch(database, await read(database))

    assert len(await search.near_paper(channel.id or 0, old, 10)) == 1


@pytest.mark.parametrize("typed", ["author:Frog", '"frogs"', "frogs AND stars", "frogs -stars"])
async def test_an_expression_is_not_widened(database: Database, typed: str) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await make.paper(session, "Frogs")
    search = MeaningSearch(database, await read(database))

    assert await search.near_text(channel.id or 0, typed, 10) == []


async def test_off_and_broken_and_too_early_are_said_plainly(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        frogs = await make.paper(session, "Frogs")

    for meanings, told in (
        (Meanings(database), "switched it off"),
        (Meanings(database, trouble="the model is gone"), "paperround doctor"),
        (Meanings(database, ByTopic()), "Ask again in a minute"),
    ):
        with pytest.raises(CommandError, match=told):
            await MeaningSearch(database, meanings).near_paper(channel.id or 0, frogs, 10)


async def test_a_likely_version_is_proposed_and_another_groups_paper_is_not(
    database: Database,
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        ours = await make.paper(session, "Frogs", "arxiv:2401.00001", authors=["Ana Lima"])
        await make.paper(session, "Of frogs", "doi:10.1038/theirs", authors=["Bo Berg"])
    alone = MeaningSearch(database, await read(database))
    assert await alone.find_version(channel.id or 0, ours) is None
    async with database.write() as session:
        theirs = await make.paper(session, "The frog", "doi:10.1038/ours", authors=["Lima, A."])
    search = MeaningSearch(database, await read(database))

    found = await search.find_version(channel.id or 0, ours)

    assert found is not None
    assert found.id == theirs.id
    assert await MeaningSearch(database, Meanings(database)).find_version(1, ours) is None
