"""Failures recorded of other bots, replayed: each is detected, or survived.

A list gone stale and announcements that the API lacks are in `tests/sources/test_arxiv.py`; votes
of two workspaces in `tests/storage/test_votes.py`; processes killed at every step in `tests/crash`.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.pick import Picker
from bot.rounds.polling import Polling
from bot.sources.base import Broken, Entry, Fresh, Quiet
from bot.sources.dates import find_moment
from storage import candidates, claims, papers, posts, sources, votes, watches
from storage.claims import Note
from storage.database import Database
from storage.models import PostState
from storage.votes import VoteEvent
from tests import make
from tests.fakes import ScriptedSource
from tests.make import NOON
from tests.matching.paper import Text

WINDOW = timedelta(days=7)


def entry(name: str, **facts: object) -> Entry:
    return Entry(names=(f"id:{name}",), title=f"Diffusion {name}", featured_at=NOON, **facts)


async def news(database: Database, address: str = "local:general") -> set[str]:
    async with database.write() as session:
        channel = await make.channel(session, address)
        ids = await candidates.candidate_ids(session, channel.id or 0, NOON - WINDOW)
        return {str(each) for each in ids}


async def polled(database: Database, *answers: object) -> Polling:
    scripted = ScriptedSource(*answers)
    polling = Polling(database, lambda _kind, _spec: scripted, lambda: NOON)
    async with database.write() as session:
        source = await make.source(session)
    for _ in answers:
        await polling.poll(source.id or 0)
    return polling


async def a_day_closed_while_its_pages_were_filling(database: Database) -> None:
    """Ids that come after a poll of their day are news at the next one, in whatever order."""
    await polled(
        database,
        Fresh([entry("1"), entry("2")], {"day": "today"}),
        Quiet({"day": "today"}),
        Fresh([entry("0"), entry("3")], {"day": "today"}),
    )

    assert len(await news(database)) == 4


async def one_category_probed_for_all(database: Database) -> None:
    """Each source has a cursor of its own: that one is quiet says nothing of another."""
    scripts = {
        "a": ScriptedSource(Quiet({"n": 1}), Quiet({"n": 2})),
        "b": ScriptedSource(Fresh([entry("1")], {"n": 7}), Fresh([entry("2")], {"n": 8})),
    }
    polling = Polling(database, lambda _kind, spec: scripts[spec], lambda: NOON)
    async with database.write() as session:
        ids = [(await make.source(session, spec)).id or 0 for spec in scripts]
    for _ in range(2):
        for source_id in ids:
            await polling.poll(source_id)

    assert len(await news(database)) == 2
    assert [list(script.cursors) for script in scripts.values()] == [[{}, {"n": 1}], [{}, {"n": 7}]]


async def dates_compared_as_strings(_: Database) -> None:
    """ "2026-6-30" is later than "2026-06-09" and before "2026-10-01"."""
    days = [find_moment(text) for text in ("2026-06-09", "2026-6-30", "2026-10-1")]

    assert None not in days
    assert days == sorted(day for day in days if day)


async def one_last_fetched_for_all_channels(database: Database) -> None:
    """What the first channel posted is still a candidate for the second."""
    await polled(database, Fresh([entry("1")], {}))
    first = await news(database, "local:first")
    async with database.write() as session:
        (paper,) = await papers.get_many(session, [int(each) for each in first])
        await make.post(session, await make.channel(session, "local:first"), paper)

    assert await news(database, "local:first") == set()
    assert await news(database, "local:second") == first


async def posted_first_and_stored_after(database: Database) -> None:
    """A post is stored as being sent before it is, and whoever takes it over must ask first."""
    ids = await _two_posts(database)
    later = NOON + timedelta(minutes=5)
    async with database.write() as session:
        (first,) = await claims.claim(
            session, ids[:1], holder="dead", now=NOON, until=NOON + timedelta(minutes=2)
        )
        assert not first.post.maybe_sent
    async with database.write() as session:
        (again,) = await claims.claim(session, ids[:1], holder="next", now=later, until=later)

    assert again.post.maybe_sent


async def stored_for_all_only_after_all_succeeded(database: Database) -> None:
    """One failure leaves the posts before it posted."""
    ids = await _two_posts(database)
    async with database.write() as session:
        await claims.claim(session, ids, holder="me", now=NOON, until=NOON + timedelta(minutes=2))
        done = Note(ids[0], 1, PostState.POSTED, message="1", posted_at=NOON)
        failed = Note(ids[1], 1, PostState.FAILED, reason="refused", retry_at=NOON)
        await claims.note(session, [done, failed])
    async with database.read() as session:
        left = await claims.list_unfinished(session, NOON + timedelta(hours=1))

    assert [post.id for post in left] == ids[1:]


async def _two_posts(database: Database) -> list[int]:
    async with database.write() as session:
        channel = await make.channel(session)
        made = [await make.post(session, channel, await make.paper(session, t)) for t in ("A", "B")]
        for post in made:
            post.state = PostState.DUE
            session.add(post)
    return [post.id or 0 for post in made]


async def everything_started_twice(database: Database) -> None:
    """Asked twice for one slot, as after a reconnect, a round makes its posts once."""
    async with database.write() as session:
        channel = await make.channel(session)
        text = "diffusion model"
        await watches.add(session, channel.id or 0, text=text, typed=text, by="a", now=NOON)
        for letter in "abc":
            await make.paper(session, f"Diffusion models for {letter}")
    picker = Picker(database, MatchCache(database, WINDOW), TasteStore(90), WINDOW)
    first = await picker.pick(channel.id or 0, NOON, NOON)
    again = await picker.pick(channel.id or 0, NOON, NOON)

    assert len(first) == 3
    assert again == first
    async with database.read() as session:
        assert len(await posts.list_slot(session, channel.id or 0, NOON)) == 3


async def votes_of_two_servers_mixed(database: Database) -> None:
    """One person's vote on a paper in one channel says nothing of the same paper in another."""
    async with database.write() as session:
        paper = await make.paper(session, "A")
        here = await make.post(session, await make.channel(session, "slack:T1/C1"), paper)
        there = await make.post(session, await make.channel(session, "slack:T2/C1"), paper)
        event = VoteEvent(here.id or 0, "U1", "👍", value=1, added=True, at=NOON)
        await votes.record(session, [event])
        counted = await votes.counts(session, [here.id or 0, there.id or 0])

    assert counted.get(here.id or 0) == (1, 0)
    assert counted.get(there.id or 0, (0, 0)) == (0, 0)


async def a_feed_that_was_added_again(database: Database) -> None:
    """What a source held when it was added is backlog, the second time too."""
    past = [entry(str(n), published_at=NOON - timedelta(days=30)) for n in range(3)]
    old = [one.model_copy(update={"featured_at": None}) for one in past]
    scripted = ScriptedSource(Fresh(old, {}), Fresh(old, {}))
    polling = Polling(database, lambda _kind, _spec: scripted, lambda: NOON)
    async with database.write() as session:
        source = await sources.add(session, kind="feed", spec="https://x.example.org", name="x")
        channel = await make.channel(session)
    for on in (True, False, True):
        async with database.write() as session:
            await sources.choose(session, channel, source, on=on)
        if on:
            await polling.poll(source.id or 0)

    assert await news(database) == set()


async def a_broken_answer_that_moves_the_mark(database: Database) -> None:
    """What a source gives after an outage is news."""
    await polled(database, Fresh([entry("1")], {"n": 1}), Broken("500"), Fresh([entry("2")], {}))

    assert len(await news(database)) == 2


async def a_pattern_that_runs_for_ever(_: Database) -> None:
    """What looks like a regular expression is words, and is read in time linear in the paper."""
    lexicon = Lexicon.shipped()

    assert evaluate(parse('"(a+)+ b"'), Text("a" * 20_000, "a " * 20_000), lexicon) is None


async def long_abstracts_and_short_watches(_: Database) -> None:
    """A phrase is found within a long abstract; a number is not found within a longer one."""
    long = "It is long. " * 300 + "We train a mixture of experts here."
    lexicon = Lexicon.shipped()

    assert evaluate(parse("mixture of experts"), Text("On models", long), lexicon)
    assert evaluate(parse("25"), Text("In 2025, 125 words"), lexicon) is None
    assert evaluate(parse("RAG"), Text("Leverage in storage"), lexicon) is None


@pytest.mark.parametrize(
    "replay",
    [
        a_day_closed_while_its_pages_were_filling,
        one_category_probed_for_all,
        dates_compared_as_strings,
        one_last_fetched_for_all_channels,
        posted_first_and_stored_after,
        stored_for_all_only_after_all_succeeded,
        everything_started_twice,
        votes_of_two_servers_mixed,
        a_feed_that_was_added_again,
        a_broken_answer_that_moves_the_mark,
        a_pattern_that_runs_for_ever,
        long_abstracts_and_short_watches,
    ],
    ids=lambda replay: replay.__name__,
)
async def test_what_went_wrong_elsewhere_goes_well(
    database: Database, replay: Callable[[Database], Awaitable[None]]
) -> None:
    await replay(database)
