import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from bot.errors import SourceError
from bot.sources.base import Broken, Fresh, Intake, Quiet
from bot.sources.huggingface import HuggingFaceDaily, gather, items_of
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import fixture
from tests.sources.replay import Answer, replay


@pytest.fixture
def day():
    intake = Intake()
    gather("2024-01-02", items_of("2024-01-02", fixture("day.json")), intake)
    return intake.fresh()


def test_everything_the_api_says_of_a_paper_is_kept(day):
    paper = day.entries[0]

    assert paper.names == ("arxiv:2401.00001",)
    assert paper.title == "Routing Letters Through Sparse Villages"
    assert paper.abstract.endswith("no visit. We route letters to two houses at a time.")
    assert paper.authors == ["Ada Post", "Bo Bag"]
    assert (paper.upvotes, paper.comments) == (41, 3)
    assert paper.published_at == datetime(2024, 1, 1, 18, tzinfo=UTC)
    assert paper.featured_at == datetime(2024, 1, 2, 7, 30, tzinfo=UTC)
    assert paper.url == "https://arxiv.org/abs/2401.00001"
    assert paper.pdf_url == "https://arxiv.org/pdf/2401.00001"
    assert paper.discussion_url == "https://huggingface.co/papers/2401.00001"
    assert paper.code_url == "https://github.com/example/letters"
    assert paper.project_url == "https://letters.example.org"
    assert paper.thumbnail == "https://cdn.example.org/2401.00001.png"
    assert paper.source_summary == "Two houses at a time are enough."
    assert paper.submitter == "Cy Round"


def test_bad_papers_are_refused_by_place_and_the_good_ones_beside_them_kept(day):
    assert [paper.names[0] for paper in day.entries] == [
        "arxiv:2401.00001",
        "arxiv:2401.00003",
        "arxiv:2401.00005",
    ]
    assert day.entries[1].upvotes is None
    assert [(refused.where, refused.why) for refused in day.refused] == [
        ("2024-01-02 paper 2", "no id, DOI or URL says which paper it is"),
        ("2024-01-02 paper 3", "it has no title"),
        ("2024-01-02 paper 5", "Python text instead of JSON"),
        ("2024-01-02 paper 6", 'it has no "paper"'),
    ]
    assert day.same == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"error":"Sorry, no such page."}', "an error answer instead of papers: Sorry"),
        (json.dumps(["{'paper': {'id': '1'}}"] * 3).encode(), "all 3 papers are Python text"),
        (b"[{'paper': {'id': '1'}}]", "Python text instead of JSON"),
        (b'["a", "b"]', "all 2 papers are plain text"),
        (b"<html></html>", "not JSON"),
        (b'{"a": 1}', "not a list of papers"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_body_that_is_no_day_is_refused_naming_the_day(body, why):
    with pytest.raises(SourceError, match=f"the day 2024-12-23: {why}"):
        items_of("the day 2024-12-23", body)


def test_an_empty_day_is_a_day():
    assert items_of("2024-01-06", b"[]") == []


NOW = datetime(2024, 1, 10, 12, tzinfo=UTC)
NOT_FOUND = Answer(b'{"error":"Sorry, there is no such page."}', status=404)


def paper(identity, **more):
    return {"paper": {"id": identity, "title": f"Paper {identity}", "upvotes": 1, **more}}


class Site:
    """The API over a table of days; days that are not in it are empty."""

    def __init__(self, days=None):
        self.days = days or {}

    def __call__(self, asked):
        query = parse_qs(asked.query)
        day = self.days.get(query["date"][0], [])
        if isinstance(day, Answer):
            return day
        page = int(query.get("p", ["0"])[0])
        body = json.dumps(day[page * 50 : page * 50 + 50]).encode()
        return Answer(body, headers={"ETag": f'"{hash(body)}"'})


def days_asked(server):
    return [parse_qs(asked.query)["date"][0] for asked in server.asked]


def names(poll):
    return [entry.names[0].removeprefix("arxiv:") for entry in poll.entries]


async def test_the_first_poll_reads_a_week_oldest_day_first(fetcher):
    site = Site({"2024-01-04": [paper("2401.00004")], "2024-01-10": [paper("2401.00010")]})
    async with replay(site) as server:
        poll = await HuggingFaceDaily(fetcher, base_url=server.url).poll({}, NOW)

    assert days_asked(server) == [f"2024-01-{day:02}" for day in range(4, 11)]
    assert names(poll) == ["2401.00004", "2401.00010"]


async def test_a_day_that_still_fills_is_read_again_and_nothing_is_lost(fetcher):
    site = Site({"2024-01-09": [paper("2401.00001")]})
    async with replay(site) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        unchanged = await source.poll(first.cursor, NOW)
        site.days["2024-01-09"].append(paper("2401.00002"))
        later = await source.poll(unchanged.cursor, NOW + timedelta(hours=1))

    assert isinstance(unchanged, Quiet)
    assert names(later) == ["2401.00001", "2401.00002"]


async def test_days_missed_while_down_are_caught_up(fetcher):
    site = Site({"2024-01-14": [paper("2401.00014")]})
    async with replay(site) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        server.asked.clear()
        later = await source.poll(first.cursor, NOW + timedelta(days=8))

    assert days_asked(server) == [f"2024-01-{day:02}" for day in range(8, 19)]
    assert names(later) == ["2401.00014"]


async def test_what_was_answered_before_is_asked_for_conditionally(fetcher):
    def answer(asked):
        if "if-none-match" in asked.headers:
            return Answer(status=304)
        return Answer(json.dumps([paper("2401.00001")]).encode(), headers={"ETag": '"1"'})

    async with replay(answer) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        again = await source.poll(first.cursor, NOW)

    assert isinstance(again, Quiet)
    assert all(asked.headers.get("if-none-match") == '"1"' for asked in server.asked[7:])


async def test_changed_upvotes_are_news_of_a_paper_and_stars_are_not(fetcher):
    day = [paper("2401.00001", githubStars=1)]
    async with replay(Site({"2024-01-10": day})) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        day[0]["paper"]["githubStars"] = 2
        stars = await source.poll(first.cursor, NOW)
        day[0]["paper"]["upvotes"] = 2
        votes = await source.poll(stars.cursor, NOW)

    assert isinstance(stars, Quiet)
    assert [entry.upvotes for entry in votes.entries] == [2]


async def test_a_day_of_python_text_is_named_and_tried_again_later(fetcher):
    spoiled = Answer(json.dumps(["{'paper': {'id': '2401.00001'}}"]).encode())
    site = Site({"2024-01-08": spoiled, "2024-01-09": [paper("2401.00009")]})
    async with replay(site) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        still = await source.poll(first.cursor, NOW + timedelta(days=9))
        site.days["2024-01-08"] = [paper("2401.00008")]
        healed = await source.poll(still.cursor, NOW + timedelta(days=10))

    assert names(first) == ["2401.00009"]
    assert [refused.where for refused in first.refused] == ["the day 2024-01-08"]
    assert "Python text instead of JSON" in first.refused[0].why
    assert isinstance(still, Quiet)
    assert names(healed) == ["2401.00008"]


async def test_a_new_day_that_cannot_be_read_breaks_the_source_and_keeps_its_cursor(fetcher):
    site = Site({"2024-01-10": [paper("2401.00010")]})
    async with replay(site) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        site.days["2024-01-11"] = Answer(b"<html>down</html>")
        poll = await source.poll(first.cursor, NOW + timedelta(days=1))

    assert poll == Broken("the day 2024-01-11: not JSON; fetch the day again")


async def test_a_site_that_answers_nothing_is_broken(fetcher):
    async with replay(lambda _: Answer(status=500)) as server:
        poll = await HuggingFaceDaily(fetcher, base_url=server.url).poll({}, NOW)

    assert isinstance(poll, Broken)
    assert poll.reason.endswith("it answered 500 Said (and 6 more days)")


async def test_a_day_that_has_not_begun_there_is_no_fault(fetcher):
    site = Site({"2024-01-09": [paper("2401.00009")], "2024-01-10": NOT_FOUND})
    async with replay(site) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        again = await source.poll(first.cursor, NOW)

    assert isinstance(first, Fresh)
    assert first.refused == []
    assert isinstance(again, Quiet)


async def test_a_day_of_several_pages_is_read_to_its_end(fetcher):
    many = [paper(f"2401.{number:05}") for number in range(1, 121)]
    async with replay(Site({"2024-01-10": many})) as server:
        poll = await HuggingFaceDaily(fetcher, base_url=server.url, first_days=1).poll({}, NOW)

    assert len(poll.entries) == 120


async def test_a_server_that_knows_no_pages_gives_the_day_once(fetcher):
    many = json.dumps([paper(f"2401.{number:05}") for number in range(1, 61)]).encode()
    async with replay(lambda _: Answer(many)) as server:
        poll = await HuggingFaceDaily(fetcher, base_url=server.url, first_days=1).poll({}, NOW)

    assert len(poll.entries) == 60
    assert len(server.asked) == 2


async def test_a_clock_set_back_reads_its_own_days(fetcher):
    site = Site({"2024-01-10": [paper("2401.00010")]})
    async with replay(site) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url)
        first = await source.poll({}, NOW)
        back = await source.poll(first.cursor, NOW - timedelta(days=30))

    assert isinstance(back, Quiet)


@needs_shared
async def test_three_real_weeks_are_read_day_by_day_without_losing_a_paper(fetcher):
    start = datetime(2026, 2, 9, 12, tzinfo=UTC)
    folder = SHARED / "hf_daily_papers/days"
    recorded = {path.stem: json.loads(path.read_text()) for path in folder.glob("2026-02-*.json")}
    source_cursor, found = {}, set()
    async with replay(Site(recorded)) as server:
        source = HuggingFaceDaily(fetcher, base_url=server.url, first_days=1)
        for day in range(19):
            poll = await source.poll(source_cursor, start + timedelta(days=day))
            assert not isinstance(poll, Broken)
            source_cursor = json.loads(json.dumps(poll.cursor))
            found.update(names(poll) if isinstance(poll, Fresh) else ())

    wanted = {
        item["paper"]["id"]
        for day, items in recorded.items()
        if "2026-02-09" <= day <= "2026-02-27"
        for item in items
    }
    assert found == wanted
