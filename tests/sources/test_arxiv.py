import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from bot.errors import NotFoundError, SourceError
from bot.sources.arxiv import ArxivCategory, fetch_one
from bot.sources.base import Broken, Fresh, Quiet
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import fixture
from tests.sources.replay import Answer, replay

NOW = datetime(2024, 1, 10, 12, tzinfo=UTC)
ERROR_ID = "https://arxiv.org/api/errors#incorrect_id_format_for_abc"


def entry(identity, published, version=1, title="T"):
    return (
        f"<entry><id>http://arxiv.org/abs/{identity}v{version}</id><title>{title}</title>"
        f"<published>{published:%Y-%m-%dT%H:%M:%SZ}</published><summary>S</summary></entry>"
    )


def feed(entries, *, total, page):
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><title>arXiv</title>'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:itemsPerPage>{page}</opensearch:itemsPerPage>{''.join(entries)}</feed>"
    ).encode()


class Api:
    """A category of papers, one every six hours, newest first, as arXiv's API lists it."""

    def __init__(self, number, newest=NOW):
        self.papers = [
            (f"2401.{number - n:05}", newest - timedelta(hours=6 * n)) for n in range(number)
        ]

    def __call__(self, asked):
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        start, size = int(query["start"]), int(query["max_results"])
        listed = [entry(*paper) for paper in self.papers[start : start + size]]
        return Answer(feed(listed, total=len(self.papers), page=size))


def category(fetcher, server, **more):
    return ArxivCategory(fetcher, "cs.LG", base_url=server.url, **{"page_size": 10, **more})


def starts(server):
    return [int(parse_qs(asked.query)["start"][0]) for asked in server.asked]


def names(poll):
    return {entry.names[0] for entry in poll.entries}


async def test_the_first_poll_pages_back_one_overlap_and_no_further(fetcher):
    async with replay(Api(200)) as server:
        poll = await category(fetcher, server, overlap=timedelta(days=7)).poll({}, NOW)

    assert starts(server) == [0, 10, 20]
    assert len(poll.entries) == 30
    query = parse_qs(server.asked[0].query)
    assert query["search_query"] == ["cat:cs.LG"]
    assert (query["sortBy"], query["sortOrder"]) == (["submittedDate"], ["descending"])


async def test_a_second_poll_of_a_day_stops_at_the_first_page_of_known_papers(fetcher):
    api = Api(200)
    async with replay(api) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        server.asked.clear()
        quiet = await source.poll(first.cursor, NOW)
        api.papers.insert(0, ("2401.99999", NOW + timedelta(hours=1)))
        fresh = await source.poll(quiet.cursor, NOW)

    assert isinstance(quiet, Quiet)
    assert starts(server) == [0, 0, 10]
    assert names(fresh) == {"arxiv:2401.99999"}


async def test_a_paper_announced_late_is_found_on_the_next_day(fetcher):
    api = Api(200)
    async with replay(api) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        api.papers.insert(20, ("2401.88888", NOW - timedelta(days=5)))
        api.papers.insert(0, ("2401.99999", NOW + timedelta(hours=1)))
        later = await source.poll(first.cursor, NOW + timedelta(days=1))

    assert names(later) == {"arxiv:2401.88888", "arxiv:2401.99999"}


async def test_days_without_a_poll_are_caught_up(fetcher):
    api = Api(100)
    async with replay(api) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        api.papers = Api(180, NOW + timedelta(days=20)).papers
        later = await source.poll(first.cursor, NOW + timedelta(days=20))

    assert {f"arxiv:2401.{number:05}" for number in range(101, 181)} <= names(later)


async def test_a_small_category_whose_page_goes_back_for_years_is_quiet_when_nothing_is_new(
    fetcher,
):
    async with replay(Api(60)) as server:
        source = category(fetcher, server, page_size=100, overlap=timedelta(days=2))
        first = await source.poll({}, NOW)
        again = await source.poll(first.cursor, NOW + timedelta(days=1))

    assert len(first.entries) == 60
    assert isinstance(again, Quiet)


async def test_a_new_version_of_a_recent_paper_is_news(fetcher):
    listed = [entry("2401.00001", NOW), entry("2401.00002", NOW)]
    async with replay(lambda _: Answer(feed(listed, total=2, page=10))) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        listed[1] = entry("2401.00002", NOW, version=2, title="Revised")
        later = await source.poll(first.cursor, NOW)

    assert [(paper.title, paper.version) for paper in later.entries] == [("Revised", 2)]


async def test_a_short_page_is_asked_for_again_and_then_broken(fetcher):
    api, short = Api(25), feed([entry("2401.00025", NOW)], total=25, page=10)
    answers = iter([Answer(short), None, None, None])
    async with replay(lambda asked: next(answers) or api(asked)) as server:
        healed = await category(fetcher, server).poll({}, NOW)
    async with replay(lambda _: Answer(short)) as server:
        broken = await category(fetcher, server).poll({}, NOW)

    assert len(healed.entries) == 25
    assert broken == Broken("arXiv cs.LG: a short answer, 1 of 10 papers from number 0")


async def test_an_empty_answer_is_never_quiet(fetcher):
    api = Api(25)
    async with replay(api) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        api.papers = []
        poll = await source.poll(first.cursor, NOW)

    assert isinstance(poll, Broken)
    assert "not one paper is listed" in poll.reason


async def test_a_listing_older_than_the_one_before_is_broken(fetcher):
    api = Api(25)
    async with replay(api) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        api.papers = api.papers[5:]
        poll = await source.poll(first.cursor, NOW)

    assert poll == Broken(
        "arXiv cs.LG: an old listing, up to 2024-01-09 06:00; an earlier one reached "
        "2024-01-10 12:00"
    )


async def test_pages_that_only_repeat_are_left_with_a_note(fetcher):
    page = feed([entry("2401.00001", NOW), entry("2401.00002", NOW)], total=500, page=2)
    async with replay(lambda _: Answer(page)) as server:
        poll = await category(fetcher, server).poll({}, NOW)

    assert len(poll.entries) == 2
    assert poll.refused[0].where == "arXiv cs.LG from number 4"


async def test_more_papers_than_one_poll_reads_are_reported_as_unread(fetcher):
    async with replay(Api(200)) as server:
        poll = await category(fetcher, server, most_pages=2).poll({}, NOW)

    assert len(poll.entries) == 20
    assert poll.refused[0].why == "left unread: more than one poll reads"


async def test_what_arxiv_complains_of_is_the_reason(fetcher):
    complaint = (
        f"<entry><id>{ERROR_ID}</id><title>Error</title><summary>bad query</summary></entry>"
    )
    page = feed([complaint], total=1, page=1)
    async with replay(lambda _: Answer(page)) as server:
        poll = await category(fetcher, server).poll({}, NOW)

    assert isinstance(poll, Broken)
    assert "arXiv answered: bad query" in poll.reason


async def test_a_whole_archive_is_searched_with_its_classes(fetcher):
    async with replay(Api(5)) as server:
        await ArxivCategory(fetcher, "cs", base_url=server.url).poll({}, NOW)

    assert parse_qs(server.asked[0].query)["search_query"] == ["cat:cs.*"]


async def test_the_cursor_survives_json_and_stays_small(fetcher):
    async with replay(Api(400)) as server:
        source = category(fetcher, server, page_size=200, overlap=timedelta(days=7))
        poll = await source.poll({}, NOW)
        again = await source.poll(json.loads(json.dumps(poll.cursor)), NOW)

    assert len(poll.cursor["seen"]) == 4 * 14 + 1
    assert isinstance(again, Quiet)


async def test_one_paper_is_fetched_by_its_id(fetcher):
    async with replay(lambda _: Answer(fixture("arxiv.atom"))) as server:
        paper = await fetch_one(fetcher, "2401.00001", server.url)

    assert paper.names[0] == "arxiv:2401.00001"
    assert parse_qs(server.asked[0].query)["id_list"] == ["2401.00001"]


async def test_a_paper_that_arxiv_does_not_have_is_not_found(fetcher):
    async with replay(lambda _: Answer(feed([], total=0, page=1))) as server:
        with pytest.raises(NotFoundError, match=r"arXiv has no paper 2401\.99999"):
            await fetch_one(fetcher, "2401.99999", server.url)


async def test_a_paper_is_not_said_to_be_missing_when_arxiv_is(fetcher):
    async with replay(lambda _: Answer(status=503)) as server:
        with pytest.raises(SourceError, match="it answered 503"):
            await fetch_one(fetcher, "2401.00001", server.url)


@needs_shared
async def test_recorded_pages_of_the_real_api_are_paged_through(fetcher):
    recorded = {}
    for path in (SHARED / "arxiv/api").glob("q_testing_*_m10_*.json"):
        answer = json.loads(path.read_text())
        start = parse_qs(answer["url"].partition("?")[2])["start"][0]
        recorded[start] = answer["body"].encode()

    def answer(asked):
        return Answer(recorded[parse_qs(asked.query)["start"][0]])

    async with replay(answer) as server:
        source = category(fetcher, server, overlap=timedelta(days=36500), most_pages=6)
        poll = await source.poll({}, NOW)

    assert isinstance(poll, Fresh)
    assert starts(server) == [0, 10, 20, 30, 40, 50]
    assert len(poll.entries) == 60


async def test_a_paper_announced_twelve_days_late_is_found_and_what_was_there_before_is_not_news(
    fetcher,
):
    api = Api(200)
    async with replay(api) as server:
        source = category(fetcher, server)
        cursor = (await source.poll({}, NOW)).cursor
        for day in range(1, 13):
            api.papers.insert(0, (f"2402.{day:05}", NOW + timedelta(days=day)))
            cursor = (await source.poll(cursor, NOW + timedelta(days=day))).cursor
        api.papers.insert(12, ("2402.99999", NOW + timedelta(hours=12)))
        api.papers.insert(0, ("2402.00013", NOW + timedelta(days=13)))
        late = await source.poll(cursor, NOW + timedelta(days=13))

    assert names(late) == {"arxiv:2402.00013", "arxiv:2402.99999"}


@pytest.mark.parametrize("later", [Answer(b"", status=404), Answer(feed([], total=200, page=10))])
async def test_a_later_page_that_fails_keeps_the_first_and_is_read_at_the_next_poll(fetcher, later):
    api = Api(200)

    def answer(asked):
        return later if "start=10" in asked.query else api(asked)

    async with replay(answer) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        server.answer = api
        second = await source.poll(json.loads(json.dumps(first.cursor)), NOW)
        third = await source.poll(second.cursor, NOW)

    assert len(first.entries) == 10
    assert "left unread" in first.refused[-1].why
    assert len(second.entries) == 19
    assert isinstance(third, Quiet)


async def test_a_paper_dated_in_the_future_does_not_make_the_category_broken(fetcher):
    api = Api(50)
    api.papers.insert(0, ("2401.77777", NOW + timedelta(days=300)))
    async with replay(api) as server:
        source = category(fetcher, server)
        first = await source.poll({}, NOW)
        api.papers[0] = ("2401.88888", NOW + timedelta(hours=1))
        second = await source.poll(first.cursor, NOW + timedelta(hours=2))

    assert names(second) == {"arxiv:2401.88888"}


async def test_papers_of_another_first_category_are_a_choice(fetcher):
    def listed(*categories):
        terms = "".join(f'<category term="{one}"/>' for one in categories)
        return entry("2401.00001", NOW).replace("</entry>", f"{terms}</entry>")

    answers = {
        "own": feed([listed("cs.LG", "cs.CL")], total=1, page=1),
        "cross": feed([listed("cs.CL", "cs.LG")], total=1, page=1),
    }
    for kind, expected in (("own", 1), ("cross", 0)):
        async with replay(lambda _, kind=kind: Answer(answers[kind])) as server:
            everything = await category(fetcher, server, page_size=1).poll({}, NOW)
            without = await category(fetcher, server, page_size=1, cross_lists=False).poll({}, NOW)

        assert len(everything.entries) == 1
        assert len(getattr(without, "entries", ())) == expected


def announcement(*entries, day=NOW):
    """What rss.arxiv.org/atom answers: each entry with how it is announced."""
    listed = "".join(
        f"<entry><id>oai:arXiv.org:{identity}v1</id><title>T</title>"
        f"<link href='https://arxiv.org/abs/{identity}'/><category term='{label}'/>"
        f"<summary>arXiv:{identity}v1 Announce Type: {kind}\nAbstract: S</summary></entry>"
        for identity, kind, label in entries
    )
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>cs.LG updates</title>"
        f"<updated>{day:%Y-%m-%dT%H:%M:%SZ}</updated>{listed}</feed>"
    ).encode()


class Both(Api):
    """The API, and the announcements beside it; `down` says that the API fails."""

    def __init__(self, number, body=b""):
        super().__init__(number)
        self.body, self.down = body, False

    def __call__(self, asked):
        if asked.path.startswith("/atom/"):
            return Answer(self.body) if self.body else Answer(status=404)
        return Answer(status=404) if self.down else super().__call__(asked)


TOMORROW = NOW + timedelta(days=1)
UNLISTED = announcement(
    ("2401.00200", "new", "cs.LG"),
    ("2401.77777", "new", "cs.LG"),
    ("2401.66666", "cross", "stat.ML"),
    ("2312.55555", "replace", "cs.LG"),
    day=TOMORROW,
)


async def test_what_is_announced_and_not_listed_is_taken_from_the_announcement_once(fetcher):
    api = Both(200, UNLISTED)
    async with replay(api) as server:
        source = category(fetcher, server, feeds_url=server.url)
        first = await source.poll({}, NOW)
        later = await source.poll(first.cursor, TOMORROW)
        again = await source.poll(json.loads(json.dumps(later.cursor)), TOMORROW)
        next_day = await source.poll(again.cursor, TOMORROW + timedelta(days=1))

    assert names(later) == {"arxiv:2401.77777", "arxiv:2401.66666"}
    assert "2 announced papers were not listed" in {one.why for one in later.refused}
    assert isinstance(again, Quiet)
    assert isinstance(next_day, Quiet)
    assert [asked.path for asked in server.asked].count("/atom/cs.LG") == 2


async def test_cross_lists_that_are_not_wanted_are_not_taken_from_an_announcement(fetcher):
    async with replay(Both(200, UNLISTED)) as server:
        source = category(fetcher, server, feeds_url=server.url, cross_lists=False)
        first = await source.poll({}, NOW)
        later = await source.poll(first.cursor, TOMORROW)

    assert names(later) == {"arxiv:2401.77777"}


async def test_while_the_api_fails_announcements_are_read_and_the_api_catches_up(fetcher):
    api = Both(200, UNLISTED)
    async with replay(api) as server:
        source = category(fetcher, server, feeds_url=server.url)
        first = await source.poll({}, NOW)
        api.down = True
        announced = await source.poll(first.cursor, TOMORROW)
        nothing_more = await source.poll(announced.cursor, TOMORROW)
        api.down = False
        api.papers.insert(0, ("2401.77777", NOW + timedelta(hours=1)))
        listed = await source.poll(announced.cursor, TOMORROW)

    assert names(announced) == {"arxiv:2401.77777", "arxiv:2401.66666"}
    assert isinstance(nothing_more, Broken)
    assert "404" in nothing_more.reason
    assert names(listed) == {"arxiv:2401.77777"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (announcement(("2401.7", "new", "cs.LG"), day=NOW - timedelta(days=6)), "an old list"),
        (b"", "404"),
        (b"<html>", "a web page"),
    ],
)
async def test_an_announcement_that_is_old_or_unreadable_costs_nothing(fetcher, body, why):
    api = Both(200, body)
    async with replay(api) as server:
        source = category(fetcher, server, feeds_url=server.url)
        first = await source.poll({}, NOW)
        api.papers.insert(0, ("2401.99999", NOW + timedelta(hours=1)))
        later = await source.poll(first.cursor, TOMORROW)

    assert names(later) == {"arxiv:2401.99999"}
    assert any(why in one.why for one in later.refused)


async def test_a_paper_announced_twelve_days_after_its_submission_is_not_missed(fetcher):
    api = Both(200)
    async with replay(api) as server:
        source = category(fetcher, server)
        cursor = (await source.poll({}, NOW)).cursor
        for day in range(1, 13):
            cursor = (await source.poll(cursor, NOW + timedelta(days=day))).cursor
        api.papers.insert(1, ("2401.88888", NOW - timedelta(minutes=1)))
        later = await source.poll(cursor, NOW + timedelta(days=13))

    assert names(later) == {"arxiv:2401.88888"}
