"""What a webhook is told of a post, as JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.cards.card import Card
from bot.cards.richtext import plain


def event_json(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    """An event in UTF-8, in the shape of Standard Webhooks; the same facts give the same bytes."""
    event = {"type": kind, "timestamp": _time(at), "data": data}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def post_data(
    post_id: str, channel: tuple[str, str], card: Card, authors: Sequence[str], paper_id: str
) -> dict[str, Any]:
    """What is said of a post; `channel` is its address and name, `authors` are full names.

    What is not known is left out.
    """
    known = {
        "url": card.url,
        "authors": list(authors),
        "summary": card.summary,
        "abstract": card.abstract,
        "why": plain(card.why),
        "badges": list(card.badges),
        "categories": list(card.categories),
        "published": card.published.isoformat() if card.published else None,
        "upvotes": card.upvotes,
        "image": card.thumbnail,
        "links": [{"label": link.label, "url": link.url} for link in card.links],
    }
    return {
        **reference(post_id, channel, paper_id),
        "title": card.title,
        **{name: value for name, value in known.items() if value not in (None, "", [])},
    }


def reference(post_id: str, channel: tuple[str, str], paper_id: str) -> dict[str, Any]:
    """Which post it is, and nothing of what it says; `id` never changes."""
    address, name = channel
    return {"id": post_id, "paper": paper_id, "channel": {"address": address, "name": name}}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
