"""Trouble is told to those whom it concerns, and to nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rounds.admin_notices import AdminNotices
from bot.rounds.polling import Polled
from storage import channels, sources
from storage.database import Database
from storage.models import SourceHealth
from storage.sources import Trouble
from tests import make
from tests.fakes import FakePlatform

OURS, THEIRS = "slack:T1/CDESK", "slack:T2/CDESK"
PRIVATE = "Acme internal reading list"


class Scene:
    """Two workspaces, each with a channel and an admin channel; one has a feed of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.platform = FakePlatform()
        self.notices = AdminNotices(database, {"slack": self.platform})

    async def set_up(self) -> None:
        async with self.database.write() as session:
            for team in ("T1", "T2"):
                await make.channel(session, f"slack:{team}/C1")
                desk = await make.channel(session, f"slack:{team}/CDESK")
                workspace = await channels.workspace_of(session, desk)
                workspace.admin_channel_id = desk.id
                session.add(workspace)
            own = await sources.add(session, kind="feed", spec="https://acme/x", name=PRIVATE)
            common = await sources.add(
                session, kind="huggingface", spec="daily", name="Daily Papers", shared=True
            )
            self.own, self.common = own.id or 0, common.id or 0
        await self.choose("slack:T1/C1", self.own, on=True)

    async def choose(self, address: str, source_id: int, *, on: bool) -> None:
        async with self.database.write() as session:
            channel = await channels.find(session, address)
            source = await sources.get(session, source_id)
            assert channel is not None
            assert source is not None
            await sources.choose(session, channel, source, on=on)

    async def breaks(self, source_id: int, name: str, turned: str = "broke") -> list[str]:
        polled = Polled(source_id, name, SourceHealth.BROKEN, 0, turned, "HTTP 500")
        await self.notices.source_turned(polled)
        return [str(channel) for channel, _ in self.platform.announced]


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene(database)
    await made.set_up()
    return made


@pytest.mark.parametrize("turned", ["broke", "healed"])
async def test_only_a_workspace_that_reads_a_private_source_hears_of_it(
    scene: Scene, turned: str
) -> None:
    assert await scene.breaks(scene.own, PRIVATE, turned) == [OURS]
    assert PRIVATE in scene.platform.announced[0][1]


async def test_everybody_hears_of_a_source_that_all_read(scene: Scene) -> None:
    assert await scene.breaks(scene.common, "Daily Papers") == [OURS, THEIRS]


async def test_a_workspace_that_reads_it_nowhere_hears_nothing(scene: Scene) -> None:
    for place in ("C1", "CDESK"):
        await scene.choose(f"slack:T2/{place}", scene.common, on=False)

    assert await scene.breaks(scene.common, "Daily Papers") == [OURS]


async def test_a_source_that_only_a_lost_channel_read_concerns_nobody(scene: Scene) -> None:
    async with scene.database.write() as session:
        channel = await channels.find(session, "slack:T1/C1")
        assert channel is not None
        await channels.lose(session, channel.id or 0, "archived")

    assert await scene.breaks(scene.own, PRIVATE) == []


async def test_a_poll_that_changed_nothing_is_not_told(scene: Scene) -> None:
    assert await scene.breaks(scene.common, "Daily Papers", "") == []


@pytest.mark.parametrize("public", [True, False])
async def test_a_source_that_only_a_private_channel_reads_is_told_there(
    scene: Scene, public: bool
) -> None:
    scene.platform.public = public

    assert await scene.breaks(scene.own, PRIVATE) == ([OURS] if public else ["slack:T1/C1"])


async def test_an_admin_channel_that_reads_a_source_hears_of_it_itself(scene: Scene) -> None:
    scene.platform.public = False
    await scene.choose(OURS, scene.own, on=True)

    assert await scene.breaks(scene.own, PRIVATE) == [OURS]


@pytest.mark.parametrize("public", [True, False])
async def test_what_happens_in_a_private_channel_is_said_there_alone(
    scene: Scene, public: bool
) -> None:
    scene.platform.public = public
    async with scene.database.read() as session:
        channel = await channels.find(session, "slack:T1/C1")
    assert channel is not None

    await scene.notices.channel_stuck(channel, "KeyError")
    await scene.notices.paper_refused(channel, "A title", "Slack refused it")

    heard = {str(where) for where, _ in scene.platform.announced}
    assert heard == {OURS if public else channel.address}


@pytest.mark.parametrize(
    ("zone", "hours", "told"),
    [
        ("UTC", 1, 1),
        ("UTC", 12, 2),
        # Kiritimati's day began two hours before, and New York's clock goes back on this one.
        ("Pacific/Kiritimati", 9, 1),
        ("America/New_York", 23, 2),
    ],
)
async def test_a_channel_hears_of_broken_sources_once_on_its_day(
    scene: Scene, zone: str, hours: int, told: int
) -> None:
    since = datetime(2026, 10, 30, 6, tzinfo=UTC)
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    async with scene.database.write() as session:
        channel = await channels.find(session, "slack:T1/C1")
        assert channel is not None
        channel.schedule = f"daily 09:00 {zone}"
        session.add(channel)
    for now in (noon, noon, noon + timedelta(hours=hours)):
        await scene.notices.sources_broken(channel, Trouble(2, 3, since), now)

    said = [text for _, text in scene.platform.announced]
    assert len(said) == told
    assert said[0].startswith("2 of 3 sources cannot be read since Fri 30 Oct 2026")
    assert {str(at) for at, _ in scene.platform.announced} == {"slack:T1/C1"}
