"""Sources by name, on recorded real answers where there are some, else on the documented format.

bioRxiv's record, PubMed's records and Crossref's answers were recorded; PubMed's searches in JSON,
Europe PMC, the ACL Anthology, OpenAlex and ORCID are built from their documentation.
"""

import gzip
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import yaml

from bot.errors import SourceError
from bot.sources.apis.acl import AclCollection
from bot.sources.apis.biorxiv import PreprintServer, plain
from bot.sources.apis.common import Access
from bot.sources.apis.crossref import Journal
from bot.sources.apis.crossref import facts_of as crossref_facts
from bot.sources.apis.europepmc import EuropePmcSearch
from bot.sources.apis.openalex import Citations
from bot.sources.apis.orcid import AuthorWorks, find_orcid
from bot.sources.apis.pubmed import PubMedSearch, articles_in, facts_of
from bot.sources.base import Broken, Fresh, Quiet, entry_of
from bot.sources.http import is_gzip
from tests.shared import SHARED, needs_shared
from tests.sources.replay import Answer, replay

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def jsoned(value):
    return Answer(json.dumps(value).encode())


def access(fetcher, server, **more):
    return Access(fetcher, server.url, **more)


def asked(request):
    return {name: values[0] for name, values in parse_qs(request.query).items()}


def preprint(number, **more):
    return {
        "doi": f"10.64898/2026.11.{number:02}.{number:06}",
        "title": f"Preprint {number}",
        "authors": "Naka, A.; Shababo, B.",
        "date": "2026-11-3",
        "version": "1",
        "type": "new results",
        "category": "neuroscience",
        "abstract": "A text.",
        "published": "NA",
        **more,
    }


class Biorxiv:
    """api.biorxiv.org/details: thirty records a page, an empty page past the end."""

    def __init__(self, records):
        self.records = records

    def __call__(self, request):
        start = int(request.path.rpartition("/")[2])
        page = self.records[start : start + 30]
        said = {"status": "ok", "total": str(len(self.records))} if page else {"status": "no posts"}
        return jsoned({"messages": [said], "collection": page})


async def test_a_category_of_biorxiv_is_paged_to_its_end_and_then_quiet(fetcher):
    api = Biorxiv([preprint(number) for number in range(1, 29)] * 1 + [preprint(29), preprint(30)])
    api.records += [preprint(31, version="2"), preprint(31)]
    async with replay(api) as server:
        source = PreprintServer(access(fetcher, server), "biorxiv", "neuroscience")
        first = await source.poll({}, NOW)
        again = await source.poll(json.loads(json.dumps(first.cursor)), NOW + timedelta(hours=1))

    assert len(first.entries) == 31
    assert [request.path for request in server.asked[:2]] == [
        "/details/biorxiv/2026-11-23/2026-11-30/0",
        "/details/biorxiv/2026-11-23/2026-11-30/30",
    ]
    assert asked(server.asked[0]) == {"category": "neuroscience"}
    assert first.advice.title == "bioRxiv, neuroscience"
    assert first.entries[0].published_at == datetime(2026, 11, 3, tzinfo=UTC)
    assert first.entries[0].authors == ["A. Naka", "B. Shababo"]
    assert isinstance(again, Quiet)


async def test_a_new_version_of_a_preprint_is_the_same_paper_and_a_journals_doi_joins_it(fetcher):
    api = Biorxiv([preprint(1)])
    async with replay(api) as server:
        source = PreprintServer(access(fetcher, server), "medrxiv", "")
        first = await source.poll({}, NOW)
        api.records = [preprint(1), preprint(1, version="2", published="10.1038/s41586-1")]
        second = await source.poll(first.cursor, NOW)

    (paper,) = second.entries
    assert paper.version == 2
    assert {"doi:10.64898/2026.11.01.000001", "doi:10.1038/s41586-1"} <= set(paper.names)


@needs_shared
async def test_a_recorded_answer_of_biorxiv_is_read(fetcher):
    body = (SHARED / "recorded/biorxiv/one_record.json").read_bytes()
    async with replay(lambda _: Answer(body)) as server:
        poll = await PreprintServer(access(fetcher, server), "biorxiv", "").poll({}, NOW)

    (paper,) = poll.entries
    assert {"doi:10.1101/456574", "doi:10.7554/elife.43696"} <= set(paper.names)
    assert paper.authors[-1] == "H. Adesnik"
    assert paper.abstract.startswith("The neocortex is organized")


def test_the_typesetting_marks_of_biorxiv_are_no_text():
    marked = "O_ST_ABSBackgroundC_ST_ABSFor {rho} [&ge;] 2:O_LIone C_LIO_FIG some picture C_FIG"

    assert plain(marked) == "Background: For ρ ≥ 2: one"


@needs_shared
def test_recorded_records_of_pubmed_are_read():
    found = []
    for path in sorted((SHARED / "recorded/pubmed").glob("pubmed*.xml")):
        found += [entry_of(facts_of(each)) for each in articles_in(path.read_bytes())]

    assert len(found) >= 8
    assert all(entry.title and entry.authors and entry.published_at for entry in found)
    assert sum(bool(entry.abstract) for entry in found) >= len(found) - 4
    assert all(any(name.startswith("pmid:") for name in entry.names) for entry in found)


RECORD = """<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>
<Journal><JournalIssue><PubDate>
<Year>2026</Year><Month>Nov</Month></PubDate></JournalIssue></Journal>
<ArticleTitle>On <i>E. coli</i> motility.</ArticleTitle><Abstract>
<AbstractText Label="BACKGROUND">Cells <sub>swim</sub>.</AbstractText>
<AbstractText Label="RESULTS">They do.</AbstractText></Abstract>
<AuthorList><Author><LastName>Post</LastName><ForeName>Ada B</ForeName></Author>
<Author><CollectiveName>The Swim Group</CollectiveName></Author></AuthorList>
<PublicationTypeList><PublicationType>{kind}</PublicationType></PublicationTypeList></Article>
<CommentsCorrectionsList>{linked}</CommentsCorrectionsList></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="doi">10.1000/{pmid}</ArticleId>
<ArticleId IdType="pmc">PMC9</ArticleId></ArticleIdList></PubmedData></PubmedArticle>"""


def record(pmid, kind="Journal Article", linked=""):
    return RECORD.format(pmid=pmid, kind=kind, linked=linked)


def pubmed(ids, **more):
    def answer(request):
        if request.path.endswith("esearch.fcgi"):
            found = {"idlist": ids, "querytranslation": "swim[All]", **more}
            return jsoned({"esearchresult": found})
        wanted = asked(request)["id"].split(",")
        body = "".join(record(pmid) for pmid in wanted)
        return Answer(f"<PubmedArticleSet>{body}</PubmedArticleSet>".encode())

    return answer


async def test_a_search_of_pubmed_is_asked_by_entry_date_and_read_by_id(fetcher):
    async with replay(pubmed([str(n) for n in range(1, 202)])) as server:
        source = PubMedSearch(access(fetcher, server, email="a@b.org", key="k"), "swim AND x[pt]")
        poll = await source.poll({}, NOW)

    query = asked(server.asked[0])
    assert (query["term"], query["datetype"], query["reldate"]) == ("swim AND x[pt]", "edat", "8")
    assert (query["tool"], query["email"], query["api_key"]) == ("paperround", "a@b.org", "k")
    assert len(server.asked) == 3
    assert len(poll.entries) == 201
    assert "swim[All]" in poll.advice.note
    paper = poll.entries[0]
    assert paper.names[:3] == ("doi:10.1000/1", "pmid:1", "pmc:PMC9")
    assert (paper.title, paper.authors) == ("On E. coli motility", ["Ada B Post", "The Swim Group"])
    assert paper.abstract == "Background: Cells swim. Results: They do."


async def test_a_search_that_pubmed_does_not_understand_says_how_it_was_read(fetcher):
    mistake = {"errorlist": {"phrasesnotfound": ["swmming"], "fieldsnotfound": []}}
    async with replay(pubmed([], **mistake)) as server:
        poll = await PubMedSearch(access(fetcher, server), "swmming").poll({}, NOW)

    assert poll == Broken("PubMed does not know 'swmming'; it reads the search as: swim[All]")


def test_retractions_in_pubmed_are_known_on_both_sides():
    link = "<CommentsCorrections RefType='{}'><PMID>7</PMID></CommentsCorrections>"
    body = (
        f"<S>{record(1, linked=link.format('RetractionIn'))}"
        f"{record(2, 'Retraction of Publication', link.format('RetractionOf'))}</S>"
    )
    gone, notice = (entry_of(facts_of(each)) for each in articles_in(body.encode()))

    assert gone.retracted
    assert (str(notice.kind), notice.about_names) == ("retraction", ("pmid:7",))


def europe(results):
    def answer(request):
        return jsoned({"nextCursorMark": "same", "resultList": {"result": results}})

    return answer


async def test_a_search_of_europe_pmc_is_bounded_by_the_day_of_indexing(fetcher):
    result = {
        "id": "PPR1",
        "source": "PPR",
        "doi": "10.26434/chemrxiv-2026-abc-v2",
        "title": "A <i>cis</i> thing.",
        "abstractText": "<h4>Aims</h4>To see.",
        "authorList": {"author": [{"firstName": "Ada", "lastName": "Post"}, {"fullName": "Bag B"}]},
        "firstPublicationDate": "2026-11-29",
    }
    async with replay(europe([result])) as server:
        poll = await EuropePmcSearch(access(fetcher, server), "swim").poll({}, NOW)

    assert asked(server.asked[0])["query"] == "(swim) AND (FIRST_IDATE:[2026-11-23 TO 2026-11-30])"
    (paper,) = poll.entries
    assert paper.names == ("doi:10.26434/chemrxiv-2026-abc",)
    assert (paper.title, paper.abstract) == ("A cis thing", "Aims To see.")
    assert paper.authors == ["Ada Post", "Bag B"]


def crossref(works, journals=()):
    def answer(request):
        if request.path.startswith("/journals/"):
            return jsoned({"message": {"title": "Physical Review Letters", "ISSN": ["0031-9007"]}})
        items = journals if request.path == "/journals" else works
        return jsoned({"message": {"items": list(items), "next-cursor": "*"}})

    return answer


def work(number, **more):
    return {
        "DOI": f"10.1000/{number}",
        "title": [f"Work <i>{number}</i>"],
        "author": [{"given": "Ada", "family": "Post"}, {"name": "The Group"}],
        "created": {"date-time": "2026-11-29T01:02:03Z"},
        **more,
    }


async def test_a_journal_by_its_short_name_is_asked_by_issn_and_abstracts_looked_up(
    fetcher,
):
    works = [
        work(1, abstract="<jats:title>Abstract</jats:title><jats:p>Here.</jats:p>"),
        work(2),
        work(3, title=["Editorial Board"]),
    ]
    found = [{"doi": "10.1000/2", "abstractText": "From elsewhere."}]
    async with replay(crossref(works)) as server, replay(europe(found)) as other:
        source = Journal(access(fetcher, server), "PRL", access(fetcher, other))
        poll = await source.poll({}, NOW)

    assert "issn:0031-9007,from-created-date:2026-11-23" in asked(server.asked[1])["filter"]
    assert poll.advice.title == "Physical Review Letters"
    assert "1 missing abstracts come from Europe PMC" in poll.advice.note
    assert [entry.abstract for entry in poll.entries] == ["Here.", "From elsewhere.", ""]
    assert [str(entry.kind) for entry in poll.entries] == ["paper", "paper", "front"]
    assert poll.entries[0].authors == ["Ada Post", "The Group"]


async def test_a_name_that_several_journals_may_have_is_answered_with_three(fetcher):
    journals = [{"title": f"Letters {n}", "ISSN": [f"1234-567{n}"]} for n in range(5)]
    async with replay(crossref([], journals)) as server:
        unsure = await Journal(access(fetcher, server), "Letters").poll({}, NOW)
        sure = await Journal(access(fetcher, server), '"the letters 3"').poll({}, NOW)
    async with replay(crossref([])) as server:
        unknown = await Journal(access(fetcher, server), "Nothing").poll({}, NOW)

    assert "Letters 0 (ISSN 1234-5670); Letters 1 (ISSN 1234-5671); Letters 2" in unsure.reason
    assert "Letters 3 (" not in unsure.reason
    assert isinstance(sure, Quiet)
    assert "knows no journal 'Nothing'" in unknown.reason


def recorded_crossref(name):
    """The bodies of a recorded exchange, each with the address that was asked."""
    assert SHARED is not None
    text = (SHARED / "recorded/crossref" / name).read_text("utf-8")
    for exchange in yaml.safe_load(text)["interactions"]:
        body = exchange["response"]["body"]["string"]
        body = body if isinstance(body, bytes) else body.encode()
        yield exchange["request"]["uri"], gzip.decompress(body) if is_gzip(body) else body


@needs_shared
async def test_a_recorded_answer_on_journals_names_them_and_the_whole_title_is_sure(fetcher):
    ((_, journals),) = recorded_crossref("test-journals/test_journals_query.yaml")
    works = next(recorded_crossref("test-works/test_works_query.yaml"))[1]

    def answer(request):
        return Answer(journals if request.path == "/journals" else works)

    async with replay(answer) as server:
        sure = await Journal(access(fetcher, server), '"Ecology"').poll({}, NOW)
        unsure = await Journal(access(fetcher, server), "eco").poll({}, NOW)

    assert sure.advice.title == "Ecology"
    assert "issn:0012-9658" in asked(server.asked[1])["filter"]
    assert "Ecology (ISSN 0012-9658); Population Ecology (ISSN 1438-3896)" in unsure.reason


@needs_shared
def test_recorded_works_of_crossref_keep_their_people_their_text_and_their_day():
    items = [
        item
        for name in ("test-journals/test_journals_works.yaml", "test-cursor/test_cursor_max.yaml")
        for _, body in recorded_crossref(name)
        for item in json.loads(body)["message"]["items"]
    ]
    entries = [entry_of(crossref_facts(item)) for item in items if item.get("title")]

    assert len(entries) > 50
    for item, entry in zip((one for one in items if one.get("title")), entries, strict=True):
        assert bool(entry.authors) == bool(item.get("author")), item["DOI"]
        assert bool(entry.abstract) == bool(item.get("abstract")), item["DOI"]
        assert f"doi:{item['DOI'].lower()}" in entry.names
        assert entry.published_at is not None, item["DOI"]


def test_crossrefs_updates_say_what_they_are_about_and_relations_join():
    update = {"DOI": "10.1000/9", "type": "retraction", "source": "retraction-watch"}
    notice = entry_of(crossref_facts(work(1, **{"update-to": [update]})))
    preprint = {"is-preprint-of": [{"id-type": "doi", "id": "10.1000/5"}]}
    joined = entry_of(crossref_facts(work(4, relation=preprint)))

    assert (str(notice.kind), notice.about_names) == ("retraction", ("doi:10.1000/9",))
    assert joined.names == ("doi:10.1000/4", "doi:10.1000/5")


ACL = """<collection id="2026.acl"><volume id="long">
<meta><month>July</month><year>2026</year></meta>
<frontmatter><url>2026.acl-long.0</url></frontmatter>
<paper id="1"><title>On <fixed-case>BERT</fixed-case></title><author><first>Ada</first>
<last>Post</last></author><abstract>We read.</abstract><url>2026.acl-long.1</url>
<doi>10.18653/v1/2026.acl-long.1</doi></paper></volume></collection>"""


async def test_a_collection_of_the_acl_is_read_once_while_it_stays_the_same(fetcher):
    async with replay(lambda _: Answer(ACL.encode())) as server:
        source = AclCollection(access(fetcher, server), "2026.acl")
        first = await source.poll({}, NOW)
        again = await source.poll(first.cursor, NOW)

    (paper,) = first.entries
    assert {"doi:10.18653/v1/2026.acl-long.1", "acl:2026.acl-long.1"} <= set(paper.names)
    assert (paper.title, paper.authors, paper.abstract) == ("On BERT", ["Ada Post"], "We read.")
    assert paper.published_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert isinstance(again, Quiet)


async def test_what_cites_a_paper_comes_from_the_second_day_on_and_names_the_cited_one(fetcher):
    works = [
        {
            "doi": "https://doi.org/10.1000/1",
            "display_name": "One",
            "publication_date": "2026-11-20",
            "authorships": [{"author": {"display_name": "Ada Post"}}],
            "abstract_inverted_index": {"read": [1], "We": [0]},
        }
    ]

    def answer(request):
        if request.path.startswith("/works/"):
            return jsoned({"id": "https://openalex.org/W7", "display_name": "Attention"})
        return jsoned({"results": works})

    async with replay(answer) as server:
        source = Citations(access(fetcher, server), "arxiv:1706.03762")
        first = await source.poll({}, NOW)
        works.append({"doi": "https://doi.org/10.1000/2", "display_name": "Two"})
        same_day = await source.poll(first.cursor, NOW + timedelta(hours=1))
        second = await source.poll(same_day.cursor, NOW + timedelta(days=1))

    assert server.asked[0].path == "/works/doi:10.48550/arxiv.1706.03762"
    assert len(server.asked) == 3
    assert first.advice.title == "Papers that cite Attention"
    assert [(entry.abstract, entry.backlog) for entry in first.entries] == [("We read", True)]
    assert isinstance(same_day, Quiet)
    assert [(entry.title, entry.backlog) for entry in second.entries] == [("Two", False)]
    assert second.entries[0].relations == ["cites:arxiv:1706.03762 Attention"]
    assert second.entries[0].source_summary is None


def test_the_check_digit_of_an_orcid_is_tested():
    assert find_orcid("https://orcid.org/0000-0002-1825-0097") == "0000-0002-1825-0097"
    assert find_orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"
    assert find_orcid("Ada Post") is None
    with pytest.raises(SourceError, match="is no ORCID"):
        find_orcid("0000-0002-1825-0098")


async def test_the_works_of_a_person_name_the_person_and_the_latest(fetcher):
    summary = {
        "title": {"title": {"value": "Old"}},
        "external-ids": {
            "external-id": [{"external-id-type": "doi", "external-id-value": "10.1000/OLD"}]
        },
        "publication-date": {"year": {"value": "2020"}, "month": {"value": "5"}, "day": None},
    }
    person = {
        "person": {"name": {"given-names": {"value": "Ada"}, "family-name": {"value": "Post"}}},
        "activities-summary": {"works": {"group": [{"work-summary": [summary]}]}},
    }
    works = []
    async with (
        replay(lambda _: jsoned(person)) as orcid,
        replay(crossref(works)) as other,
        replay(pubmed(["5"])) as records,
    ):
        source = AuthorWorks(
            access(fetcher, orcid),
            "0000-0002-1825-0097",
            access(fetcher, other),
            access(fetcher, records),
        )
        first = await source.poll({}, NOW)
        works.append(work(3))
        second = await source.poll(first.cursor, NOW + timedelta(hours=1))

    assert "orcid:0000-0002-1825-0097" in asked(other.asked[0])["filter"]
    assert asked(records.asked[0])["term"] == "0000-0002-1825-0097[auid]"
    assert first.advice.title == "Papers by Ada Post"
    assert first.advice.note == "The latest paper of Ada Post: On E. coli motility"
    assert {entry.backlog for entry in first.entries} == {True}
    assert isinstance(second, Fresh)
    assert [(entry.title, entry.backlog) for entry in second.entries] == [("Work 3", False)]
    assert second.entries[0].relations == ["orcid:0000-0002-1825-0097 Ada Post"]


@pytest.mark.parametrize(
    "answer", [Answer(b"no json"), Answer(b"[]"), Answer(b"{}"), Answer(b"<a")]
)
async def test_an_answer_of_another_form_is_broken_with_a_reason(fetcher, answer):
    async with replay(lambda _: answer) as server:
        for source in (
            PreprintServer(access(fetcher, server), "biorxiv", ""),
            PubMedSearch(access(fetcher, server), "x"),
            EuropePmcSearch(access(fetcher, server), "x"),
            Journal(access(fetcher, server), "Letters"),
            Citations(access(fetcher, server), "doi:10.1000/1"),
        ):
            assert isinstance(await source.poll({}, NOW), Broken)
