"""What reference managers export, whole or broken, becomes papers with their identities."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.reference_lists import MOST_REFERENCES, ReferenceList, read_references
from tests.shared import SHARED, needs_shared

BIBTEX = r"""
@article{li2024, title = {The {B}ig {\'e}cole}, author = {Li, Wei and Guo, Lin}, year = 2024,
  doi = {10.1000/x}, eprint = {2401.00001}}
@misc{broken, title = "x"
@inproceedings{plain, title = {Only a title}}
@article{nothing, year = 2020}
"""
RIS = """TY  - JOUR
TI  - Graphs at scale
AU  - Li, Wei
PY  - 2021
DO  - 10.1000/y
ER  -

TY  - JOUR
DO  - 10.1000/alone
ER  -
"""
CSL = json.dumps(
    [
        {
            "id": "a",
            "title": "Graphs <i>again</i>",
            "author": [{"given": "Wei", "family": "Li"}, {"literal": "ATLAS Collaboration"}],
            "issued": {"date-parts": [[2022, 5]]},
            "DOI": "10.1000/z",
        }
    ]
)
ZOTERO = json.dumps(
    [
        {
            "key": "K1",
            "data": {
                "title": "Proteins",
                "creators": [{"firstName": "Ada", "lastName": "Lin"}],
                "date": "March 2020",
                "url": "https://arxiv.org/abs/2003.00001",
            },
        }
    ]
)
CSV = """"Key","Publication Year","Author","Title","DOI","Url","Abstract Note"
"K1","2019","Li, Wei; Guo, Lin","Rows, and columns","10.1000/c","","An abstract."
"K2","2019","","","","",""
"""
WEB_OF_SCIENCE = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Li, W
AF Li, Wei
TI Light harvesting
   in two lines
PY 1998
DI 10.1000/w
ER

EF
"""


def told(found: ReferenceList) -> list[tuple[str, str]]:
    return [(entry.title, entry.names[0]) for entry in found.entries]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RIS, [("Graphs at scale", "doi:10.1000/y")]),
        ("\ufeff" + RIS, [("Graphs at scale", "doi:10.1000/y")]),
        (CSL, [("Graphs again", "doi:10.1000/z")]),
        (ZOTERO, [("Proteins", "arxiv:2003.00001")]),
        (CSV, [("Rows, and columns", "doi:10.1000/c")]),
        (WEB_OF_SCIENCE, [("Light harvesting in two lines", "doi:10.1000/w")]),
    ],
    ids=["ris", "ris with a mark", "csl", "zotero", "csv", "web of science"],
)
def test_a_list_is_known_by_its_looks(text: str, expected: list[tuple[str, str]]) -> None:
    assert told(read_references(text)) == expected


def test_a_broken_entry_is_named_and_costs_only_itself() -> None:
    found = read_references(BIBTEX)

    assert [entry.title for entry in found.entries] == ["The Big école", "Only a title"]
    assert found.entries[0].names == ("arxiv:2401.00001", "doi:10.1000/x")
    assert found.entries[0].authors == ["Li, Wei", "Guo, Lin"]
    assert found.entries[0].published_at is not None
    assert found.entries[0].published_at.year == 2024
    assert found.entries[1].names[0].startswith("title:only-a-title-")
    assert [one.where for one in found.refused] == ['@misc{broken, title = "x"', "nothing"]


def test_a_reference_of_an_id_alone_is_a_link_to_look_up() -> None:
    assert read_references(RIS).links == ["10.1000/alone"]


def test_links_are_told_from_words() -> None:
    found = read_references(
        "<https://arxiv.org/abs/2401.00001v2>, 2402.00002\ndoi:10.1000/182 hello (10.1038/nature1)"
    )

    assert found.links == [
        "https://arxiv.org/abs/2401.00001v2",
        "2402.00002",
        "doi:10.1000/182",
        "10.1038/nature1",
    ]
    assert [one.where for one in found.refused] == ["hello"]


@pytest.mark.parametrize("text", ["[", "{}", "[1, null, []]", '"title', "@article{", "TY  - "])
def test_what_is_no_list_is_refused_or_empty(text: str) -> None:
    assert read_references(text).entries == []


def test_a_list_without_end_is_cut_and_says_so() -> None:
    many = "\n".join(f"@misc{{k{n}, title = {{Paper number {n}}}}}" for n in range(40))

    assert len(read_references(many).entries) == 40
    assert MOST_REFERENCES >= 1_000


@given(st.text())
def test_no_text_is_a_surprise(text: str) -> None:
    read_references(text)


@needs_shared
@pytest.mark.parametrize("name", ["example_full", "example_urls", "example_utf_chars"])
def test_real_exports_are_read(name: str) -> None:
    assert SHARED is not None
    text = (SHARED / "recorded" / "ris" / f"{name}.ris").read_text(encoding="utf-8")

    assert read_references(text).entries
