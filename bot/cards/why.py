"""The why-line of a card: why this paper is in this channel, in one line."""

from collections.abc import Sequence

from bot.cards.latex import readable
from bot.cards.richtext import Line, Span, italic, line
from bot.matching.types import Evidence
from bot.text import one_line, shorten

_LONGEST_WORDS = 60
_EVIDENCE = 2
_TASTE_WORDS = 2
_OPENING = {
    "beyond": line("beyond your watches"),
    "trying": line("a guess, please vote"),
}
_PLACE = {
    "title": "in the title",
    "abstract": "in the abstract",
    "authors": "as an author",
    "categories": "as a category",
    "source": "as the source",
}


def why_line(
    *,
    watch: str,
    evidence: Sequence[Evidence],
    score: float,
    likes: Sequence[str] = (),
    dislikes: Sequence[str] = (),
    like: str = "",
    unlike: str = "",
    apart: str = "",
    kind: str = "watch",
    submitted_by: str | None = None,
) -> Line:
    """Say what matched and what the channel's votes said, in at most three short clauses.

    matched *mixture of experts* in the title, 97; your channel likes *routing*

    `score` is 0-100 and shown with a match only; `evidence` is best first and at most two of it
    are named. `like` is the title of a paper that was voted up here and is near in meaning,
    `unlike` of one that was voted down, `apart` of one that was voted down and that this one is
    unlike; without them at most two phrases are named. `kind` is
    "watch", "beyond", "trying" (which names no taste: it is what the taste does not know) or
    "submitted". The line is empty where nothing is known. It does not explain how the picks were
    ordered.
    """
    votes = taste_clause(like=like, unlike=unlike, apart=apart, likes=likes, dislikes=dislikes)
    clauses = (
        line("submitted by ", _short(submitted_by)) if submitted_by else _OPENING.get(kind, ()),
        _matched(watch, evidence, score) if kind != "beyond" else (),
        votes if kind != "trying" else (),
    )
    return _joined([clause for clause in clauses if clause], "; ")


def taste_clause(
    *,
    like: str = "",
    unlike: str = "",
    apart: str = "",
    likes: Sequence[str] = (),
    dislikes: Sequence[str] = (),
) -> Line:
    """What the channel's votes say of a paper, as in `why_line`; empty where they say nothing."""
    if like or unlike:
        return _alike(like, unlike)
    if apart:
        return line("unlike ", italic(_short(apart)), ", which you voted down")
    return _taste(likes, dislikes)


def _matched(watch: str, evidence: Sequence[Evidence], score: float) -> Line:
    """The matched words with their places, or the watch itself where no words can be shown."""
    shown = [_named(each) for each in evidence[:_EVIDENCE]]
    if not shown and not one_line(watch):
        return ()
    if shown and all(_is_relation(each) for each in evidence[:_EVIDENCE]):
        return _joined(shown, " and ")
    if not shown and not score:
        return line("near your watch ", italic(_short(watch)), " in meaning")
    if not shown:
        return line("matched your watch ", italic(_short(watch)), f", {score:.0f}")
    return (Span("matched "), *_joined(shown, " and "), Span(f", {score:.0f}"))


def _is_relation(evidence: Evidence) -> bool:
    return evidence.field == "facts" and evidence.words.startswith(("cites ", "by "))


def _named(evidence: Evidence) -> Line:
    """The matched words and their place; the watch's own words too where they differ much."""
    via = _short(evidence.note)
    if _is_relation(evidence):
        verb, _, named = evidence.words.partition(" ")
        return (Span(f"{verb} "), italic(_short(named)))
    if evidence.field == "facts":
        return (Span(_short(evidence.words)),)
    spans = [italic(_short(evidence.words)), Span(f" {_PLACE[evidence.field]}")]
    if via:
        spans.append(Span(f" via {via}"))
    elif evidence.how in ("typo", "stem", "of-form"):
        spans += [Span(" for "), italic(_short(evidence.phrase))]
    return tuple(spans)


def _alike(like: str, unlike: str) -> Line:
    if like:
        return line("like ", italic(_short(like)), ", which you liked")
    return line("like ", italic(_short(unlike)), ", which you voted down") if unlike else ()


def _taste(likes: Sequence[str], dislikes: Sequence[str]) -> Line:
    liked = likes[:_TASTE_WORDS]
    disliked = dislikes[: _TASTE_WORDS - len(liked)]
    parts = [
        _listed(verb, words)
        for verb, words in (("likes ", liked), ("dislikes ", disliked))
        if words
    ]
    return (Span("your channel "), *_joined(parts, ", ")) if parts else ()


def _listed(verb: str, words: Sequence[str]) -> Line:
    return (Span(verb), *_joined([(italic(_short(word)),) for word in words], " and "))


def _joined(parts: Sequence[Line], between: str) -> Line:
    spans: list[Span] = []
    for part in parts:
        spans += [Span(between), *part] if spans else part
    return tuple(spans)


def _short(text: str) -> str:
    return shorten(one_line(readable(text)), _LONGEST_WORDS)
