"""Better watches out of a channel's votes, each replayed on those very votes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluated
from bot.matching.query.ast import Phrase
from bot.matching.query.expression import Expression, parse
from bot.matching.text.lexicon import KnownWords
from bot.matching.text.word_lists import FUNCTION_WORDS
from bot.matching.types import PaperText
from bot.rounds.picking.example_watches import example_watches, title_phrases

_FEW_POSTS, _FEW_DOWN, _DISLIKED = 10, 5, 2.0
_KEPT_UP, _KEPT_DOWN = 0.8, 0.5
_LEAST_UP = 2
_MOST_TRIED = 80
_LONGER_BY = 3
_TOPICS = 8


class SuggestionKind(StrEnum):
    """What is suggested: a narrower watch in another's place, a new one, or one less."""

    NARROWER = "narrower"
    NEW = "new"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Voted:
    """A posted paper, the watch that brought it ("" for none), and people for and against it."""

    paper: PaperText
    watch: str
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Posts, and the votes on them."""

    posts: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change of the watches; `watch` is the one that would go, `text` the one that would come.

    `before` is what the old one brought, `after` what the new one would have brought of the posts.
    """

    kind: SuggestionKind
    watch: str
    text: str
    before: Tally = Tally()
    after: Tally = Tally()

    @property
    def key(self) -> str:
        """By what it is known again once it was refused: the watch, or the topic."""
        return f"{self.kind}:{self.watch or self.text}"


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a channel's threshold and the words of this install make of a paper."""

    words: KnownWords
    threshold: float

    def finds(self, expression: Expression, paper: PaperText) -> bool:
        """Whether a watch would bring the paper."""
        return evaluated(expression, paper, self.words, self.threshold) is not None


def tally(voted: Iterable[Voted]) -> Tally:
    """The posts and votes in all."""
    found = list(voted)
    return Tally(len(found), sum(each.up for each in found), sum(each.down for each in found))


def suggest(
    live: Mapping[str, Expression],
    voted: Sequence[Voted],
    taught: Sequence[PaperText],
    silent: Iterable[str],
    matcher: Matcher,
) -> list[Suggestion]:
    """What the votes say of the watches, what helps most first.

    `live` are the watches by text, `taught` the papers of the group's own library, `silent` those
    of the watches that found nothing for long.
    """
    narrowed = [
        found
        for text, tree in live.items()
        if (found := _narrower(text, tree, voted, matcher)) is not None
    ]
    narrowed.sort(key=lambda each: each.after.down - each.before.down)
    gone = [Suggestion(SuggestionKind.SILENT, text, "") for text in silent]
    return [*narrowed, *_new(live, voted, taught, matcher), *gone]


def _narrower(
    text: str, tree: Expression, voted: Sequence[Voted], matcher: Matcher
) -> Suggestion | None:
    """The narrower watch that keeps nearly all that is liked and at most half of what is not."""
    mine = [each for each in voted if each.watch == text]
    before = tally(mine)
    disliked = before.down >= max(_FEW_DOWN, _DISLIKED * before.up)
    if before.posts < _FEW_POSTS or not disliked:
        return None
    best: tuple[float, Suggestion] | None = None
    for tried, expression in _parsed(_candidates(text, tree, mine)):
        after = tally(_kept(expression, mine, matcher))
        if after.up < _KEPT_UP * before.up or after.down > _KEPT_DOWN * before.down:
            continue
        if after.posts < _LEAST_UP:
            continue
        gain = after.up / max(before.up, 1) - after.down / before.down
        if best is None or gain > best[0]:
            best = gain, Suggestion(SuggestionKind.NARROWER, text, tried, before, after)
    return best[1] if best else None


def _candidates(text: str, tree: Expression, mine: Sequence[Voted]) -> Iterator[str]:
    """Longer phrases around a watch's own, topics of what is liked, and what is not left out."""
    liked = [each.paper.title for each in mine if each.up > each.down]
    disliked = [each.paper.title for each in mine if each.down > each.up]
    if isinstance(tree, Phrase) and not tree.exact:
        yield from _common(_longer(tree.text, liked), 1)
    whole = text if isinstance(tree, Phrase) else f"({text})"
    apart = set(text.lower().split())
    for phrase in _common(map(title_phrases, liked), 2):
        if not apart & set(phrase.split()):
            yield f"{whole} AND {phrase}"
    for phrase in _common(map(title_phrases, disliked), 2):
        if not apart & set(phrase.split()):
            yield f'{whole} -"{phrase}"'


def _longer(phrase: str, titles: Iterable[str]) -> Iterator[list[str]]:
    """For each title the phrase with the words beside it: "alignment of language models"."""
    own = phrase.lower().split()
    for title in titles:
        said = [word.strip(".,:;!?()[]\"'") for word in title.lower().split()]
        for at in range(len(said) - len(own) + 1):
            if said[at : at + len(own)] == own:
                yield list(_around(said, at, at + len(own)))


def _around(said: Sequence[str], start: int, end: int) -> Iterator[str]:
    for last in range(end + 1, min(end + _LONGER_BY, len(said)) + 1):
        if said[last - 1] and said[last - 1] not in FUNCTION_WORDS:
            yield " ".join(said[start:last])
    if start and said[start - 1] and said[start - 1] not in FUNCTION_WORDS:
        yield " ".join(said[start - 1 : end])


def _common(groups: Iterable[Iterable[str]], least: int) -> list[str]:
    """Phrases in at least so many groups, commonest first, then the longest."""
    found = Counter(phrase for group in groups for phrase in set(group))
    common = sorted(found.items(), key=lambda each: (-each[1], -len(each[0].split()), each[0]))
    return [phrase for phrase, times in common if times >= least][:_MOST_TRIED]


def _new(
    live: Mapping[str, Expression],
    voted: Sequence[Voted],
    taught: Sequence[PaperText],
    matcher: Matcher,
) -> Iterator[Suggestion]:
    """Topics of liked papers that no watch brought, where votes do not speak against them."""
    strange = [each.paper for each in voted if not each.watch and each.up > each.down]
    strange += [paper for paper in taught if not _is_found(paper, live, matcher)]
    titles = [paper.title for paper in strange]
    for text, expression in _parsed(example_watches(titles, _TOPICS, usual=())):
        found = tally(_kept(expression, voted, matcher))
        known = sum(matcher.finds(expression, paper) for paper in taught)
        if found.up + known >= _LEAST_UP and found.up + known >= _DISLIKED * found.down:
            yield Suggestion(SuggestionKind.NEW, "", text, after=found)


def _is_found(paper: PaperText, live: Mapping[str, Expression], matcher: Matcher) -> bool:
    return any(matcher.finds(each, paper) for each in live.values())


def _kept(expression: Expression, voted: Iterable[Voted], matcher: Matcher) -> list[Voted]:
    return [each for each in voted if matcher.finds(expression, each.paper)]


def _parsed(texts: Iterable[str]) -> Iterator[tuple[str, Expression]]:
    for text in texts:
        try:
            tree = parse(text)
        except ExpressionError:
            # A title may have words of the grammar in it.
            continue
        yield str(tree), tree
