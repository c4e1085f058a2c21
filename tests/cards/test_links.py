import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.links import card_links, web_url

ABSTRACT = "https://arxiv.org/abs/2401.00001"
PDF = "https://arxiv.org/pdf/2401.00001"


def labelled(**urls: str) -> dict[str, str]:
    empty = dict.fromkeys(("page", "pdf", "code", "project", "discussion"))
    return {link.label: link.url for link in card_links(**{**empty, **urls})}


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ({}, {}),
        ({"page": ABSTRACT}, {"Abstract": ABSTRACT, "PDF": PDF}),
        ({"page": PDF}, {"Abstract": ABSTRACT, "PDF": PDF}),
        ({"pdf": f"{PDF}v2.pdf"}, {"Abstract": f"{ABSTRACT}v2", "PDF": f"{PDF}v2.pdf"}),
        (
            {"page": "http://export.arxiv.org/abs/hep-th/9901001v1"},
            {
                "Abstract": "https://arxiv.org/abs/hep-th/9901001v1",
                "PDF": "https://arxiv.org/pdf/hep-th/9901001v1",
            },
        ),
        (
            {"page": "https://journal.example/1", "pdf": PDF},
            {"Abstract": "https://journal.example/1", "PDF": PDF},
        ),
        ({"page": "https://a.example/paper.PDF"}, {"PDF": "https://a.example/paper.PDF"}),
        (
            {"code": "https://a.example/x", "project": "http://www.A.example/x/"},
            {"Code": "https://a.example/x"},
        ),
        (
            {"code": "https://a.example/x", "project": "https://a.example/X?y=1"},
            {"Code": "https://a.example/x", "Project": "https://a.example/X?y=1"},
        ),
        (
            {"code": "javascript:alert(1)", "discussion": "https://d.example"},
            {"Discussion": "https://d.example"},
        ),
    ],
)
def test_each_place_is_linked_once(urls: dict[str, str], expected: dict[str, str]) -> None:
    assert labelled(**urls) == expected


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/x",
        "//a.example/x",
        "/relative",
        "https://",
        "https://arxiv.org@evil.example/",
        "https://a.example/with space",
        "https://a.example/\u202egnp.exe",
        "https://[broken",
        f"https://a.example/{'x' * 3000}",
    ],
)
def test_what_is_no_safe_web_address_is_no_link(url: str | None) -> None:
    assert web_url(url) is None


@given(st.text() | st.text("htps:/.a@[]?#% ").map("https://".__add__))
def test_any_text_is_judged_without_raising(text: str) -> None:
    links = card_links(page=text, pdf=text, code=text, project=None, discussion=text)

    assert all(link.url.lower().startswith(("http://", "https://")) for link in links)
