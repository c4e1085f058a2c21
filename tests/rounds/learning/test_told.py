"""On real cards the taste clause names real votes, whatever the model makes of the papers."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.meaning.model import DEFAULT, find_model
from bot.meaning.process import ModelProcess
from bot.picks.kinship import Told
from bot.picks.types import Opinion
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.told import tell
from bot.rounds.meaning import Meanings
from storage import library
from storage.database import Database
from storage.models import Paper, PostState
from tests import make
from tests.make import NOON

LIKED = [
    (
        "Fission-GRPO: Robust Tool Use by Recovering from Execution Errors",
        (
            "Language models call tools, but fail to recover from execution errors over several "
            "turns. We turn errors into training signal within reinforcement learning."
        ),
    ),
    (
        "Sparse Routing for Mixtures of Experts",
        "We route tokens to few experts and balance their load without an auxiliary loss.",
    ),
]
DISLIKED = [
    (
        "Voice Cloning from Three Seconds of Speech",
        "We clone a speaker's voice from three seconds of audio with a neural codec.",
    ),
]
ASKED = {
    "Learning from Failed Tool Calls of Language Model Agents": (
        "Agents that call tools run into execution errors; reinforcement learning from these "
        "failures teaches language models to recover."
    ),
    "Zero-Shot Speech Synthesis with Neural Codecs": (
        "A text-to-speech model that clones voices of unseen speakers from short audio."
    ),
    "A New Species of Moss from the Alps": "We describe a moss and its habitat.",
}


async def test_cards_name_the_liked_and_the_disliked_paper_that_they_are_like(
    database: Database,
) -> None:
    encoder = ModelProcess(find_model(DEFAULT))
    meanings = Meanings(database, encoder)
    async with database.write() as session:
        channel = await make.channel(session)
        for papers, emoji, value in ((LIKED, "👍", 1), (DISLIKED, "👎", -1)):
            for title, abstract in papers:
                await voted(session, title, abstract, emoji, value)
        asked = [
            await make.paper(session, title, abstract=abstract) for title, abstract in ASKED.items()
        ]
    await meanings.complete(NOON - timedelta(days=7))
    async with database.read() as session:
        taste = await TasteStore(90).load(session, channel.id or 0)
        questions = [(paper, taste.opinion(paper, NOON), "") for paper in asked]
        told = await tell(session, meanings, channel.id or 0, questions, NOON)
    await meanings.close()

    assert [each.like for each in told] == [LIKED[0][0], "", ""]
    assert [each.unlike for each in told] == ["", DISLIKED[0][0], ""]
    assert told[2] == Told()


async def test_a_paper_of_the_library_is_named_and_none_as_like_itself(database: Database) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        own = await make.paper(session, "Sparse routing of tokens", abstract="Sparse routing.")
        await library.add(session, channel.id or 0, [own.id or 0], "ana", NOON)
        other = await make.paper(session, "More sparse routing")
    opinion = Opinion(0.3, 0.5, ("sparse routing",))
    async with database.read() as session:
        asked = [(other, opinion, ""), (own, opinion, "")]
        other_told, own_told = await tell(session, Meanings(database), channel.id or 0, asked, NOON)

    assert other_told.likes == ("sparse routing",)
    assert own_told == Told()


async def voted(session: AsyncSession, title: str, abstract: str, emoji: str, value: int) -> Paper:
    paper = await make.paper(session, title, abstract=abstract)
    channel = await make.channel(session)
    post = await make.post(session, channel, paper, state=PostState.POSTED, posted_at=NOON)
    await make.vote(session, post.id or 0, "ana", emoji, value=value, added=True, at=NOON)
    return paper
