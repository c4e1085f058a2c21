"""A paper becomes an item that Zotero takes, with a key that never changes."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.rounds.zotero.items import item_key, write_token, zotero_item
from storage.models import Paper


def test_an_arxiv_paper_as_a_preprint() -> None:
    paper = Paper(
        key="arxiv:2401.00001",
        source="arxiv",
        title="Sorting in $O(n^2)$",
        authors=["Ada Lovelace", "ATLAS Collaboration"],
        abstract="We sort.",
        categories=["cs.DS"],
        published_at=datetime(2024, 1, 2, tzinfo=UTC),
        url="https://arxiv.org/abs/2401.00001",
    )

    assert zotero_item(paper, "ABCD2345", ["todo"], "") == {
        "key": "ABCD2345",
        "version": 0,
        "itemType": "preprint",
        "title": "Sorting in O(n²)",
        "creators": [
            {"creatorType": "author", "firstName": "Ada", "lastName": "Lovelace"},
            {"creatorType": "author", "name": "ATLAS Collaboration"},
        ],
        "abstractNote": "We sort.",
        "repository": "arXiv",
        "archiveID": "arXiv:2401.00001",
        "date": "2024-01-02",
        "url": "https://arxiv.org/abs/2401.00001",
        "tags": [{"tag": "cs.DS"}, {"tag": "todo"}],
    }


@given(st.text(), st.text())
def test_keys_are_of_zoteros_letters_and_stay_the_same(address: str, paper: str) -> None:
    address, paper = (text.encode("utf-8", "ignore").decode() for text in (address, paper))
    key = item_key(address, paper)

    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{8}", key)
    assert item_key(address, paper) == key


def test_a_token_has_32_characters_and_follows_from_what_is_sent() -> None:
    assert len(write_token(["a", "b"])) == 32
    assert write_token(["a", "b"]) == write_token(["b", "a"]) != write_token(["a"])
