"""Cards as Discord messages: Components V2, or embeds where a host prefers them.

Limits hold by construction, counted in UTF-16 units: 4,000 characters of text and 40 components a
layout, 256 for an embed's title, 4,096 for its description and 6,000 in all. A link that is too
long for a button (512) is left out.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import discord
from discord import ui

from bot.cards.card import Card
from bot.cards.text import one_line, shorten
from bot.platforms.discord.markdown import address, escape_within, link, markdown, weight
from bot.platforms.discord.marks import VOTES, details_id, vote_id

CardStyle = Literal["components", "embeds"]
"""How a host wants cards to look."""

LAYOUT_TEXT = 4_000
LAYOUT_COMPONENTS = 40

_TITLE = 500
_BYLINE = 300
_SUMMARY = 900
_WHY = 400
_TITLE_URL = 400
_BUTTON_URL = 512
_BUTTON_LABEL = 80
_ROW = 5
_EMBED_TITLE = 256
_EMBED_AUTHOR = 256
_EMBED_FOOTER = 200
_COLOUR = 0x2F6F5E
_BEYOND = 0xB7791F


def layout(card: Card, *, delivery_id: str | None = None, voting: bool = False) -> ui.LayoutView:
    """A card as a message of its own; a `delivery_id` marks it as that delivery.

    `voting` gives it buttons to vote with.
    """
    box = container(card, delivery_id=delivery_id)
    if voting:
        box.add_item(ui.ActionRow(*_vote_buttons()))
    return ui.LayoutView(timeout=None).add_item(box)


def layouts(cards: Sequence[Card]) -> list[ui.LayoutView]:
    """Cards in as few messages as their limits allow, in their order."""
    made: list[ui.LayoutView] = []
    for box in map(container, cards):
        if not made or not _fits(made[-1], box):
            made.append(ui.LayoutView(timeout=None))
        made[-1].add_item(box)
    return made


def _fits(view: ui.LayoutView, box: ui.Container[ui.LayoutView]) -> bool:
    items = [*view.walk_children(), box, *box.walk_children()]
    text = sum(weight(item.content) for item in items if isinstance(item, ui.TextDisplay))
    return text <= LAYOUT_TEXT and len(items) <= LAYOUT_COMPONENTS


def container(card: Card, *, delivery_id: str | None = None) -> ui.Container[ui.LayoutView]:
    """One card: title, byline and summary beside the picture, the reason, and buttons."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_accent(card))
    texts = [ui.TextDisplay[ui.LayoutView](text) for text in _texts(card)]
    if (picture := address(card.thumbnail, 2_048)) is not None:
        box.add_item(ui.Section(*texts, accessory=ui.Thumbnail(picture)))
    else:
        for text in texts:
            box.add_item(text)
    if why := _why(card):
        box.add_item(ui.TextDisplay(f"-# {why}"))
    buttons = _buttons(card, delivery_id)
    for start in range(0, len(buttons), _ROW):
        box.add_item(ui.ActionRow(*buttons[start : start + _ROW]))
    return box


def embed(card: Card) -> discord.Embed:
    """A card as a classic embed; its links are buttons of the message (see `buttons`)."""
    why = _why(card)
    description = "\n".join(
        part for part in (escape_within(card.summary, _SUMMARY), why and f"-# {why}") if part
    )
    made = discord.Embed(
        title=escape_within(card.title, _EMBED_TITLE) or "Untitled",
        url=address(card.url, 2_048),
        description=description,
        colour=_accent(card),
    )
    if card.authors:
        made.set_author(name=shorten(one_line(card.authors), _EMBED_AUTHOR // 2))
    if facts := _facts(card):
        made.set_footer(text=shorten(facts, _EMBED_FOOTER))
    if (picture := address(card.thumbnail, 2_048)) is not None:
        made.set_thumbnail(url=picture)
    return made


def buttons(card: Card, delivery_id: str | None = None, *, voting: bool = False) -> ui.View:
    """The buttons of a card for a message that is no layout."""
    view = ui.View(timeout=None)
    for button in _buttons(card, delivery_id):
        view.add_item(button)
    for button in _vote_buttons() if voting else ():
        # Links and Details may take two rows; votes have one to themselves.
        button.row = 2
        view.add_item(button)
    return view


def _texts(card: Card) -> Iterator[str]:
    title = escape_within(card.title, _TITLE) or "Untitled"
    url = address(card.url, _TITLE_URL)
    yield f"### {link(title, url) if url else title}"
    byline = escape_within(" · ".join(filter(None, (card.authors, _facts(card)))), _BYLINE)
    if byline:
        yield f"-# {byline}"
    if summary := escape_within(card.summary, _SUMMARY):
        yield summary


def _facts(card: Card) -> str:
    """Raw text: date, counts that are not 0, categories."""
    published = f"{card.published.day} {card.published:%b %Y}" if card.published else ""
    counts = (f"▲ {card.upvotes}" if card.upvotes else "", _comments(card.comments))
    return " · ".join(filter(None, (published, *counts, ", ".join(card.categories[:3]))))


def _comments(count: int | None) -> str:
    return f"{count} comment{'' if count == 1 else 's'}" if count else ""


def _why(card: Card) -> str:
    parts = [markdown(card.why, _WHY), *(escape_within(badge, 60) for badge in card.badges[:3])]
    return " · ".join(part for part in parts if part)


def _buttons(card: Card, delivery_id: str | None) -> list[ui.Button[ui.View]]:
    made: list[ui.Button[ui.View]] = [
        ui.Button(label=shorten(one_line(each.label), _BUTTON_LABEL // 2) or "Link", url=url)
        for each in card.links[:_ROW]
        if (url := address(each.url, _BUTTON_URL)) is not None
    ]
    if delivery_id is not None:
        # The mark by which a post is found again, hours later and whatever was edited in it.
        made.append(ui.Button(label="Details", custom_id=details_id(delivery_id)))
    return made


def _vote_buttons() -> list[ui.Button[ui.View]]:
    return [ui.Button(emoji=emoji, custom_id=vote_id(what)) for what, emoji in VOTES.items()]


def _accent(card: Card) -> int:
    return _BEYOND if card.badges else _COLOUR
