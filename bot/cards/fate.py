"""What became of a paper after its post, in words."""

from collections.abc import Mapping
from dataclasses import replace

from bot.cards.card import Card
from bot.cards.richtext import Line, bold, line, link

RETRACTED, CONCERN, PUBLISHED, VERSION = "retracted", "concern", "published", "version"
"""Retracted or withdrawn; an expression of concern; in a journal; a new version."""

_AGAINST = {RETRACTED: "retracted", CONCERN: "expression of concern"}
_SAID = {
    RETRACTED: (
        "Retracted",
        ": this paper was retracted by its journal or withdrawn by its authors",
    ),
    CONCERN: ("Expression of concern", ": its journal has published a concern about this paper"),
    PUBLISHED: ("Published", ": this paper has appeared in a journal"),
}


def marked(card: Card, fates: Mapping[str, str]) -> Card:
    """The card with what became of its paper: what speaks against it before the title.

    `fates` is details by kind: a DOI or the name of a journal, the number of a version, or "".
    """
    first = next(iter(against(fates)), "")
    title = f"{first.capitalize()}: {card.title}" if first else card.title
    return replace(card, title=title, badges=(*card.badges, *badges(fates)))


def against(fates: Mapping[str, str]) -> tuple[str, ...]:
    """Short marks for what speaks against a paper, what weighs most first."""
    return tuple(said for kind, said in _AGAINST.items() if kind in fates)


def badges(fates: Mapping[str, str]) -> tuple[str, ...]:
    """Short marks for what does not speak against a paper."""
    found = []
    if PUBLISHED in fates:
        where = fates[PUBLISHED]
        found.append("published in a journal" if _is_doi(where) or not where else where)
    if VERSION in fates:
        found.append(f"version {fates[VERSION]} is out")
    return tuple(found)


def told(kind: str, detail: str) -> Line:
    """A sentence that says it, with a link where a DOI is known."""
    if kind == VERSION:
        return line(bold(f"Version {detail}"), " of this paper is out.")
    name, rest = _SAID[kind]
    if not detail:
        return line(bold(name), f"{rest}.")
    if _is_doi(detail):
        return line(bold(name), f"{rest}: ", link(detail, f"https://doi.org/{detail}"))
    return line(bold(name), f": this paper has appeared in {detail}.")


def _is_doi(detail: str) -> bool:
    return detail.startswith("10.")
