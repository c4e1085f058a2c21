"""A paper as an item of Zotero: its fields, its key and the token of a request."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from bot.cards.compose import split_name
from bot.cards.latex import readable
from bot.sources.paper_ids import public_id
from storage.models import Paper

_KEY_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_KEY_LENGTH = 8
_LONGEST_TAG = 200


def item_key(address: str, paper_key: str) -> str:
    """The item's key in a library (`users/1`, `groups/2`): the same paper always has the same.

    So an item that is there already is refused by Zotero and never made twice, also after the
    twelve hours for which it remembers a token.
    """
    number = int.from_bytes(hashlib.sha256(f"{address}:{paper_key}".encode()).digest())
    letters = []
    for _ in range(_KEY_LENGTH):
        number, at = divmod(number, len(_KEY_LETTERS))
        letters.append(_KEY_LETTERS[at])
    return "".join(letters)


def write_token(delivery_ids: Iterable[str]) -> str:
    """The `Zotero-Write-Token` of a request: 32 hexadecimal digits out of its delivery ids."""
    return hashlib.sha256("\n".join(sorted(delivery_ids)).encode()).hexdigest()[:32]


def zotero_item(paper: Paper, key: str, tags: Sequence[str], collection: str) -> dict[str, Any]:
    """The item in Zotero's JSON; `version` 0 says that it must be new."""
    kind = paper.key.partition(":")[0]
    day = paper.published_at or paper.featured_at
    known = {
        "itemType": "preprint",
        "title": _line(paper.title),
        "creators": [_creator(name) for name in paper.authors],
        "abstractNote": _line(paper.abstract),
        "repository": "arXiv" if kind == "arxiv" else "",
        "archiveID": f"arXiv:{public_id(paper.key)}" if kind == "arxiv" else "",
        "DOI": public_id(paper.key) if kind == "doi" else "",
        "date": f"{day:%Y-%m-%d}" if day else "",
        "url": paper.url or "",
        "tags": [{"tag": tag[:_LONGEST_TAG]} for tag in dict.fromkeys((*paper.categories, *tags))],
        "collections": [collection] if collection else [],
    }
    return {"key": key, "version": 0, **{name: value for name, value in known.items() if value}}


def _line(text: str) -> str:
    return " ".join(readable(text).split())


def _creator(name: str) -> dict[str, str]:
    given, family = split_name(name)
    if not given:
        return {"creatorType": "author", "name": family}
    return {"creatorType": "author", "firstName": given, "lastName": family}
