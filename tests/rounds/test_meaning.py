"""A paper is encoded once an install, by whoever takes it in; without a model all goes on."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from bot.meaning.encoder import Floats, MeaningError
from bot.meaning.model import DEFAULT, find_model
from bot.meaning.process import ModelProcess
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.meaning import Meanings
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.nearness import NearnessCache
from bot.rounds.picking.pick import Picker
from storage import channels, papers, posts, sources, vectors, watches
from storage.database import Database
from storage.models import PaperFacts
from tests import make
from tests.make import NOON
from tests.waiting import PATIENCE

WINDOW = timedelta(days=7)
ABOUT = "Voice cloning from three seconds of speech", "We clone voices and synthesise speech."
PASSING = (
    "Forecasting the price of wheat",
    "We forecast prices of wheat from weather. Traders learned of it by voice cloning calls.",
)


class Counted:
    """An encoder that is quick, and counts what it is asked."""

    def __init__(self, name: str = "counted") -> None:
        self.name = name
        self.asked: list[str] = []
        self.broken = False

    def encode(self, texts: Sequence[str]) -> Floats:
        if self.broken:
            raise MeaningError("the model is gone")
        self.asked += texts
        return np.array([[1.0, len(text)] for text in texts], dtype=np.float32)

    def close(self) -> None:
        pass


async def encode_all(meanings: Meanings) -> None:
    meanings.wake(NOON - WINDOW)
    await meanings.ready()


async def test_a_paper_is_encoded_once_and_read_by_all(database: Database) -> None:
    first, second = Counted(), Counted()
    async with database.write() as session:
        some = await make.papers_of(session, [f"Frogs {n}" for n in range(40)])
        await make.paper(session, "Long ago", at=NOON - timedelta(days=30))
    meanings = Meanings(database, first)
    await encode_all(meanings)
    await encode_all(meanings)

    other = Meanings(database, second)
    await encode_all(other)

    assert sorted(first.asked) == sorted(f"Frogs {n}." for n in range(40))
    assert second.asked == []
    assert await other.load(some)
    assert (other.rows(some) == meanings.rows(some)).all()


async def test_a_new_text_or_another_model_is_encoded_anew(database: Database) -> None:
    first = Counted()
    async with database.write() as session:
        await make.paper(session, "Frogs", "id:1")
    await encode_all(Meanings(database, first))
    async with database.write() as session:
        origin = await sources.add(session, kind="import", spec="files", name="import", shared=True)
        facts = PaperFacts(title="Frogs", abstract="They leap.")
        await papers.record(session, facts, ["id:1"], origin, now=NOON)
    await encode_all(Meanings(database, first))
    assert first.asked == ["Frogs.", "Frogs. They leap."]

    second = Counted("another")
    await encode_all(Meanings(database, second))
    assert second.asked == ["Frogs. They leap."]
    async with database.read() as session:
        assert await vectors.list_papers(session, [1], "counted") == {}


async def test_watches_are_encoded_once(database: Database) -> None:
    first, second = Counted(), Counted()
    await Meanings(database, first).load_watches(["frogs", "toads", "frogs"])
    await Meanings(database, second).load_watches(["frogs", "toads"])
    assert first.asked == ["frogs", "toads"]
    assert second.asked == []


async def test_a_round_without_patience_waits_for_no_watch(database: Database) -> None:
    encoder = Counted()
    meanings = Meanings(database, encoder, patience=0.0)
    await meanings.load_watches(["frogs"])
    assert meanings.find("counted", "frogs") is None
    while meanings.find("counted", "frogs") is None:
        await asyncio.sleep(0)
    assert encoder.asked == ["frogs"]
    await meanings.close()


class Held(Counted):
    """An encoder that finishes its texts only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Floats:
        self.begun.set()
        assert self.go.wait(PATIENCE)
        return super().encode(texts)


async def test_a_command_does_not_wait_for_papers_that_are_being_encoded(
    database: Database,
) -> None:
    encoder, matches = Held(), MatchCache(database, WINDOW)
    async with database.write() as session:
        [paper] = await make.papers_of(session, ["Voice cloning"])
        await make.channel(session)
    await matches.refresh(NOON)
    meanings = Meanings(database, encoder)
    nearness = NearnessCache(matches, meanings)
    meanings.wake(NOON - WINDOW)
    await asyncio.to_thread(encoder.begun.wait, PATIENCE)

    await nearness.refresh([], patient=False)
    round_ = asyncio.create_task(nearness.refresh([], patient=True))
    assert meanings.encoding
    assert not (await asyncio.wait([round_], timeout=0.05))[0]
    encoder.go.set()
    await round_

    assert meanings.rows([paper]).any()
    await meanings.close()


async def test_a_broken_model_is_told_and_stops_nothing(database: Database) -> None:
    encoder = Counted()
    encoder.broken = True
    meanings = Meanings(database, encoder)
    async with database.write() as session:
        paper = await make.paper(session, "Frogs")
    await encode_all(meanings)
    await meanings.load_watches(["frogs"])

    assert meanings.trouble == "the model is gone"
    assert not await meanings.try_out()
    assert not meanings.rows([paper]).any()

    encoder.broken = False
    await encode_all(meanings)
    assert meanings.trouble == ""
    assert meanings.rows([paper]).any()


async def test_a_real_round_holds_back_what_says_a_word_in_passing(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        key = channel.id or 0
        await watches.add(
            session, key, text="voice cloning", typed="voice cloning", by="a", now=NOON
        )
        about, passing = [
            await make.paper(session, title, abstract=abstract)
            for title, abstract in (ABOUT, PASSING)
        ]
    meanings = Meanings(database, ModelProcess(find_model(DEFAULT)))
    picker = Picker(
        database, MatchCache(database, WINDOW), TasteStore(90), WINDOW, meanings=meanings
    )
    await encode_all(meanings)
    made = await picker.pick(key, NOON, NOON)
    async with database.read() as session:
        picked = [paper.id for _, paper in await posts.list_ids(session, made)]
        held = await picker.weigh_again(session, await channels.get(session, key), NOON)
    await meanings.close()

    assert picked == [about.id]
    assert {key: one.verdict for key, one in held.items()} == {passing.id: "passing"}
