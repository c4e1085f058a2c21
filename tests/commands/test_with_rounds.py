"""Commands on real rounds: what is typed sets off real rounds, and is answered from them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.cards.richtext import plain
from bot.commands.context import Context
from bot.commands.dispatch import Commands
from bot.errors import ChannelGoneError, NotSentError, Obstacle, RefusedError, SourceError
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Command, MessageRef, Person
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.bulletins.board import Board
from bot.rounds.bulletins.missed import Missed
from bot.rounds.channel_lifecycle import ChannelLifecycle
from bot.rounds.delivery.bulletins import BulletinSender
from bot.rounds.delivery.deletions import PostDeletion
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.delivery.edits import DigestHeaderEdits
from bot.rounds.engine import Services
from bot.rounds.fates.telling import FateTelling
from bot.rounds.learning.shared_models import SharedModels
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.training import ModelTraining
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.pick import Picker
from bot.rounds.picking.suggester import Suggester
from bot.rounds.polling import Polling
from bot.rounds.reachability import Reachability
from bot.rounds.retention import Kept, Retention, Upkeep
from bot.rounds.scheduling.due import due_channels
from bot.rounds.scheduling.schedule import Slot
from bot.rounds.service import RoundService
from bot.sources.base import Entry, Source
from bot.sources.sample import SampleDigest
from storage import candidates, channels, sources
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel, Paper
from tests import make
from tests.fakes import FakePlatform
from tests.waiting import PATIENCE

HERE, ELSEWHERE = ChannelRef.parse("local:general"), ChannelRef.parse("local:other")
WINDOW = timedelta(days=7)
ATTENTION = Entry(title="Attention Is All You Need", names=("arxiv:1706.03762",))


@dataclass
class AtOnce:
    """Runs slots and posts here and now, where the engine would run them durably."""

    services: Services

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        post_ids = await self.services.rounds.pick(slot.channel_id, slot.at, self.services.now())
        for post_id in post_ids:
            await self.services.delivery.deliver(post_id)
        return post_ids

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        assert await self.services.delivery.deliver(post_id) is None


class Office:
    """The rounds, the platform it posts to, and a person who types."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now, self.platform = database, now, FakePlatform()
        platforms, matches = {"local": self.platform}, MatchCache(database, WINDOW)
        models = SharedModels()
        tastes = TasteStore(90, models)
        notices = AdminNotices(database, platforms)
        reach = Reachability(database, platforms, notices, lambda: self.now)
        services = Services(
            database=database,
            rounds=Picker(database, matches, tastes, WINDOW),
            delivery=Delivery(database, platforms, lambda: self.now, "main"),
            polling=Polling(database, _open, lambda: self.now),
            notices=notices,
            telling=FateTelling(database, platforms),
            suggester=Suggester(database, matches, notices, lambda: self.now),
            reach=reach,
            board=Board(
                database,
                Missed(database, matches, WINDOW),
                BulletinSender(database, platforms, reach, lambda: self.now, "main"),
                lambda: self.now,
            ),
            upkeep=Upkeep(
                Retention(database, tastes, Kept(), WINDOW), ModelTraining(database, models, tastes)
            ),
            now=lambda: self.now,
        )
        self.runs = AtOnce(services)
        self.rounds = RoundService(
            services,
            matches,
            self.runs,
            _fetch,
            PostDeletion(database, platforms, DigestHeaderEdits(database, platforms)),
        )
        self.lifecycle = ChannelLifecycle(
            database,
            notices,
            services.reach,
            defaults=ChannelDefaults(),
            window=WINDOW,
            now=lambda: self.now,
            start_round=self.runs.run_slot,
        )
        self.commands = Commands(Context(database, lambda: self.now, self.rounds))

    async def say(self, text: str, *links_to: MessageRef) -> str:
        command = Command(HERE, Person("ana", "Ana"), text, links_to=links_to)
        reply = await self.commands.handle(command)
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


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            NotSentError("Slack takes no more messages today"),
            "1 not posted yet, and tried again by themselves: Slack takes no more messages today.",
        ),
        (RefusedError("its link is malformed"), "1 could not be posted: "),
    ],
)
async def test_now_says_what_the_platform_did_not_take(
    office: Office, fault: Exception, told: str
) -> None:
    await office.say("watch mixture of experts")
    office.platform.faults = [None, *[fault] * 9]

    said = await office.say("now")

    assert said.startswith("2 papers picked:")
    assert told in said


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

    assert "It was posted here on 2 Mar 2026." in posted
    assert "Posted for mixture of experts: 100" in posted
    assert "Nobody has voted here yet" in posted


UNINVITED = ChannelGoneError(
    "the bot is not in the channel; type /invite @Paperround there", obstacle=Obstacle.NOT_INVITED
)
FOUND = ["Mixture of experts routing", "Sparse mixture of experts"]


@pytest.mark.parametrize("known", [True, False], ids=["told before", "told by a refusal"])
async def test_watch_now_and_then_invite_loses_nothing(office: Office, known: bool) -> None:
    office.platform.gone, office.platform.knows = {str(HERE): UNINVITED}, known
    await office.say("watch mixture of experts")

    for verb in ("now", "preview", "settings"):
        assert "type /invite @Paperround there" in await office.say(verb)
    assert "It waits for this channel." in await office.say("why Sparse mixture of experts")
    assert office.platform.titles(str(HERE)) == []

    office.platform.gone = {}
    office.now += timedelta(minutes=5)
    await office.lifecycle.changed(ChannelEvent(HERE, ChannelChange.JOINED))
    if known:
        # Nothing was picked, so nothing comes by itself before the next slot.
        await office.say("now")
    async with asyncio.timeout(PATIENCE):
        while len(office.platform.titles(str(HERE))) < len(FOUND):
            await asyncio.sleep(0.01)
    assert sorted(office.platform.titles(str(HERE))) == FOUND


async def test_ten_picks_outlast_two_restarts_where_only_admins_may_post(office: Office) -> None:
    restricted = ChannelGoneError("only admins may post there", obstacle=Obstacle.RESTRICTED)
    async with office.database.write() as session:
        for number in range(10):
            await make.paper(session, f"Speech codecs number {number}", at=office.now)
    await office.say("watch speech codecs")
    office.platform.gone, office.platform.knows = {str(HERE): restricted}, False
    for _ in range(2):
        assert "only admins may post" in await office.say("now")
        await office.lifecycle.changed(ChannelEvent(HERE, ChannelChange.JOINED))
        office.now += timedelta(hours=1)

    office.platform.gone = {}
    await office.say("limit 10")
    assert (await office.say("now")).startswith("10 papers picked:")
    assert len(office.platform.titles(str(HERE))) == 10


async def test_a_person_hears_at_once_why_a_paper_cannot_be_handed_in(office: Office) -> None:
    office.platform.gone = {str(HERE): UNINVITED}

    said = await office.say("submit https://arxiv.org/abs/1706.03762")

    assert "type /invite @Paperround there" in said
    office.platform.gone = {}
    assert (await office.say("submit 1706.03762")).startswith("Posted ")


async def test_search_and_top_find_stored_papers(office: Office) -> None:
    assert "Protein folds" in await office.say("search protein folds")
    assert (await office.say("top")).count("\n") == 3


async def test_a_submitted_paper_is_posted_once(office: Office) -> None:
    first = await office.say("submit https://arxiv.org/abs/1706.03762")
    second = await office.say("submit 1706.03762v5")

    assert first == "Posted Attention Is All You Need."
    assert second == "It was posted here on 2 Mar 2026, submitted by Ana."
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


async def test_the_reached_limit_is_named_with_the_way_to_raise_it(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("limit 1")
    assert "room for 1 more paper; 1 more would match." in await office.say("preview")
    await office.say("now")
    office.now += timedelta(minutes=1)

    for said in (await office.say("preview"), await office.say("now")):
        assert (
            "The day's limit of 1 paper is reached; 1 more would match. To raise it, type limit 2"
            in said
        )


async def test_that_everything_was_picked_already_is_told_from_no_match(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")
    office.now += timedelta(minutes=1)

    said = await office.say("preview")
    assert said == "All that matches was picked here already (2 papers)."
    await office.say("unwatch 1")
    await office.say("watch speech recognition")
    assert "None of 3 recent papers matches a watch here at 80." in await office.say("preview")


async def test_a_preview_says_that_posts_are_paused(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("pause")

    said = await office.say("preview")

    assert "it finds 2:" in said
    assert "Posts are paused here. End that with resume." in said


async def test_what_a_new_source_held_is_no_candidate_and_said_so(office: Office) -> None:
    await office.say("sources add cs.LG")
    async with office.database.write() as session:
        [held] = [each for each in await sources.list_polled(session) if each.spec == "cs.LG"]
        await make.paper(session, "Old routing of experts", given_by=held, backlog=True)
    office.now += timedelta(minutes=1)
    await office.say("watch old routing")

    assert "was there already when arxiv/cs.LG was added" in await office.say(
        "why Old routing of experts"
    )
    assert "All that matches (1 paper) was there before its source" in await office.say("preview")


async def test_a_paper_from_before_the_window_is_no_candidate_and_said_so(office: Office) -> None:
    await office.say("watch protein folds")
    office.now += timedelta(days=8)

    said = await office.say("why protein folds")

    assert "It came in on 2 Mar 2026, more than 7 days ago." in said


async def test_a_paper_of_another_channels_own_source_is_unknown_here(
    office: Office,
) -> None:
    async with office.database.write() as session:
        elsewhere = await make.source(session, "Private feed", shared=False)
        await make.paper(session, "Quiet robots", "arxiv:2401.00009", given_by=elsewhere)
    await office.say("watch quiet robots")

    said = await office.say("why 2401.00009")

    assert "None of the sources that this channel reads has brought" in said
    assert "Quiet robots" not in said


async def test_a_post_is_explained_by_the_watch_it_was_made_for(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")
    await office.say("unwatch 1")

    said = await office.say("why Sparse mixture of experts")

    assert "Posted for mixture of experts: 100" in said
    assert "Today: No watch here matches it at 60 or above." in said


async def test_a_stored_paper_is_submitted_without_asking_anybody(office: Office) -> None:
    async with office.database.write() as session:
        await make.paper(session, "Stored before", "arxiv:2401.00007")

    assert await office.say("submit https://arxiv.org/abs/2401.00007") == "Posted Stored before."
    assert office.platform.titles("local:general") == ["Stored before"]
    assert await office.say("submit protein folds") == "Posted Protein folds."
    assert "nor a paper known here" in await office.say("submit proteins fold")


async def test_a_deleted_post_is_gone_for_good_and_explained(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")

    assert "does not come again here" in await office.say("delete Sparse mixture of experts")

    assert office.platform.titles("local:general") == ["Mixture of experts routing"]
    assert "it was deleted with a command" in await office.say("why Sparse mixture of experts")
    again = await office.say("delete Sparse mixture of experts")
    assert again == "It was posted here on 2 Mar 2026; it was deleted with a command."
    await office.say("now")
    assert office.platform.titles("local:general") == ["Mixture of experts routing"]


async def test_a_link_to_a_post_names_its_paper(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")
    marks = {card.title: mark for _, card, mark in office.platform.posted}
    post = MessageRef(HERE, marks["Sparse mixture of experts"])
    below, away = MessageRef(HERE, "details"), MessageRef(ELSEWHERE, post.message)

    assert "Why Sparse mixture of experts" in await office.say("why that", below, post)
    assert "no paper's post" in await office.say("delete that", below)
    assert "another channel" in await office.say("delete that", away)
    assert "does not come again here" in await office.say("delete that", below, post)

    assert office.platform.titles("local:general") == ["Mixture of experts routing"]
    assert "not any more" in await office.say("why that", post)


async def test_a_deleted_post_still_counts_for_the_day(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("limit 1")
    await office.say("now")
    [shown] = office.platform.titles("local:general")
    await office.say(f"delete {shown}")

    await office.say("now")

    assert office.platform.posted == []


async def test_only_what_stands_in_this_channel_is_deleted(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")

    assert "not posted in this channel" in await office.say("delete Protein folds")
    assert "No paper known here is" in await office.say("delete Sparse mixture of expert")
    assert len(office.platform.posted) == 2


async def test_what_the_platform_does_not_delete_stays_posted(office: Office) -> None:
    await office.say("watch mixture of experts")
    await office.say("now")
    office.platform.delete_faults.append(NotSentError("Slack cannot be reached"))

    assert "Slack cannot be reached" in await office.say("delete Sparse mixture of experts")

    assert "It was posted here on" in await office.say("why Sparse mixture of experts")
    assert "deleted" not in await office.say("why Sparse mixture of experts")


async def test_why_says_which_filter_of_a_watch_a_paper_fails(office: Office) -> None:
    said = await office.say("watch mixture of experts upvotes>1000")

    why = await office.say("why Sparse mixture of experts")

    assert "only papers with more than 1000 upvotes" in said
    assert "“mixture of experts AND upvotes>1000” would match it, but it has" in why


async def test_papers_of_ones_own_teach_the_channel_and_are_never_posted(office: Office) -> None:
    await office.say("watch experts")
    await office.say("like @misc{a, title = {Sparse mixture of experts}, doi = {10.1000/a}}")
    await office.say("like @misc{b, title = {Routing of experts by sparse gates}, doi={10.1000/b}}")

    taught = await office.rounds.judge(await _channel(office), await _paper(office, "Sparse"))
    await office.say("now")
    await office.say("library remove all 2")
    forgotten = await office.rounds.judge(await _channel(office), await _paper(office, "Sparse"))

    assert taught.taste > forgotten.taste
    titles = [card.title for _, card, _ in office.platform.posted]
    assert "Routing of experts by sparse gates" not in titles


async def _channel(office: Office) -> Channel:
    async with office.database.read() as session:
        found = await channels.find(session, str(HERE))
    assert found is not None
    return found


async def _paper(office: Office, title: str) -> Paper:
    async with office.database.read() as session:
        papers = await candidates.recent(session, 1, 10)
    return next(paper for paper in papers if paper.title.startswith(title))
