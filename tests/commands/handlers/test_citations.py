"""Saved papers become files that reference managers read."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.compose import split_name
from bot.commands.handlers.citations import bibtex, csl_json, ris
from storage.models import Paper


def paper(title: str = "Attention to Detail", **facts: object) -> Paper:
    known = {"key": "arxiv:2401.00001", "source": "arxiv", "authors": ["Ada Lovelace"], **facts}
    return Paper(title=title, **known)


def field(entry: str, name: str) -> str | None:
    found = re.search(rf"^  {name} = {{(.*)}}[,\n]", entry, re.MULTILINE)
    return found[1] if found else None


def test_an_arxiv_paper_as_bibtex() -> None:
    written = bibtex(
        [
            paper(
                authors=["Ada Lovelace", "Charles Babbage"],
                categories=["cs.LG", "stat.ML"],
                published_at=datetime(2024, 1, 2, tzinfo=UTC),
                url="https://arxiv.org/abs/2401.00001",
            )
        ]
    )

    assert written == (
        "@misc{lovelace2024attention,\n"
        "  title = {{Attention to Detail}},\n"
        "  author = {Ada Lovelace and Charles Babbage},\n"
        "  year = {2024},\n"
        "  month = {jan},\n"
        "  eprint = {2401.00001},\n"
        "  archiveprefix = {arXiv},\n"
        "  primaryclass = {cs.LG},\n"
        "  url = {https://arxiv.org/abs/2401.00001}\n"
        "}\n"
    )


def test_an_arxiv_paper_as_ris() -> None:
    written = ris(
        [
            paper(
                authors=["Ada Lovelace", "Charles Babbage"],
                published_at=datetime(2024, 1, 2, tzinfo=UTC),
                url="https://arxiv.org/abs/2401.00001",
            )
        ]
    )

    assert written == (
        "TY  - UNPB\n"
        "TI  - Attention to Detail\n"
        "AU  - Ada Lovelace\n"
        "AU  - Charles Babbage\n"
        "PY  - 2024\n"
        "DA  - 2024/01/02\n"
        "ID  - 2401.00001\n"
        "UR  - https://arxiv.org/abs/2401.00001\n"
        "ER  - \n"
    )


TITLES = [
    ("Profit & Loss at 50% #1", r"{Profit \& Loss at 50\% \#1}"),
    ("Sorting in $O(n^2)$", "{Sorting in O(n²)}"),
    ("Sets {a} and } alone", r"{Sets \textbraceleft a\textbraceright  and \textbraceright  alone}"),
    ("snake_case", r"{snake\_case}"),
    ("One\n  title", "{One title}"),
]


@pytest.mark.parametrize(("title", "written"), TITLES, ids=[title for title, _ in TITLES])
def test_titles_are_readable_and_escaped(title: str, written: str) -> None:
    assert field(bibtex([paper(title)]), "title") == written


AUTHORS = [
    (["Ada Lovelace"], 3, "Ada Lovelace and others"),
    (["ATLAS Collaboration"], 1, "{ATLAS Collaboration}"),
    (["Procter and Gamble"], 1, "{Procter and Gamble}"),
    ([], 4, None),
]


@pytest.mark.parametrize(("names", "number", "written"), AUTHORS)
def test_authors_are_whole_names(names: list[str], number: int, written: str | None) -> None:
    assert field(bibtex([paper(authors=names, author_count=number)]), "author") == written


KEYS = [
    (paper("The Unreasonable Effect", authors=["LeCun, Yann"]), "lecununreasonable"),
    (paper("On Graphs", authors=["Erdős Pál"]), "palgraphs"),
    (paper("注意", authors=["王 伟"]), "anonymousuntitled"),
    (paper("Attention", authors=[]), "anonymousattention"),
]


@pytest.mark.parametrize(("written", "key"), KEYS, ids=[key for _, key in KEYS])
def test_keys_are_readable_ascii(written: Paper, key: str) -> None:
    assert bibtex([written]).startswith(f"@misc{{{key},\n")


def test_keys_are_unique_in_a_file() -> None:
    assert re.findall(r"@misc{(.*),", bibtex([paper(), paper(), paper()])) == [
        "lovelaceattention",
        "lovelaceattention-2",
        "lovelaceattention-3",
    ]


def test_a_doi_is_written_as_such() -> None:
    published = paper(key="doi:10.1000/a_b")

    assert field(bibtex([published]), "doi") == r"10.1000/a\_b"
    assert "DO  - 10.1000/a_b\n" in ris([published])


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(), st.lists(st.text(), max_size=3)), max_size=5))
def test_braces_balance_and_keys_differ_whatever_the_text(
    rows: list[tuple[str, list[str]]],
) -> None:
    written = bibtex(paper(title, authors=authors) for title, authors in rows)

    depth = 0
    for mark in re.findall(r"[{}]", written):
        depth += 1 if mark == "{" else -1
        assert depth >= 0
    assert depth == 0
    keys = re.findall(r"^@misc{(.*),$", written, re.MULTILINE)
    assert len(set(keys)) == len(rows)


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_ris_value_never_begins_a_tag_of_its_own(title: str, authors: list[str]) -> None:
    written = ris([paper(title, authors=authors)])

    assert all(
        re.match(r"[A-Z][A-Z0-9]  - ", row) for row in written.removesuffix("\n").split("\n")
    )
    assert written.count("\nER  - ") == 1


def test_an_arxiv_paper_as_csl_json() -> None:
    written = csl_json(
        [
            paper(
                authors=["Ada Lovelace", "ATLAS Collaboration"],
                categories=["cs.LG"],
                published_at=datetime(2024, 1, 2, tzinfo=UTC),
                url="https://arxiv.org/abs/2401.00001",
            )
        ],
        [["rag"]],
    )

    assert json.loads(written) == [
        {
            "id": "lovelace2024attention",
            "type": "article",
            "title": "Attention to Detail",
            "author": [
                {"family": "Lovelace", "given": "Ada"},
                {"literal": "ATLAS Collaboration"},
            ],
            "issued": {"date-parts": [[2024, 1, 2]]},
            "number": "arXiv:2401.00001",
            "publisher": "arXiv",
            "URL": "https://arxiv.org/abs/2401.00001",
            "keyword": "cs.LG, rag",
        }
    ]


NAMES = [
    ("Yann LeCun", ("Yann", "LeCun")),
    ("LeCun, Yann", ("Yann", "LeCun")),
    ("Laurens van der Maaten", ("Laurens", "van der Maaten")),
    ("Plato", ("", "Plato")),
    ("ATLAS Collaboration", ("", "ATLAS Collaboration")),
]


@pytest.mark.parametrize(("name", "parts"), NAMES)
def test_names_are_divided(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts
