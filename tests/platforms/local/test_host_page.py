"""The host's page tells how everything does, and shows nothing unescaped."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.platforms.local.adapter import LocalChat
from storage import channels, processes, votes
from storage.database import Database
from storage.models import ChannelState, PostState, SourceHealth, Worker
from tests import make
from tests.browser import needs_browser
from tests.make import NOON
from tests.platforms.local.conftest import GENERAL, Open
from tests.platforms.local.test_browser import Visitors, visitors

__all__ = ["visitors"]


@pytest.fixture
async def busy(chat: LocalChat, database: Database) -> Database:
    async with database.write() as session:
        source = await make.source(session, "a <b>feed</b>")
        source.health, source.reason, source.polled_at = SourceHealth.BROKEN, "404 & gone", NOON
        here = await channels.find(session, str(GENERAL))
        assert here is not None
        lost = await make.channel(session, "slack:T1/C1")
        lost.name, lost.state, lost.state_reason = "secret", ChannelState.GONE, "archived"
        session.add(lost)
        done, held = [await make.paper(session, title) for title in ("Done", "Held up")]
        recently = datetime.now(UTC) - timedelta(days=1)
        posted = await make.post(session, here, done, state=PostState.POSTED, posted_at=NOON)
        await make.post(session, here, held, state=PostState.FAILED, reason="it did not answer")
        vote = votes.VoteEvent(posted.id or 0, "ana", "👍", value=1, added=True, at=NOON)
        await votes.record(session, [vote])
        await processes.join(
            session,
            Worker(
                name="w1", role="all", host="box", pid=7, started_at=recently, beaten_at=recently
            ),
        )
    return database


async def test_it_names_what_is_wrong_and_why(client: httpx.AsyncClient, busy: Database) -> None:
    page = (await client.get("/host")).text

    assert "404 &amp; gone" in page
    assert "<b>feed</b>" not in page
    assert "archived" in page
    assert "it did not answer" in page
    assert "box" in page


async def test_it_counts_a_week_of_posts_and_votes(
    client: httpx.AsyncClient, busy: Database
) -> None:
    page = (await client.get("/host")).text
    row = page.partition(">general<")[2].partition("</tr>")[0]

    assert row.count('<td class="number">1</td>') == 2


async def test_it_is_behind_the_token(open_client: Open, busy: Database) -> None:
    client = open_client(token="a-token-of-some-length")

    assert (await client.get("/host")).status_code == 401


async def test_an_empty_install_says_so(client: httpx.AsyncClient) -> None:
    page = (await client.get("/host")).text

    assert "No source is read yet." in page
    assert "None: all that was picked is delivered." in page


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
async def test_a_wide_table_scrolls_by_itself(
    visitors: Visitors, busy: Database, width: int
) -> None:
    page = await visitors.come(at="/host", viewport={"width": width, "height": 844})

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.get_by_role("rowheader", name="general").is_visible()
