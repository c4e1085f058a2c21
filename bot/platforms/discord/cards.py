"""Cards as Discord messages within Discord's limits, with custom ids for buttons.

Limits hold by construction, counted in UTF-16 units: 4,000 characters of text and 40 components a
layout, 256 for an embed's title, 4,096 for its description and 6,000 in all. A link that is too
long for a button (512) is left out.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import discord
from discord import ui

from bot.cards.card import Card, Form
from bot.cards.richtext import Line
from bot.platforms.discord import events
from bot.platforms.discord.manage_form import Look, Looks
from bot.platforms.discord.markdown import (
    address,
    bare_address,
    escape_within,
    link,
    markdown,
    weight,
)
from bot.ports import Choice
from bot.text import one_line, shorten

_DETAILS = "paperround:post:"
_FROM = 2**30

DETAILS = re.compile(rf"{_DETAILS}(?P<delivery_id>[0-9A-Za-z-]{{1,64}})")
"""The custom id of a post's Details button, which carries the post's delivery id."""

VOTES: Mapping[str, str] = MappingProxyType({"up": "👍", "down": "👎", "save": "🔖"})
"""What each vote button stands for, by the word that its custom id carries."""

VOTE = re.compile(rf"paperround:vote:(?P<what>{'|'.join(VOTES)})")
"""The custom id of a vote button."""


SHOW = re.compile(r"paperround:show:(?P<text>[a-z]{1,40})")
"""The custom id of the button that shows an answer's picture to everybody: its command."""


CHOICE = re.compile(r"paperround:type:(?P<text>.+)", re.DOTALL)
"""The custom id of a button that stands for a typed command."""

ASK = re.compile(r"paperround:ask:(?P<asks>[^|]+)\|(?P<text>.+)", re.DOTALL)
"""The custom id of a button, and of its form, that asks for the end of a command."""


def choice_view(choices: Sequence[Choice]) -> ui.View | None:
    """Buttons that stand for commands, at most five; None where none fits into Discord's 100."""
    view = ui.View(timeout=None)
    for each in choices:
        custom_id = (
            f"paperround:ask:{each.asks}|{each.command}"
            if each.asks
            else f"paperround:type:{each.command}"
        )
        if weight(custom_id) <= _CUSTOM_ID and len(view.children) < _ROW:
            label = shorten(one_line(each.label), _BUTTON_LABEL)
            view.add_item(ui.Button(label=label, custom_id=custom_id))
    view.stop()
    return view if view.children else None


def show_id(text: str) -> str:
    """The custom id for the button below the picture of a command's answer."""
    return f"paperround:show:{text}"


def vote_id(what: str) -> str:
    """The custom id of a vote button, one of `VOTES`."""
    return f"paperround:vote:{what}"


def details_id(delivery_id: str) -> str:
    """The custom id for a post's Details button; at most 80 characters."""
    return f"{_DETAILS}{delivery_id}"


def find_delivery_id(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The delivery id that a message's components carry at any depth, or None."""
    for component in components:
        if found := DETAILS.fullmatch(str(component.get("custom_id", ""))):
            return found["delivery_id"]
        inner = find_delivery_id(component.get("components", ()))
        if inner is not None:
            return inner
    return None


def number(delivery_id: str) -> int:
    """The mark of a message without buttons, as the `id` of its text: 2^30 to 2^31 - 1.

    Discord itself numbers components from 1 on.
    """
    digest = hashlib.sha256(delivery_id.encode()).digest()
    return _FROM + int.from_bytes(digest[:4]) % _FROM


def carries(components: Sequence[Mapping[str, Any]], delivery_id: str) -> bool:
    """Whether a message's components hold a delivery's mark: a custom id or a component number."""
    return find_delivery_id(components) == delivery_id or number(delivery_id) in _ids(components)


def has_votes(components: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message's components hold a vote button at any depth."""
    return any(
        VOTE.fullmatch(str(component.get("custom_id", ""))) is not None
        or has_votes(component.get("components", ()))
        for component in components
    )


def _ids(components: Iterable[Mapping[str, Any]]) -> Iterator[object]:
    for component in components:
        yield component.get("id")
        yield from _ids(component.get("components", ()))


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
_CUSTOM_ID = 100
_ROW = 5
_BARE_LINKS = 600
_EMBED_TITLE = 256
_EMBED_AUTHOR = 256
_EMBED_FOOTER = 200
_COLOUR = 0x2F6F5E
_BEYOND = 0xB7791F


def layout(card: Card, *, delivery_id: str | None = None, voting: bool = False) -> ui.LayoutView:
    """A card as a message of its own, marked with `delivery_id`; `voting` adds vote buttons."""
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
    for small in (_why(card), _bare_links(card)):
        if small:
            box.add_item(ui.TextDisplay(f"-# {small}"))
    buttons = _buttons(card, delivery_id)
    for start in range(0, len(buttons), _ROW):
        box.add_item(ui.ActionRow(*buttons[start : start + _ROW]))
    return box


def embed(card: Card) -> discord.Embed:
    """A card as a classic embed; its links are buttons of the message (see `buttons`)."""
    why = _why(card)
    description = "\n".join(
        part
        for part in (
            escape_within(card.summary, _SUMMARY),
            *(f"-# {small}" for small in (why, _bare_links(card)) if small),
        )
        if part
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


def _bare_links(card: Card) -> str:
    """Labelled addresses as text, of the links that Discord does not accept as links."""
    labelled = [("Page", card.url), *((each.label, each.url) for each in card.links[:_ROW])]
    shown: dict[str, str] = {}
    for label, url in labelled:
        if (bare := bare_address(url)) is not None and bare not in shown:
            shown[bare] = f"{escape_within(one_line(label), _BUTTON_LABEL)}: {bare}"
    texts = list(shown.values())
    while sum(weight(text) + 3 for text in texts) > _BARE_LINKS:
        texts.pop()
    return " · ".join(texts)


def _buttons(card: Card, delivery_id: str | None) -> list[ui.Button[ui.View]]:
    made: list[ui.Button[ui.View]] = [
        ui.Button(label=shorten(one_line(each.label), _BUTTON_LABEL // 2) or "Link", url=url)
        for each in (card.links[:_ROW] if card.form < Form.NO_BUTTONS else ())
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


CONTENT = 2_000
"""The longest text of a message that is no layout."""

OPTION = 100
"""The longest name and value of a choice, of a select menu's option and of a description."""

CHOICES = 25
"""The most choices of one option, and options of one menu."""

ALT = 1_024
"""The longest text that says what a picture shows."""


NOBODY = discord.AllowedMentions.none()
"""Who is pinged by what we send."""


_ROOM_FOR_REST = 60

V = TypeVar("V", ui.View, ui.LayoutView)

Content = Mapping[str, Any]
"""What the ways to send take."""


def card_message(card: Card, delivery_id: str | None, looks: Looks) -> dict[str, Any]:
    """The arguments that send a card in its channel's looks.

    The forms PLAIN and BARE look the same whatever the channel chose.
    """
    if card.form >= Form.PLAIN:
        return _alone(*_plainly(card, delivery_id))
    voting = Look.BUTTONS in looks
    if Look.EMBEDS in looks:
        view = _deaf(buttons(card, delivery_id, voting=voting))
        return {"embed": embed(card), "view": view, "allowed_mentions": NOBODY}
    view_ = _deaf(layout(card, delivery_id=delivery_id, voting=voting))
    return {"view": view_, "allowed_mentions": NOBODY}


def _plainly(card: Card, delivery_id: str | None) -> Iterator[ui.Item[ui.LayoutView]]:
    url = address(card.url, _BUTTON_URL) or bare_address(card.url)
    texts = (escape_within(card.title, _TITLE), escape_within(card.authors, _BYLINE), url)
    yield ui.TextDisplay("\n".join(filter(None, texts)) or "Untitled")
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for button in _buttons(card, delivery_id):
        row.add_item(button)
    if row.children:
        yield row


def text_message(line: Line) -> dict[str, Any]:
    """The arguments that send a line, without previews of its links."""
    text = markdown(line, CONTENT)
    return {"content": text, "suppress_embeds": True, "allowed_mentions": NOBODY}


def text_messages(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The arguments that send lines one below the other, in as few messages as possible."""
    texts = [""]
    for each in lines:
        shown = markdown(each, CONTENT)
        if weight(f"{texts[-1]}\n{shown}") > CONTENT:
            texts.append("")
        texts[-1] = f"{texts[-1]}\n{shown}".strip("\n")
    return [
        {"content": text, "suppress_embeds": True, "allowed_mentions": NOBODY} for text in texts
    ]


def head_message(lines: Sequence[Line], delivery_id: str) -> dict[str, Any]:
    """The arguments that send the list above a round's posts, marked.

    Lines that do not fit are counted in the last line.
    """
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_COLOUR)
    box.add_item(ui.TextDisplay(_listed(lines), id=number(delivery_id)))
    return _alone(box)


def details_messages(lines: Sequence[Line], delivery_id: str) -> list[dict[str, Any]]:
    """The arguments that send the details below a short post, in as few messages as possible.

    The last message is marked: if it was sent, so were the others. A repetition within minutes
    sends none twice (nonce).
    """
    texts = _packed(lines)
    made = []
    for place, text in enumerate(texts):
        mark = number(delivery_id) if place == len(texts) - 1 else None
        sent = _alone(ui.TextDisplay(text, id=mark))
        made.append({**sent, "nonce": events.nonce(f"{delivery_id}|{place}")})
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


def _alone(*items: ui.Item[ui.LayoutView]) -> dict[str, Any]:
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    return {"view": _deaf(view), "allowed_mentions": NOBODY}


def _deaf(view: V) -> V:
    """The view, stopped: discord.py would keep a listening view for as long as it runs.

    Buttons of posts are recognized by their custom ids instead.
    """
    view.stop()
    return view
