import gzip
import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from bot.sources.base import Entry, Fresh, Poll, Quiet
from bot.sources.sample import CHANNELS, SampleChannel, SampleDigest
from tests.shared import SHARED, needs_shared

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LAST_DAY = 13


def entries(poll: Poll) -> list[Entry]:
    assert isinstance(poll, Fresh)
    return list(poll.entries)


def day_of(entry: Entry) -> int:
    assert entry.featured_at is not None
    return (entry.featured_at.date() - START.date()).days


def folded(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return f" {' '.join(word.removesuffix('s') for word in words)} "


def watched(channel: SampleChannel, entry: Entry) -> bool:
    paper = SimpleNamespace(**entry.model_dump(), source="sample")
    lexicon = Lexicon.shipped()
    return any(evaluate(parse(watch), paper, lexicon) for watch in channel.watches)


async def whole_digest() -> list[Entry]:
    source = SampleDigest()
    first = await source.poll({}, START)
    assert isinstance(first, Fresh)
    rest = await source.poll(first.cursor, START + timedelta(days=LAST_DAY))
    return entries(first) + entries(rest)


async def test_the_first_poll_gives_several_days_of_history_and_today() -> None:
    days = {day_of(entry) for entry in entries(await SampleDigest().poll({}, START))}

    assert days == {-3, -2, -1, 0}


async def test_each_following_day_gives_only_its_own_papers() -> None:
    source = SampleDigest()
    poll = await source.poll({}, START)
    for day in range(1, LAST_DAY + 1):
        assert isinstance(poll, Fresh)
        poll = await source.poll(poll.cursor, START + timedelta(days=day))
        assert {day_of(entry) for entry in entries(poll)} == {day}


async def test_days_without_a_poll_are_made_up_for() -> None:
    source = SampleDigest()
    first = await source.poll({}, START)
    assert isinstance(first, Fresh)

    late = await source.poll(first.cursor, START + timedelta(days=3))

    assert {day_of(entry) for entry in entries(late)} == {1, 2, 3}


@pytest.mark.parametrize("later", [timedelta(hours=2), timedelta(days=-2)])
async def test_nothing_is_given_twice_even_by_a_clock_set_back(later: timedelta) -> None:
    source = SampleDigest()
    first = await source.poll({}, START)
    assert isinstance(first, Fresh)

    again = await source.poll(first.cursor, START + later)

    assert again == Quiet(first.cursor)


async def test_the_digest_ends() -> None:
    source = SampleDigest()
    first = await source.poll({}, START)
    assert isinstance(first, Fresh)
    rest = await source.poll(first.cursor, START + timedelta(days=100))
    assert isinstance(rest, Fresh)

    assert isinstance(await source.poll(rest.cursor, START + timedelta(days=200)), Quiet)


async def test_a_day_begins_at_midnight_in_the_given_zone() -> None:
    east = timezone(timedelta(hours=9))
    evening_in_utc = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)

    poll = await SampleDigest(east).poll({}, evening_in_utc)

    assert isinstance(poll, Fresh)
    assert date.fromisoformat(poll.cursor["start"]) == date(2026, 3, 2)


async def test_papers_are_featured_at_seven_utc_of_their_day() -> None:
    for entry in await whole_digest():
        assert entry.featured_at is not None
        assert (entry.featured_at.hour, entry.featured_at.utcoffset()) == (7, timedelta())


async def test_every_paper_has_an_abstract_its_authors_or_their_number_and_one_identity() -> None:
    papers = await whole_digest()

    assert len(papers) == 91
    assert len({entry.names for entry in papers}) == 91
    for entry in papers:
        assert 2 <= len(re.findall(r"[.?](?=\s|$)", entry.abstract)) <= 4
        assert entry.authors or entry.author_count is not None
        assert entry.published_at is not None
        assert entry.published_at.tzinfo is not None
        assert (entry.upvotes is None) == (not entry.authors)


async def test_an_arxiv_identity_comes_with_its_page_and_agrees_with_the_date() -> None:
    for entry in await whole_digest():
        kind, _, identity = entry.names[0].partition(":")
        assert kind in {"arxiv", "id"}
        if kind == "id":
            assert entry.url is None
            continue
        assert entry.url == f"https://arxiv.org/abs/{identity}"
        assert entry.published_at is not None
        month = datetime.strptime(f"{identity[:4]}+0000", "%y%m%z")
        assert abs(entry.published_at - month) < timedelta(days=62)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
async def test_a_demo_channel_has_something_on_every_day(channel: SampleChannel) -> None:
    days = {day_of(entry) for entry in await whole_digest() if watched(channel, entry)}

    assert days == set(range(-3, LAST_DAY + 1))


@pytest.mark.parametrize("day", [0, 1, 2, 3])
async def test_general_gets_a_system_and_a_theory_named_in_the_title(day: int) -> None:
    today = [folded(entry.title) for entry in await whole_digest() if day_of(entry) == day]

    assert any(" large language model " in title or " llm " in title for title in today)
    assert any(" scaling law " in title for title in today)


@needs_shared
async def test_the_papers_are_those_of_the_saved_page() -> None:
    assert SHARED is not None
    (saved,) = (SHARED / "seed").glob("*.txt")
    page = saved.read_text(encoding="utf-8")

    for entry in await whole_digest():
        if entry.authors:
            continue
        assert f"\n{entry.title}\n" in page
        assert entry.abstract not in page


@needs_shared
async def test_authors_are_those_of_the_daily_papers_and_texts_are_our_own() -> None:
    assert SHARED is not None
    with gzip.open(SHARED / "hf_daily_papers" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        known = {paper["id"]: paper for paper in map(json.loads, lines)}

    for entry in await whole_digest():
        if not entry.authors:
            continue
        paper = known[entry.names[0].removeprefix("arxiv:")]
        assert list(entry.authors) == paper["authors"]
        ours = re.split(r"(?<=[.?]) ", entry.abstract)
        assert not [
            sentence
            for sentence in ours
            if len(sentence) > 20 and sentence in " ".join(paper["summary"].split())
        ]
