"""Commands on the real desk: what is typed sets off real rounds, and is answered from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.cards.spans import plain
from bot.chat import ChannelRef, Command, Person
from bot.commands.commands import Commands
from bot.commands.context import Context
from bot.errors import SourceError
from bot.rounds.delivery import Delivery
from bot.rounds.desk import Desk
from bot.rounds.due import due_channels
from bot.rounds.engine import Crew
from bot.rounds.matches import Matches
from bot.rounds.notices import Notices
from bot.rounds.polling import Polling
from bot.rounds.round import Rounds
from bot.rounds.schedule import Slot
from bot.rounds.tastes import Tastes
from bot.sources.sample import SampleDigest
from bot.sources.source import Entry, Source
from storage.database import Database
from tests import make
from tests.fakes import FakePlatform

HERE = ChannelRef.parse("local:general")
WINDOW = timedelta(days=7)
ATTENTION = Entry(title="Attention Is All You Need", names=("arxiv:1706.03762",))


@dataclass
class AtOnce:
    """Runs slots and posts here and now, where the engine would run them durably."""

    crew: Crew

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        post_ids = await self.crew.rounds.pick(slot.channel_id, slot.at, self.crew.now())
        for post_id in post_ids:
            await self.run_post(post_id)
        return post_ids

    async def run_post(self, post_id: int) -> None:
        assert await self.crew.delivery.deliver(post_id) is None


class Office:
    """The desk, the platform it posts to, and a person who types."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now, self.platform = database, now, FakePlatform()
        platforms, matches = {"local": self.platform}, Matches(database, WINDOW)
        crew = Crew(
            database=database,
            rounds=Rounds(database, matches, Tastes(90), WINDOW),
            delivery=Delivery(database, platforms, lambda: self.now, "main"),
            polling=Polling(database, _open, lambda: self.now),
            notices=Notices(database, platforms),
            now=lambda: self.now,
        )
        desk = Desk(crew, matches, AtOnce(crew), _fetch)
        self.commands = Commands(Context(database, lambda: self.now, desk))

    async def say(self, text: str) -> str:
        reply = await self.commands.handle(Command(HERE, Person("ana", "Ana"), text))
        return "\n".join(plain(line) for line in reply.lines)


def _open(kind: str, spec: str) -> Source:
    assert (kind, spec) == ("arxiv", "cs.LG")
    return SampleDigest()


async def _fetch(arxiv_id: str) -> Entry:
    if f"arxiv:{arxiv_id}" not in ATTENTION.names:
        raise SourceError(f"arXiv has no paper {arxiv_id}.")
    return ATTENTION


@pytest.fixture
async def office(database: Database, noon: datetime) -> Office:
    async with database.write() as session:
        for title in ("Sparse mixture of experts", "Mixture of experts routing", "Protein folds"):
            await make.paper(session, title, at=noon)
    return Office(database, noon)


async def test_a_watch_previews_what_now_then_posts(office: Office) -> None:
    previewed = await office.say("watch mixture of experts")
    now = await office.say("now")

    assert "Of 3 recent papers it finds 2:" in previewed
    assert sorted(office.platform.titles("local:general")) == [
        "Mixture of experts routing",
        "Sparse mixture of experts",
    ]
    assert now.startswith("2 papers picked:")
    office.now += timedelta(minutes=1)
    assert "Nothing to post" in await office.say("now")


async def test_the_channels_preview_is_the_round_to_come(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("limit 1")

    previewed = await office.say("preview")
    await office.say("now")

    [title] = office.platform.titles("local:general")
    assert title in previewed


async def test_why_tells_what_became_of_each_paper(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")

    posted = await office.say("why Sparse mixture of experts")

    assert "It was posted here on 2026-03-02." in posted
    assert "Watch mixture of experts: 100" in posted


async def test_search_and_top_find_stored_papers(office: Office) -> None:
    assert "Protein folds" in await office.say("search protein folds")
    assert (await office.say("top")).count("\n") == 3


async def test_a_submitted_paper_is_posted_once(office: Office) -> None:
    first = await office.say("submit https://arxiv.org/abs/1706.03762")
    second = await office.say("submit 1706.03762v5")

    assert first == "Posted Attention Is All You Need."
    assert second == "It was posted here on 2026-03-02."
    assert office.platform.titles("local:general") == ["Attention Is All You Need"]


async def test_a_source_is_asked_before_it_is_added(office: Office) -> None:
    said = await office.say("sources add cs.LG")

    assert "answers and holds" in said
    assert "cs.LG: had something new" in await office.say("sources status")


async def test_a_search_does_not_show_what_only_another_channel_reads(office: Office) -> None:
    async with office.database.write() as session:
        elsewhere = await make.source(session, "private", shared=False)
        await make.paper(session, "Diffusion models of a secret lab", given_by=elsewhere)

    assert "secret lab" not in await office.say("search diffusion models")


async def test_a_changed_schedule_makes_up_for_nothing(office: Office) -> None:
    await office.say("schedule daily 09:00")

    assert await due_channels(office.database, office.now) == []
    assert len(await due_channels(office.database, office.now + timedelta(days=1))) == 1
