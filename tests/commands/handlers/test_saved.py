"""A person's saved papers can be tagged, found and carried away, by nobody else."""

from datetime import timedelta

import pytest

from storage import fates, votes
from storage.models import Fate, Paper
from tests.commands.conftest import Chat


async def save(chat: Chat, *saved: Paper, by: str = "ana") -> None:
    await chat.say("settings")
    channel = await chat.channel()
    async with chat.database.write() as session:
        for number, paper in enumerate(saved):
            await votes.save(
                session,
                channel.workspace_id,
                by,
                paper.id or 0,
                on=True,
                at=chat.now + timedelta(minutes=number),
            )


async def test_saved_papers_are_the_persons_own(chat: Chat) -> None:
    first, second = await chat.recent("First saved", "Second saved")
    await save(chat, first, second)

    said = await chat.say("saved", by="Ana")

    assert said.startswith("2 saved papers\n1. Second saved\n2. First saved\n")
    assert "You have saved no paper yet" in await chat.say("saved", by="Bo")
    assert "You have saved no paper yet" in await chat.say("saved export ris", by="Bo")


@pytest.mark.parametrize(
    ("form", "name", "start"),
    [
        ("bibtex", "saved.bib", "@misc{"),
        ("ris", "saved.ris", "TY  - "),
        ("csl", "saved.json", '"id": '),
    ],
)
async def test_saved_papers_leave_as_a_file(chat: Chat, form: str, name: str, start: str) -> None:
    await save(chat, *(await chat.recent("First saved", "Second saved")))

    file = (await chat.reply(f"saved export {form}")).file

    assert file is not None
    assert file[0] == name
    assert file[1].count(start) == 2


async def test_tags_are_put_on_taken_off_and_found(chat: Chat) -> None:
    await save(chat, *(await chat.recent("Routing of experts", "Retrieval at scale")))

    assert await chat.say("saved tag 1 #rag #Todo") == "1. Retrieval at scale #rag #todo"
    assert await chat.say("saved tag Retrieval at scale -#todo #new") == (
        "1. Retrieval at scale #rag #new"
    )
    assert await chat.say("saved find #rag") == "1. Retrieval at scale #rag #new"
    assert await chat.say("saved find #todo") == (
        "None of your 2 saved papers has #todo. Your tags: #new, #rag."
    )


@pytest.mark.parametrize("words", ["routing", "ROUTNG", "experts routing", "röuting"])
async def test_saved_papers_are_found_by_words_and_near_words(chat: Chat, words: str) -> None:
    await save(chat, *(await chat.recent("Routing of experts", "Retrieval at scale")))

    assert await chat.say(f"saved find {words}") == "2. Routing of experts"


@pytest.mark.parametrize("typed", ["saved tag 1", "saved tag #rag", "saved tag 1 rag"])
async def test_a_tag_without_paper_or_sign_is_told_the_way(chat: Chat, typed: str) -> None:
    await save(chat, *(await chat.recent("Routing of experts")))

    assert "saved tag 2 #rag" in await chat.say(typed)


async def test_nobody_tags_a_paper_that_another_person_saved(chat: Chat) -> None:
    await save(chat, *(await chat.recent("Routing of experts")))

    assert "You have saved no paper yet" in await chat.say("saved tag 1 #mine", by="Bo")


@pytest.mark.parametrize(
    ("form", "written"),
    [("bibtex", "keywords = {rag}"), ("ris", "KW  - rag"), ("csl", '"keyword": "rag"')],
)
async def test_tags_leave_with_the_papers(chat: Chat, form: str, written: str) -> None:
    await save(chat, *(await chat.recent("Routing of experts")))
    await chat.say("saved tag 1 #rag")

    file = (await chat.reply(f"saved export {form}")).file

    assert file is not None
    assert written in file[1]


async def test_a_saved_paper_that_was_retracted_is_marked(chat: Chat) -> None:
    gone, _ = await chat.recent("Cold fusion", "Retrieval at scale")
    await save(chat, gone)
    async with chat.database.write() as session:
        row = await session.get(Paper, gone.id)
        assert row is not None
        fates.note(row, Fate.RETRACTED, "", chat.now, known=False)
        session.add(row)

    assert "1. Cold fusion (retracted)" in await chat.say("saved")
