"""A group's own papers teach its channel, can be listed and taken back."""

from bot.sources.base import Entry
from tests import make
from tests.commands.conftest import Chat

BIBTEX = """@article{a, title = {Protein folding with graphs}, doi = {10.1000/a}}
@article{b, title = {Graphs for protein folding}, doi = {10.1000/b}}
@article{c, year = 2020}"""


async def test_a_pasted_list_teaches_and_topics_are_suggested(chat: Chat) -> None:
    said = await chat.say(f"like {BIBTEX}")

    assert said.splitlines() == [
        "Learned from 2 papers.",
        "Not taken: c: title is empty.",
        "You read about these; to watch them: watch protein folding",
    ]
    assert "Graphs for protein folding" in await chat.say("library")


async def test_the_same_paper_teaches_once(chat: Chat) -> None:
    await chat.say(f"like {BIBTEX}")

    assert (await chat.say(f"like {BIBTEX}")).startswith("Nothing new in it")


async def test_a_link_is_looked_up_here_then_at_arxiv(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Known here", "arxiv:2401.00001")
    chat.rounds.entry = Entry(title="From arXiv", names=("arxiv:2401.00002",))

    said = await chat.say("like https://arxiv.org/abs/2401.00001 2401.00002 10.1000/unknown")

    assert said.startswith("Learned from 2 papers.")
    assert "Not taken: 10.1000/unknown: not known here by its link alone" in said
    listed = await chat.say("library")
    assert "Known here" in listed
    assert "From arXiv" in listed


async def test_a_paper_is_taken_out_by_number_or_title(chat: Chat) -> None:
    await chat.say(f"like {BIBTEX}")
    await chat.say("library remove Protein folding with graphs")
    assert "1 paper of your own" in await chat.say("library")

    assert await chat.announce("library remove 1") == (
        "Ana took Graphs for protein folding out of the library here."
    )
    assert "No papers of your own teach this channel yet" in await chat.say("library")


async def test_all_are_taken_out_only_when_their_number_is_said(chat: Chat) -> None:
    await chat.say(f"like {BIBTEX}")

    assert "library remove all 2" in await chat.say("library remove all")
    await chat.say("library remove all 2")

    assert "No papers of your own" in await chat.say("library")


async def test_nothing_found_is_a_refusal(chat: Chat) -> None:
    reply = await chat.reply("like hello world")

    assert reply.failed
    assert reply.announcement is None


async def test_a_paper_that_is_not_in_it_is_answered_with_the_library(chat: Chat) -> None:
    await chat.say(f"like {BIBTEX}")

    said = await chat.say("library remove quantum chemistry")

    assert said.endswith("They are numbered, for example: library")
