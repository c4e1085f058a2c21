"""What a post remembers of its pick, so that its card says the same at every attempt and edit."""

from dataclasses import asdict, replace
from typing import Any

from bot.cards.card import Card
from bot.cards.compose import compose
from bot.cards.why import why_line
from bot.matching.paper import Evidence
from bot.picks.pick import Opinion
from bot.rounds.matches import WatchMatch
from storage.models import Paper, Post, PostStyle


def memo(found: WatchMatch | None, opinion: Opinion | None) -> dict[str, Any]:
    """What is kept of a pick; `opinion` is None where taste had no say in it."""
    return {
        "watch": found.watch if found else "",
        "score": found.match.score if found else 0.0,
        "evidence": [asdict(each) for each in found.match.evidence] if found else [],
        "likes": list(opinion.likes) if opinion else [],
        "dislikes": list(opinion.dislikes) if opinion else [],
    }


def card_of(post: Post, paper: Paper) -> Card:
    """The card of a post, with the why-line of the time it was picked."""
    kept = post.match
    why = why_line(
        watch=kept.get("watch", ""),
        evidence=[Evidence(**each) for each in kept.get("evidence", [])],
        score=kept.get("score", 0.0),
        likes=kept.get("likes", ()),
        dislikes=kept.get("dislikes", ()),
        kind=post.kind,
        submitted_by=kept.get("submitted_by"),
    )
    card = compose(paper, why=why)
    return replace(card, summary="") if post.style is PostStyle.SHORT else card
