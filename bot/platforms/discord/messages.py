"""What discord.py's ways to send and edit take: cards, heads and details, nobody mentioned."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import discord
from discord import ui

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.platforms.discord import payloads
from bot.platforms.discord.cards import LAYOUT_TEXT, buttons, embed, layout
from bot.platforms.discord.looks import Look, Looks
from bot.platforms.discord.markdown import markdown, weight
from bot.platforms.discord.marks import number
from bot.platforms.discord.sizes import CONTENT

NOBODY = discord.AllowedMentions.none()
"""Who is pinged by what we send."""

_COLOUR = 0x2F6F5E
_ROOM_FOR_REST = 60

V = TypeVar("V", ui.View, ui.LayoutView)

Content = Mapping[str, Any]
"""What the ways to send take."""


def card_message(card: Card, delivery_id: str | None, looks: Looks) -> dict[str, Any]:
    """A card in the style that its channel chose."""
    voting = Look.BUTTONS in looks
    if Look.EMBEDS in looks:
        view = _deaf(buttons(card, delivery_id, voting=voting))
        return {"embed": embed(card), "view": view, "allowed_mentions": NOBODY}
    view_ = _deaf(layout(card, delivery_id=delivery_id, voting=voting))
    return {"view": view_, "allowed_mentions": NOBODY}


def text_message(line: Line) -> dict[str, Any]:
    """A line without previews of its links."""
    text = markdown(line, CONTENT)
    return {"content": text, "suppress_embeds": True, "allowed_mentions": NOBODY}


def head_message(lines: Sequence[Line], delivery_id: str) -> dict[str, Any]:
    """The list above a round's posts, marked; what has no room is counted in its last line."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_COLOUR)
    box.add_item(ui.TextDisplay(_listed(lines), id=number(delivery_id)))
    return _alone(box)


def details_messages(lines: Sequence[Line], delivery_id: str) -> list[dict[str, Any]]:
    """What stands below a short post, in as few messages as it takes.

    The last is marked, so that where it stands, all do. Within minutes each is sent once (nonce).
    """
    texts = _packed(lines)
    made = []
    for place, text in enumerate(texts):
        mark = number(delivery_id) if place == len(texts) - 1 else None
        sent = _alone(ui.TextDisplay(text, id=mark))
        made.append({**sent, "nonce": payloads.nonce(f"{delivery_id}|{place}")})
    return made


def _listed(lines: Sequence[Line]) -> str:
    shown: list[str] = []
    room = LAYOUT_TEXT - _ROOM_FOR_REST
    for each in lines:
        text = markdown(each, CONTENT)
        if weight(text) + 1 > room:
            return "\n".join((*shown, f"… and {len(lines) - len(shown)} more in the thread"))
        shown.append(text)
        room -= weight(text) + 1
    return "\n".join(shown)


def _packed(lines: Sequence[Line]) -> list[str]:
    made: list[str] = []
    for each in lines:
        text = markdown(each, LAYOUT_TEXT)
        if made and weight(made[-1]) + 1 + weight(text) <= LAYOUT_TEXT:
            made[-1] += f"\n{text}"
        elif text.strip():
            made.append(text)
    return made


def _alone(item: ui.Item[ui.LayoutView]) -> dict[str, Any]:
    view = _deaf(ui.LayoutView(timeout=None).add_item(item))
    return {"view": view, "allowed_mentions": NOBODY}


def _deaf(view: V) -> V:
    """A view that listens to nothing: discord.py would keep each that does for as long as it runs.

    The buttons of posts are found by their custom ids instead.
    """
    view.stop()
    return view
