"""Expressions that matching cannot tell apart are the same; others are not."""

import pytest

from bot.cards.richtext import plain
from bot.commands.handlers import watches
from bot.commands.handlers.watches import folded, folded_text
from bot.matching.query.expression import parse
from tests import make
from tests.commands.conftest import Chat

SAME = [
    ("graph networks", "Graph Network"),
    ("mixture of experts", "mixture-of-experts"),
    ("GraphRAG", "graphrag"),
    ("LLMs", "LLM"),
    ("speech OR audio", "audio OR speech"),
    ("speech AND audio -music", "audio AND speech NOT music"),
    ('"Graph Networks"', '"graph  networks"'),
    ("author:Hinton", "author:hinton"),
]

OTHER = [
    ("graph networks", '"graph networks"'),
    ('"graph networks"', '"graph network"'),
    ("graph networks", "title:graph networks"),
    ("RAG", "rag"),
    ("LoRA", "lora"),
    ("speech OR audio", "speech AND audio"),
    ("speech", "speech -audio"),
    ("author:hinton", "source:hinton"),
    ("graph networks", "networks graph"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_matching_folds_is_the_same(one: str, other: str) -> None:
    assert folded(parse(one)) == folded(parse(other))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_matches_otherwise_is_not_the_same(one: str, other: str) -> None:
    assert folded(parse(one)) != folded(parse(other))


def test_a_stored_text_that_no_longer_parses_is_itself() -> None:
    assert folded_text('"open') == '"open'


EXPERTS = "Sparse mixture of experts for long documents"


async def test_a_watch_is_kept_as_its_canonical_text(chat: Chat) -> None:
    await chat.say("watch  mixture   of experts  NOT survey")

    assert await chat.watched() == ["mixture of experts -survey"]


async def test_a_watch_shows_what_it_would_have_found(chat: Chat) -> None:
    await chat.recent(EXPERTS, "Protein folding at scale")

    said = await chat.say("watch mixture of experts")

    assert "Of 2 recent papers it finds 1:" in said
    assert EXPERTS in said
    assert "Protein" not in said


async def test_at_most_three_papers_follow_a_new_watch(chat: Chat) -> None:
    await chat.recent(*(f"Graph networks of kind {number}" for number in range(5)))

    said = await chat.say("watch graph networks")

    assert said.count("Graph networks of kind") == 3
    assert "… and 2 more." in said


async def test_a_watch_that_finds_nothing_says_so(chat: Chat) -> None:
    await chat.recent("Protein folding at scale")

    assert "None of 1 recent paper matches." in await chat.say("watch mixture of experts")


async def test_a_watch_that_may_be_mistaken_is_asked_about_before_it_is_kept(chat: Chat) -> None:
    await chat.recent("Diffusion models for audio", "Protein folding at scale")

    asked = await chat.reply("watch diffusion modes")

    assert asked.failed
    assert plain(asked.lines[0]) == "Did you mean diffusion models? Of diffusion modes:"
    assert await chat.watched() == []
    taken, kept = (choice.command for choice in asked.choices)
    await chat.say(kept)
    await chat.say(taken)
    assert await chat.watched() == ["diffusion modes", "diffusion models"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sparse experts -survey paper", 'sparse experts -"survey paper"'),
        ("speech / drones", "speech OR drones"),
        ("papers about robots", "robots"),
    ],
)
async def test_a_click_takes_what_was_meant_in_its_place(
    chat: Chat, typed: str, meant: str
) -> None:
    await chat.recent("Robots that fly", "Protein folding at scale", "Drones in the wind")

    [taken, _] = (await chat.reply(f"watch {typed}")).choices
    await chat.say(taken.command)

    assert await chat.watched() == [meant]


async def test_a_watch_for_now_posts_its_papers_at_once_and_says_how_votes_count(
    chat: Chat,
) -> None:
    await chat.recent("Diffusion models for audio", "Protein folding at scale")

    [taken, kept] = (await chat.reply("watch now: diffusion modes")).choices
    said = await chat.say(taken.command)

    assert kept.command == "watch anyway now: diffusion modes"
    assert chat.rounds.asked == [("round", "local:general")]
    assert said.startswith("Watching diffusion models.\n")
    assert said.endswith("🔖 saves a paper for you.")
    assert await chat.watched() == ["diffusion models"]


async def test_a_rare_topic_is_kept_without_a_question(chat: Chat) -> None:
    await chat.recent("Compression by a smaller KV cache")

    said = await chat.say("watch KV cache compression")

    assert "Or perhaps watch KV cache AND compression, which finds 1." in said
    assert await chat.watched() == ["KV cache compression"]


async def test_a_list_is_read_as_one_and_that_is_said(chat: Chat) -> None:
    said = await chat.say("watch speech or audio")

    assert "Watching speech OR audio." in said
    assert "Read as a list" in said


async def test_words_that_no_paper_needs_are_named(chat: Chat) -> None:
    assert "Shorter: watch robots" in await chat.say("watch anything about robots")
    assert await chat.watched() == ["anything about robots"]


async def test_the_channel_reads_who_watches_what(chat: Chat) -> None:
    assert await chat.announce("watch LoRA", by="Bo") == "Bo watches LoRA here."


async def test_a_typo_is_corrected_and_said(chat: Chat) -> None:
    said = await chat.say("watch difusion models")

    assert 'Watching diffusion models (you typed difusion; put it in "quotes" to keep it).' in said
    assert await chat.watched() == ["diffusion models"]


async def test_a_quoted_typo_is_kept(chat: Chat) -> None:
    await chat.say("watch “difusion models”")

    assert await chat.watched() == ['"difusion models"']


async def test_watching_twice_changes_nothing_and_is_said(chat: Chat) -> None:
    await chat.say("watch graph networks")

    reply = await chat.reply("watch graph  networks")

    assert reply.announcement is None
    assert await chat.watched() == ["graph networks"]
    assert "graph networks is watched here already." in await chat.say("watch graph networks")


@pytest.mark.parametrize("again", ["Graph network", "graph-networks", "GRAPH NETWORKS"])
async def test_the_same_watch_in_other_words_is_known_by_the_first(chat: Chat, again: str) -> None:
    await chat.say("watch graph networks")

    reply = await chat.reply(f"watch {again}")

    assert "is watched here already as graph networks." in plain(reply.lines[0])
    assert reply.announcement is None
    assert await chat.watched() == ["graph networks"]


async def test_an_import_takes_no_watch_twice(chat: Chat) -> None:
    await chat.say("watch graph networks")

    said = await chat.say("import Graph Network\nreward models\nreward model")

    assert "Took in 1 watch, 2 watched here already." in said
    assert await chat.watched() == ["graph networks", "reward models"]


async def test_all_watches_are_removed_only_when_their_number_is_said(chat: Chat) -> None:
    assert "Nothing is watched here yet" in await chat.say("unwatch all")
    await chat.say("watch graph networks")
    await chat.say("watch reward models")

    assert "type unwatch all 2." in await chat.say("unwatch all")
    assert "type unwatch all 2." in await chat.say("unwatch all 3")
    assert len(await chat.watched()) == 2
    assert await chat.announce("unwatch ALL 2") == "Ana removed all 2 watches here."
    assert await chat.watched() == []


async def test_a_malformed_watch_is_answered_with_its_place_and_suggestion(chat: Chat) -> None:
    said = await chat.say("watch (graph networks")

    assert '(at "(graph")' in said
    assert await chat.watched() == []


async def test_a_broad_watch_is_answered_with_its_share(chat: Chat) -> None:
    await chat.recent(*(f"Language models, part {number}" for number in range(10)))
    await chat.recent(*(f"Protein folding, part {number}" for number in range(20)))

    assert "That is 33% of all, which is broad." in await chat.say("watch language models")
    assert "broad" not in await chat.say("watch part 3")


async def test_a_broad_watch_is_answered_with_a_narrower_one(chat: Chat) -> None:
    await chat.recent(*(f"Small language models, {number}" for number in range(4)))
    await chat.recent(*(f"Large language models, {number}" for number in range(6)))
    await chat.recent(*(f"Protein folding, {number}" for number in range(20)))

    assert "Narrower: watch small language models" in await chat.say("watch language models")


async def test_a_full_channel_takes_no_further_watch(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "MOST_WATCHES", 2)
    await chat.say("watch graph networks")
    await chat.say("watch diffusion models")

    said = await chat.say("watch reward models")

    assert "This channel has 2 watches, as many as it can." in said
    assert "already" in await chat.say("watch graph networks")
    assert len(await chat.watched()) == 2


async def test_channels_have_watches_of_their_own(chat: Chat) -> None:
    await chat.say("watch graph networks")
    await chat.say("watch reward models", at="local:other")

    assert await chat.watched() == ["graph networks"]


@pytest.mark.parametrize(
    "which", ["2", "#2", "diffusion models", "Diffusion  Model", "difusion models"]
)
async def test_a_watch_is_removed_by_number_or_text(chat: Chat, which: str) -> None:
    for watch in ("graph networks", "difusion models", "reward models"):
        await chat.say(f"watch {watch}")

    announced = await chat.announce(f"unwatch {which}")

    assert announced == "Ana no longer watches diffusion models here."
    assert await chat.watched() == ["graph networks", "reward models"]


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("difussion model", 'Did you mean "unwatch 2"'),
        ("9", "among the 2 here"),
        ("0", "among the 2"),
    ],
)
async def test_an_unknown_watch_is_answered_with_the_nearest(
    chat: Chat, which: str, said: str
) -> None:
    await chat.say("watch graph networks")
    await chat.say("watch diffusion models")

    assert said in await chat.say(f"unwatch {which}")
    assert len(await chat.watched()) == 2


async def test_unwatch_without_watches_says_that_there_are_none(chat: Chat) -> None:
    assert "the list is empty" in await chat.say("unwatch 1")


async def test_a_removed_watch_comes_back(chat: Chat) -> None:
    await chat.say("watch graph networks")
    await chat.say("unwatch 1")

    assert await chat.announce("watch graph networks") == "Ana watches graph networks here."
    assert await chat.watched() == ["graph networks"]


async def test_the_list_numbers_what_unwatch_takes(chat: Chat) -> None:
    assert "Nothing is watched here yet" in await chat.say("list")
    await chat.say("watch graph networks")
    await chat.say("watch reward models")

    assert await chat.say("list") == "2 watches here:\n1. graph networks\n2. reward models"


async def test_a_preview_keeps_nothing(chat: Chat) -> None:
    await chat.recent(EXPERTS)

    reply = await chat.reply("preview mixture of experts")

    assert reply.announcement is None
    assert EXPERTS in await chat.say("preview mixture of experts")
    assert await chat.watched() == []


async def test_a_preview_of_the_channel_shows_what_a_round_would_pick(chat: Chat) -> None:
    assert "Nothing is watched here yet" in await chat.say("preview")
    [experts] = await chat.recent(EXPERTS)
    await chat.say("watch experts")
    chat.rounds.picks = [experts]

    assert EXPERTS in await chat.say("preview")


async def test_anybody_may_preview(chat: Chat) -> None:
    reply = await chat.reply("preview LoRA", may_change=False)

    assert "Trying" in reply.lines[0][0].text


async def test_a_watch_for_citations_reads_them_and_lets_go_with_its_last_watch(chat: Chat) -> None:
    said = await chat.say("watch cites:https://arxiv.org/abs/1706.03762")
    await chat.say("watch cites:1706.03762 proteins")

    assert "Papers that cite 1706.03762 answers and holds 7 papers" in said
    assert await chat.watched() == ["cites:arxiv:1706.03762", "cites:arxiv:1706.03762 AND proteins"]
    await chat.say("unwatch 1")
    assert "switched off" not in await chat.say("sources")
    await chat.say("unwatch 1")
    assert "Papers that cite 1706.03762 (switched off here)" in await chat.say("sources")


async def test_a_watch_for_a_person_tests_the_orcid(chat: Chat) -> None:
    wrong = await chat.say("watch author:0000-0002-1825-0098")
    right = await chat.say("watch author:0000-0002-1825-0097")

    assert "its last character does not fit" in wrong
    assert "Papers by 0000-0002-1825-0097 answers" in right
    assert await chat.watched() == ["author:0000-0002-1825-0097"]


async def test_a_watch_whose_source_does_not_answer_is_not_taken(chat: Chat) -> None:
    chat.rounds.broken = "OpenAlex knows no paper 1706.03762"

    assert "knows no paper" in await chat.say("watch cites:1706.03762")
    assert await chat.watched() == []


async def test_a_channel_may_look_in_titles_alone_and_go_back(chat: Chat) -> None:
    await chat.say("watch graph networks -survey")
    await chat.say("watch reward models OR author:Lin")
    before = await chat.watched()

    announced = await chat.announce("titles on")
    await chat.say("watch routing")
    during = await chat.watched()
    await chat.say("titles off")

    assert announced == "Ana chose to look for watches in titles alone."
    assert during == [
        "title:graph networks -title:survey",
        "title:reward models OR author:Lin",
        "title:routing",
    ]
    assert await chat.watched() == [*before, "routing"]


async def test_what_was_asked_of_titles_by_hand_stays_so(chat: Chat) -> None:
    await chat.say("watch title:graph networks")

    await chat.say("titles on")
    assert "Words of watches: in titles alone. Type titles off." in await chat.say("titles")
    await chat.say("titles off")

    assert await chat.watched() == ["title:graph networks"]
    assert "in titles and abstracts. Type titles on." in await chat.say("settings")


async def test_in_titles_alone_a_word_of_an_abstract_is_no_match(chat: Chat) -> None:
    async with chat.database.write() as session:
        paper = await make.paper(session, "Protein folding", abstract="By graph networks.")
    chat.rounds.papers.append(paper)

    anywhere = await chat.say("preview graph networks")
    await chat.say("titles on")
    alone = await chat.say("preview graph networks")

    assert "Protein folding" in anywhere
    assert "None of 1 recent paper matches." in alone
