"""Papers that are here already can be found, ranked, explained and carried away."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.matching.types import Evidence, Match
from bot.picks.kinship import Told
from bot.rounds.picking.example_watches import MissedBy
from bot.rounds.picking.match_cache import WatchMatch
from bot.rounds.picking.meaning_search import NearPaper
from bot.rounds.service import Judgement
from storage import channels, sources
from storage.models import Paper, PostState
from tests import make
from tests.commands.conftest import Chat

EVIDENCE = Evidence("mixture of experts", "title", "Mixture of Experts", "exact", 97)
JUDGEMENT = Judgement(
    watch="mixture of experts",
    match=Match(97.0, (EVIDENCE,)),
    taste=0.31,
    told=Told(likes=("expert routing", "sparse layers"), dislikes=("a survey",)),
    outcome="It was posted here on 1 Mar 2026.",
)


async def vote(chat: Chat, paper: Paper, **by_person: int) -> None:
    """Post the paper in the channel, and let people vote on it."""
    await chat.say("settings")
    async with chat.database.write() as session:
        here = await channels.find(session, "local:general")
        assert here is not None
        post = await make.post(session, here, paper, state=PostState.POSTED, posted_at=chat.now)
        assert post.id is not None
        for person, value in by_person.items():
            for emoji in ("👍", "🎉"):
                await make.vote(
                    session, post.id, person, emoji, value=value, added=True, at=chat.now
                )


NAMED = [
    "https://arxiv.org/abs/2401.00001",
    "<https://arxiv.org/pdf/2401.00001v2>",
    "arXiv:2401.00001v3",
    "2401.00001",
    "https://huggingface.co/papers/2401.00001",
]


@pytest.mark.parametrize("named", NAMED)
async def test_why_knows_a_paper_by_any_of_its_names(chat: Chat, named: str) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts", "arxiv:2401.00001")
    chat.rounds.judgement = JUDGEMENT

    await chat.say(f"why {named}")

    assert chat.rounds.asked == [("judge", "local:general", "Mixture of Experts")]


async def test_why_gives_outcome_watch_evidence_and_taste(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts", "arxiv:2401.00001")
    chat.rounds.judgement = JUDGEMENT

    assert await chat.say("why 2401.00001") == (
        "Why Mixture of Experts\n"
        "It was posted here on 1 Mar 2026.\n"
        "Watch mixture of experts: 97\n"
        '• matched "Mixture of Experts" in the title, 97\n'
        "This channel likes such papers; your channel likes expert routing and sparse layers"
    )


async def test_why_says_that_no_watch_matches(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Protein folding", "id:p1")
    chat.rounds.judgement = Judgement(None, None, 0.0, Told(), "No watch matches it.")

    said = await chat.say("why p1")

    assert "No watch here matches it at 60 or above." in said
    assert "Votes here say nothing about it that could be named." in said


TITLED = [
    "Mixture of Experts, Revisited",
    '"mixture of experts,  revisited"',
    "MIXTURE OF EXPERTS REVISITED",
]


@pytest.mark.parametrize("named", TITLED)
async def test_why_knows_a_paper_by_its_whole_title(chat: Chat, named: str) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts, Revisited", "arxiv:2401.00001")
        await make.paper(session, "Mixture of Experts", "arxiv:2401.00002")
    chat.rounds.judgement = JUDGEMENT

    said = await chat.say(f"why {named}")

    assert said.startswith("Why Mixture of Experts, Revisited")


async def test_a_part_of_a_title_is_enough_where_one_paper_has_it(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts, Revisited", "arxiv:2401.00001")
        await make.paper(session, "Mixture of Depths", "arxiv:2401.00002")
    chat.rounds.judgement = JUDGEMENT

    assert (await chat.say("why experts revisited")).startswith("Why Mixture of Experts, Revisited")
    assert (await chat.say("why mixture of")) == (
        "2 papers here have “mixture of” in their title: “Mixture of Depths”; “Mixture of Experts, "
        "Revisited”. Type more of the title, or give the link."
    ).replace("“", '"').replace("”", '"')


async def test_a_paper_that_no_source_brought_can_be_handed_in(chat: Chat) -> None:
    said = await chat.say("why https://arxiv.org/abs/2401.99999v2")

    assert "None of the sources that this channel reads has brought" in said
    assert said.endswith("for example: submit 2401.99999")


async def test_of_several_titles_the_one_that_was_posted_here_is_meant(chat: Chat) -> None:
    async with chat.database.write() as session:
        posted = await make.paper(session, "Mixture of Experts, Revisited", "arxiv:2401.00001")
        await make.paper(session, "Mixture of Depths", "arxiv:2401.00002")
    await vote(chat, posted, ana=1)
    chat.rounds.judgement = JUDGEMENT

    assert (await chat.say("why mixture of")).startswith("Why Mixture of Experts, Revisited")


async def test_a_missed_paper_is_answered_with_the_watch_that_would_have_brought_it(
    chat: Chat,
) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Protein folding", "id:p1")
        other = await make.paper(session, "Folding proteins", "id:p2")
    chat.rounds.judgement = replace(
        JUDGEMENT, match=None, watch=None, missed=MissedBy("protein folding", [other])
    )

    assert (
        "It would have come with watch protein folding, which would also have brought 1 paper: "
        "Folding proteins."
    ) in await chat.say("why p1")


async def test_why_takes_the_nearest_title_and_says_so(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, r"Mixture of $k$ Experts, Revisited", "arxiv:2401.00001")
    chat.rounds.judgement = JUDGEMENT

    said = await chat.say("why mixtures of k expert revisited")

    assert said.startswith('The nearest title to "mixtures of k expert revisited":\nWhy Mixture of')
    assert "No paper known here" in await chat.say("why mixture models")


async def test_why_tells_first_what_a_post_was_made_for(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts", "arxiv:2401.00001")
    then = WatchMatch("experts", Match(90.0, (EVIDENCE,)))
    chat.rounds.judgement = replace(JUDGEMENT, then=then)

    said = await chat.say("why 2401.00001")

    assert said.index("Posted for experts: 90") < said.index(
        "Today it matches best mixture of experts: 97"
    )


async def test_why_says_nothing_twice_where_the_match_is_still_the_same(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts", "arxiv:2401.00001")
    same = WatchMatch("mixture of experts", Match(97.0, (EVIDENCE,)))
    chat.rounds.judgement = replace(JUDGEMENT, then=same)

    assert "Today" not in await chat.say("why 2401.00001")


async def test_why_names_no_taste_before_the_first_vote(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.paper(session, "Mixture of Experts", "arxiv:2401.00001")
    chat.rounds.judgement = replace(JUDGEMENT, voted=False)

    said = await chat.say("why 2401.00001")

    assert "Nobody has voted here yet" in said
    assert "routing" not in said


@pytest.mark.parametrize("named", ["https://example.org/x", "nothing like it", "!!!"])
async def test_why_says_that_a_paper_is_unknown(chat: Chat, named: str) -> None:
    assert f'No paper known here is "{named}"' in await chat.say(f"why {named}")


async def test_search_answers_with_score_and_evidence(chat: Chat) -> None:
    await chat.recent("Sparse mixture of experts", "Protein folding")

    assert await chat.say("search mixture of experts") == (
        "Sparse mixture of experts: matched mixture of experts in the title, 100"
    )
    assert "No stored paper matches" in await chat.say("search quantum chemistry")
    assert "(at" not in await chat.say("search (quantum")
    assert '(at "(quantum")' in await chat.say("search many (quantum")


async def test_top_adds_the_channels_votes_to_the_upvotes(chat: Chat) -> None:
    async with chat.database.write() as session:
        first = await make.paper(session, "Liked elsewhere", upvotes=5)
        second = await make.paper(session, "Liked here", upvotes=4)
        await make.paper(session, "Unknown to all")
    await vote(chat, second, ana=1, bo=1)
    await vote(chat, first, ana=-1)

    assert await chat.say("top") == ("Top of the week\n+6 Liked here\n+4 Liked elsewhere")


async def test_top_without_any_upvote_says_so_and_shows_the_newest(chat: Chat) -> None:
    async with chat.database.write() as session:
        for title, days in (("Old", 9), ("First", 2), ("Second", 1)):
            await make.paper(session, title, at=chat.now - timedelta(days=days))

    assert await chat.say("top") == (
        "No paper of the week has an upvote yet. The newest:\nSecond\nFirst"
    )


async def test_top_looks_back_as_far_as_asked(chat: Chat) -> None:
    async with chat.database.write() as session:
        for days in (0.5, 3, 20, 40):
            await make.paper(session, f"Of {days} days", at=chat.now - timedelta(days=days))

    assert (await chat.say("top day")).count("Of ") == 1
    assert (await chat.say("top week")).count("Of ") == 2
    assert (await chat.say("top month")).count("Of ") == 3


async def test_top_says_that_nothing_came_in(chat: Chat) -> None:
    assert await chat.say("top day") == "No paper came in during the last day."


async def test_top_shows_nothing_from_sources_that_others_read(chat: Chat) -> None:
    await chat.say("settings")
    await chat.say("settings", at="local:other")
    async with chat.database.write() as session:
        private = await make.source(session, "private", shared=False)
        await make.paper(session, "Theirs alone", given_by=private)
        other = await channels.find(session, "local:other")
        assert other is not None
        await sources.choose(session, other, private, on=True)

    assert "Theirs alone" not in await chat.say("top")
    assert "Theirs alone" in await chat.say("top", at="local:other")


async def test_search_adds_what_is_near_by_meaning_where_words_find_little(chat: Chat) -> None:
    experts, folding = await chat.recent("Sparse mixture of experts", "Routing of tokens")
    chat.rounds.near = [NearPaper(experts, 0.7), NearPaper(folding, 0.5)]

    assert await chat.say("search mixture of experts") == (
        "Sparse mixture of experts: matched mixture of experts in the title, 100\n"
        "Also near by meaning:\n"
        "• Routing of tokens, 2 Mar 2026: near"
    )
    assert (await chat.say("search frogs")).startswith(
        "No paper has these words; near by meaning:\n• Sparse mixture of experts, 2 Mar 2026: very"
    )


async def test_similar_takes_a_part_of_a_title_and_lists_the_nearest(chat: Chat) -> None:
    _, routing = await chat.recent("Sparse mixture of experts", "Routing of tokens")
    chat.rounds.near = [NearPaper(routing, 0.4)]

    assert await chat.say("similar mixture of experts") == (
        "Near by meaning to Sparse mixture of experts\n"
        "• Routing of tokens, 2 Mar 2026: somewhat near"
    )
    chat.rounds.near = []
    assert "No paper here is near to it." in await chat.say("similar mixture of experts")
    assert "No paper known here" in await chat.say("similar frogs")


async def test_why_names_a_paper_that_may_be_another_version(chat: Chat) -> None:
    _, other = await chat.recent("Mixture of Experts", "Experts in mixtures")
    chat.rounds.judgement = replace(JUDGEMENT, version=other)

    said = await chat.say("why mixture of experts")

    assert said.endswith("It may be another version of Experts in mixtures.")
