"""What one workspace reads by itself, no other sees: by no command, no form of a link, no title."""

import pytest

from bot.commands.lookup import find_meant
from bot.commands.verbs import VERBS
from bot.ports import ChannelRef, MessageRef
from bot.sources.base import Entry
from storage import papers, sources
from storage.database import Database
from storage.models import PaperFacts
from storage.papers import Recorded
from tests import make
from tests.commands.conftest import Chat
from tests.make import NOON

HERE, THERE = "slack:TMINE/C1", "slack:TTHEIRS/C9"
TITLE = "Quokka ledger reconciliation in the Zanzibar office"
SECRET = "quokka zanzibar"
NAMES = (
    "arxiv:2611.09999",
    "doi:10.5555/quokka.1",
    "pmid:98765432",
    "id:intern.example.org/quokka",
    "url:https://intern.example.org/quokka?key=hush",
)
FORMS = (
    "2611.09999",
    "arXiv:2611.09999v2",
    "https://arxiv.org/abs/2611.09999",
    "https://arxiv.org/pdf/2611.09999v1",
    "https://huggingface.co/papers/2611.09999",
    "https://www.alphaxiv.org/abs/2611.09999",
    "10.5555/quokka.1",
    "doi:10.5555/QUOKKA.1",
    "https://doi.org/10.5555/quokka.1",
    "info:doi/10.5555/quokka.1",
    "pmid:98765432",
    "https://pubmed.ncbi.nlm.nih.gov/98765432/",
    "intern.example.org/quokka",
    "https://intern.example.org/quokka?key=hush",
    "http://www.intern.example.org/quokka?key=hush#top",
    "<https://intern.example.org/quokka?key=hush|quokka>",
    TITLE,
    TITLE.upper(),
    "Quokka ledger reconciliation",
)


async def private_paper(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.channel(session, HERE)
        mine = await make.channel(session, THERE)
        feed = await sources.add(
            session, kind="feed", spec="https://intern.example.org/feed?key=hush", name="Intern"
        )
        await sources.choose(session, mine, feed, on=True)
        facts = PaperFacts(title=TITLE, abstract=f"About the {SECRET}.", url=NAMES[-1][4:])
        stored, _ = await papers.record(session, facts, NAMES, feed, now=NOON)
        await make.post(session, mine, stored, message="100.1")


def _leaks(said: str, typed: str) -> bool:
    """Whether an answer has a word of the paper's that nobody typed."""
    words = ("quokka", "ledger", "reconciliation", "zanzibar", "hush", "intern")
    return any(word in said.casefold() and word not in typed.casefold() for word in words)


@pytest.mark.parametrize("form", FORMS)
async def test_no_command_shows_another_workspaces_paper_by_any_form_of_its_name(
    chat: Chat, form: str
) -> None:
    await private_paper(chat)
    for verb in VERBS:
        typed = f"{verb.words} {form}"
        reply = await chat.say(typed, at=HERE)

        assert not _leaks(reply, typed), typed


async def test_no_command_alone_shows_it(chat: Chat) -> None:
    await private_paper(chat)
    for verb in VERBS:
        for typed in (verb.words, verb.example):
            assert not _leaks(await chat.say(typed, at=HERE), typed), typed


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith("<")])
async def test_its_own_channel_finds_it_by_every_form_and_no_other_does(
    chat: Chat, form: str
) -> None:
    await private_paper(chat)
    here, there = await chat.channel(HERE), await chat.channel(THERE)
    async with chat.database.read() as session:
        found = await find_meant(session, there, form)

        assert found is not None
        assert found.paper.title == TITLE
        assert await find_meant(session, here, form) is None


@pytest.mark.parametrize("words", ["why", "delete", "submit"])
async def test_a_link_to_a_message_there_shows_nothing(chat: Chat, words: str) -> None:
    await private_paper(chat)
    link = (MessageRef(ChannelRef.parse(THERE), "100.1"),)

    reply = await chat.reply(
        f"{words} https://x.slack.com/archives/C9/p1001", at=HERE, links_to=link
    )

    assert not _leaks(str(reply), "")


async def test_a_paper_submitted_here_has_nothing_of_what_another_wrote_on_it(
    database: Database,
) -> None:
    async with database.write() as session:
        here, there = await make.channel(session, HERE), await make.channel(session, THERE)
        private = await sources.add(session, kind="feed", spec="https://intern", name="Intern")
        await sources.choose(session, there, private, on=True)
        words = PaperFacts(title="Our own words", abstract="Secret.", code_url="https://intern/x")
        await papers.record(session, words, ["arxiv:2611.1"], private, now=NOON)
        public = await sources.add(session, kind="submitted", spec=here.address, name="s")
        paper, outcome = await papers.record(
            session, PaperFacts(title="The real title"), ["arxiv:2611.1"], public, now=NOON
        )

    assert outcome is Recorded.UPDATED
    assert (paper.title, paper.abstract, paper.code_url) == ("The real title", "", None)


async def test_a_private_feed_changes_nothing_of_a_paper_that_others_see(
    database: Database,
) -> None:
    async with database.write() as session:
        await make.channel(session, HERE)
        there = await make.channel(session, THERE)
        shared = await make.source(session)
        private = await sources.add(session, kind="feed", spec="https://intern", name="Intern")
        await sources.choose(session, there, private, on=True)
        await papers.record(session, PaperFacts(title="T"), ["arxiv:2611.1"], shared, now=NOON)
        words = Entry(names=("arxiv:2611.1",), title="Ours", abstract="Secret.", authority=3)
        paper, outcome = await papers.record(session, words, words.names, private, now=NOON)

    assert outcome is Recorded.SAME
    assert (paper.title, paper.abstract) == ("T", "")
