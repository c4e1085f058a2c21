"""Better watches come from the votes, and each says what it would have cost."""

from datetime import UTC, datetime

import pytest

from bot.cards.richtext import plain
from bot.cards.suggestion import suggestion_line, ways_line
from bot.matching.evaluate import evaluated
from bot.matching.query.expression import Expression, parse
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.rounds.picking.suggestions import (
    Matcher,
    Suggestion,
    SuggestionKind,
    Tally,
    Voted,
    suggest,
)
from storage.models import Paper

AT = datetime(2026, 3, 2, tzinfo=UTC)
LIKED = [
    "Alignment of language models by debate",
    "Scalable alignment of language models",
    "Alignment of language models from feedback",
]
DISLIKED = [f"Sequence alignment for genome set {letter}" for letter in "abcdefgh"]
INDIFFERENT = [f"Entity alignment in knowledge graph {letter}" for letter in "abcd"]


def paper(title: str) -> Paper:
    return Paper(title=title, key=title, source="t", first_seen_at=AT, updated_at=AT)


def voted(titles: list[str], up: int, down: int, watch: str = "alignment") -> list[Voted]:
    return [Voted(paper(title), watch, up, down) for title in titles]


def matcher() -> Matcher:
    return Matcher(KnownWords(Lexicon.shipped()), 80)


def found(
    posts: list[Voted],
    *watched: str,
    taught: tuple[str, ...] = (),
    silent: tuple[str, ...] = (),
) -> list[Suggestion]:
    live: dict[str, Expression] = {text: parse(text) for text in watched}
    return suggest(live, posts, [paper(title) for title in taught], silent, matcher())


POSTS = voted(LIKED, 1, 0) + voted(DISLIKED, 0, 1) + voted(INDIFFERENT, 0, 0)


def test_a_watch_that_votes_speak_against_gets_a_narrower_one_with_its_cost() -> None:
    [one] = found(POSTS, "alignment")

    assert (one.kind, one.watch) == (SuggestionKind.NARROWER, "alignment")
    assert one.text == "alignment of language models"
    assert (one.before, one.after) == (Tally(15, 3, 8), Tally(3, 3, 0))
    assert plain(suggestion_line(one)) == (
        "alignment: 15 posts, 3 up, 8 down. Try alignment of language models: of these posts it "
        "would have brought 3 posts, 3 up, 0 down."
    )
    assert "suggestions take alignment of language models" in plain(ways_line(one))


def test_the_cost_is_what_the_watch_really_finds_of_the_posts() -> None:
    [one] = found(POSTS, "alignment")

    again = [
        each
        for each in POSTS
        if evaluated(parse(one.text), each.paper, matcher().words, 80) is not None
    ]

    assert len(again) == one.after.posts
    assert sum(each.up for each in again) == one.after.up


@pytest.mark.parametrize(
    "posts",
    [
        voted(LIKED, 1, 0) + voted(DISLIKED[:4], 0, 1) + voted(INDIFFERENT, 0, 0),
        voted(LIKED, 4, 0) + voted(DISLIKED, 0, 1),
        voted(LIKED, 1, 0) + voted(DISLIKED[:5], 0, 1),
        [],
    ],
    ids=["few against", "many for", "few posts", "none"],
)
def test_a_watch_that_does_well_or_has_few_votes_is_left_alone(posts: list[Voted]) -> None:
    assert found(posts, "alignment") == []


def test_where_nothing_is_liked_what_is_disliked_may_be_left_out() -> None:
    posts = voted(DISLIKED, 0, 1) + voted(INDIFFERENT, 0, 0)

    [one] = found(posts, "alignment")

    assert "-" in one.text
    assert (one.after.posts, one.after.down) == (4, 0)


def test_a_topic_that_is_liked_and_nobody_watches_is_new() -> None:
    posts = voted(["Protein folding at home", "Faster protein folding"], 2, 0, watch="")

    [one] = found(posts, "alignment")

    assert (one.kind, one.text, one.after) == (
        SuggestionKind.NEW,
        "protein folding",
        Tally(2, 4, 0),
    )


def test_the_groups_own_papers_give_topics_too_unless_a_watch_finds_them() -> None:
    taught = ("Protein folding at home", "Faster protein folding")

    assert [one.text for one in found([], taught=taught)] == ["protein folding"]
    assert found([], "protein folding", taught=taught) == []


def test_a_topic_that_votes_speak_against_is_not_suggested() -> None:
    posts = voted(["Protein folding at home", "Faster protein folding"], 1, 0, watch="")
    posts += voted(["Protein folding again", "Protein folding and us"], 0, 1, watch="proteins")

    assert found(posts, "proteins") == []


def test_a_watch_that_finds_nothing_may_go() -> None:
    [one] = found([], "spintronics", silent=("spintronics",))

    assert plain(suggestion_line(one)) == (
        "spintronics found nothing for two months; it may be left out."
    )
    assert "suggestions take spintronics" in plain(ways_line(one))


def test_a_suggestion_is_known_again_by_its_watch_or_its_topic() -> None:
    narrower = Suggestion(SuggestionKind.NARROWER, "alignment", "alignment of language models")
    other = Suggestion(SuggestionKind.NARROWER, "alignment", "alignment -genome")

    assert narrower.key == other.key
    assert Suggestion(SuggestionKind.NEW, "", "protein folding").key == "new:protein folding"
