"""Archives and registries say what became of papers, in their documented forms."""

import json
from collections.abc import AsyncIterator, Mapping
from urllib.parse import parse_qs

import pytest

from bot.errors import SourceError
from bot.rounds.fates.lookups import (
    ArxivLookup,
    BiorxivLookup,
    CrossrefLookup,
    Found,
    PubmedLookup,
)
from bot.sources.apis.common import Access
from bot.sources.arxiv import fetch_many
from bot.sources.http import Fetcher
from storage.models import Fate
from tests.sources.replay import Answer, Asked, replay


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    local = Fetcher(allow_hosts=["127.0.0.1"], limiters={}, attempts=1)
    yield local
    await local.aclose()


def _atom(*entries: str) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{len(entries)}</opensearch:totalResults>"
        + "".join(entries)
        + "</feed>"
    ).encode()


def _entry(arxiv_id: str, more: str = "") -> str:
    return (
        f"<entry><id>http://arxiv.org/abs/{arxiv_id}</id><title>Paper</title>"
        "<updated>2026-01-02T00:00:00Z</updated><published>2026-01-01T00:00:00Z</published>"
        f"<summary>A text.</summary><author><name>Ada Li</name></author>{more}</entry>"
    )


async def test_arxiv_says_withdrawn_version_and_journal(fetcher: Fetcher) -> None:
    body = _atom(
        _entry("2401.00001v3", "<arxiv:comment>This paper has been withdrawn</arxiv:comment>"),
        _entry(
            "2401.00002v1",
            "<arxiv:journal_ref>Nature 612 (2026) 7</arxiv:journal_ref>"
            "<arxiv:doi>10.1038/s1</arxiv:doi>",
        ),
        _entry("2401.00003v1", "<arxiv:doi>10.48550/arXiv.2401.00003</arxiv:doi>"),
    )
    names = [f"arxiv:2401.0000{number}" for number in (1, 2, 3)]
    async with replay(lambda _: Answer(body)) as server:

        async def fetch(ids: list[str]) -> object:
            return await fetch_many(fetcher, ids, server.url)

        found = await ArxivLookup(fetch).ask(names)  # type: ignore[arg-type]

    assert found == {
        names[0]: [Found(Fate.RETRACTED), Found(Fate.VERSION, "3")],
        names[1]: [Found(Fate.PUBLISHED, "Nature 612 (2026) 7"), Found(Fate.VERSION, "1")],
        names[2]: [Found(Fate.VERSION, "1")],
    }


def _crossref(asked: Asked) -> Answer:
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    items: list[Mapping[str, object]] = []
    if query["filter"].startswith("updates:"):
        assert query["filter"] == "updates:10.1000/a,updates:10.1000/b,updates:10.1101/p"
        items = [
            {
                "DOI": "10.1000/note",
                "update-to": [
                    {"DOI": "10.1000/A", "type": "retraction", "source": "retraction-watch"},
                    {"DOI": "10.1000/b", "type": "correction", "source": "publisher"},
                ],
            },
            {
                "DOI": "10.1000/concern",
                "update-to": [{"DOI": "10.1000/b", "type": "expression_of_concern"}],
            },
        ]
    else:
        assert query["filter"] == "doi:10.1101/p"
        relation = {
            "is-preprint-of": [{"id-type": "doi", "id": "10.1038/j", "asserted-by": "subject"}]
        }
        items = [{"DOI": "10.1101/p", "relation": relation}]
    return Answer(json.dumps({"status": "ok", "message": {"items": items}}).encode())


async def test_crossref_says_notices_and_journals_in_two_requests(fetcher: Fetcher) -> None:
    names = [
        "doi:10.1000/a",
        "doi:10.1000/b",
        "doi:10.1101/p",
        "doi:10.48550/arxiv.1",
        "doi:10.1/x,y",
    ]
    async with replay(_crossref) as server:
        found = await CrossrefLookup(Access(fetcher, server.url, "me@example.org")).ask(names)

        assert len(server.asked) == 2
    assert found == {
        "doi:10.1000/a": [Found(Fate.RETRACTED, "10.1000/note")],
        "doi:10.1000/b": [Found(Fate.CONCERN, "10.1000/concern")],
        "doi:10.1101/p": [Found(Fate.PUBLISHED, "10.1038/j")],
    }


def _article(pmid: int, types: str = "", links: str = "") -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>"
        f"<ArticleTitle>Title</ArticleTitle><PublicationTypeList>{types}</PublicationTypeList>"
        f"</Article><CommentsCorrectionsList>{links}</CommentsCorrectionsList></MedlineCitation>"
        "<PubmedData/></PubmedArticle>"
    )


def _linked(kind: str) -> str:
    return f'<CommentsCorrections RefType="{kind}"><PMID>99</PMID></CommentsCorrections>'


async def test_pubmed_says_retracted_doubted_and_published(fetcher: Fetcher) -> None:
    preprint = "<PublicationType>Preprint</PublicationType>"
    articles = (
        _article(1, "<PublicationType>Retracted Publication</PublicationType>"),
        _article(2, links=_linked("ExpressionOfConcernIn")),
        _article(3, preprint, _linked("UpdateIn")),
        _article(4, links=_linked("UpdateIn")),
    )
    body = f"<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()
    names = [f"pmid:{number}" for number in (1, 2, 3, 4)]
    async with replay(lambda _: Answer(body)) as server:
        found = await PubmedLookup(Access(fetcher, server.url)).ask(names)

        assert "id=1%2C2%2C3%2C4" in server.asked[0].query
    assert found == {
        "pmid:1": [Found(Fate.RETRACTED)],
        "pmid:2": [Found(Fate.CONCERN)],
        "pmid:3": [Found(Fate.PUBLISHED)],
        "pmid:4": [],
    }


async def test_biorxiv_says_the_journal_and_the_other_server_is_asked_second(
    fetcher: Fetcher,
) -> None:
    def answer(asked: Asked) -> Answer:
        items: list[Mapping[str, str]] = []
        if asked.path == "/details/biorxiv/10.1101/1/na/json":
            items = [
                {"version": "1", "published": "NA", "type": "new results"},
                {"version": "2", "published": "10.7554/eLife.1", "type": "new results"},
            ]
        if asked.path == "/details/medrxiv/10.1101/2/na/json":
            items = [{"version": "1", "published": "NA", "type": "withdrawn"}]
        return Answer(json.dumps({"messages": [{}], "collection": items}).encode())

    async with replay(answer) as server:
        lookup = BiorxivLookup(Access(fetcher, server.url))
        found = await lookup.ask(["doi:10.1101/1", "doi:10.1101/2", "doi:10.1101/3"])

        assert len(server.asked) == 5
    assert found == {
        "doi:10.1101/1": [Found(Fate.PUBLISHED, "10.7554/eLife.1"), Found(Fate.VERSION, "2")],
        "doi:10.1101/2": [Found(Fate.RETRACTED), Found(Fate.VERSION, "1")],
        "doi:10.1101/3": [],
    }


@pytest.mark.parametrize("body", [b"no json", b'{"message": {}}', b"[]"])
async def test_an_answer_that_cannot_be_read_is_an_error_and_no_news(
    fetcher: Fetcher, body: bytes
) -> None:
    async with replay(lambda _: Answer(body)) as server:
        with pytest.raises(SourceError):
            await CrossrefLookup(Access(fetcher, server.url)).ask(["doi:10.1/a"])
