"""Several processes on one Postgres share the rounds; deaths, sleeps and upgrades lose nothing."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from bot.ports import Role
from storage import watches
from storage.database import Database
from storage.models import Channel, LocalMessage, Post, PostState
from tests import make
from tests.postgres import Postgres, running_postgres
from tests.waiting import PATIENCE
from tests.working import CALL_SECONDS

ROOT = Path(__file__).resolve().parents[1]
CHANNELS = 8
TITLES = ["Diffusion models for a", "Diffusion models for b"]
DUE = CHANNELS * len(TITLES)
ALIVE = 'paperround_processes{role="worker"} 1.0'

_CLI = "from bot.cli import main; main()"


@pytest.fixture
def url(postgres: Postgres, migrated_postgres: str) -> Iterator[str]:
    name = postgres.create(migrated_postgres)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """A database in which a round of several channels is due."""
    opened = Database(url)
    await _make_due(opened)
    yield opened
    await opened.close()


async def _make_due(database: Database) -> None:
    async with database.write() as session:
        for number in range(CHANNELS):
            channel = await make.channel(session, f"local:c{number}")
            await watches.add(
                session, channel.id or 0, text="diffusion model", typed="", by="anna", now=make.NOON
            )
        for title in TITLES:
            await make.paper(session, title, at=datetime.now(UTC))


@dataclass
class Running:
    """One process, and what it said so far: `posting`, `written` and `started` lines."""

    process: Process
    said: list[tuple[str, str]] = field(default_factory=list)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            self.said.append((word, rest))

    def all(self, word: str) -> list[str]:
        return [rest for said, rest in self.said if said == word]

    async def until(self, word: str, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.all(word)) < times:
                assert self.process.returncode is None, self.said
                await asyncio.sleep(0.02)


@dataclass
class House:
    """Starts processes on one database, and ends them with the test."""

    url: str
    folder: Path
    stack: AsyncExitStack

    async def start(
        self,
        role: Role,
        *,
        post_seconds: float = 0.1,
        port: int | None = None,
        version: str | None = None,
        at_most: int | None = None,
    ) -> Running:
        settings = {"PAPERROUND_DATABASE_URL": self.url}
        settings |= {"TEST_AT_MOST": str(at_most)} if at_most is not None else {}
        settings |= {"PAPERROUND_PORT": str(port)} if port is not None else {}
        settings |= {"TEST_VERSION": version} if version is not None else {}
        return await self.stack.enter_async_context(self._started(role, post_seconds, settings))

    @asynccontextmanager
    async def _started(
        self, role: Role, post_seconds: float, settings: dict[str, str]
    ) -> AsyncIterator[Running]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.working",
            str(self.folder),
            role.value,
            str(post_seconds),
            cwd=ROOT,
            env=os.environ | settings,
            stdout=asyncio.subprocess.PIPE,
        )
        running = Running(process)
        listening_to = asyncio.create_task(running.listen())
        try:
            await running.until("started")
            yield running
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await listening_to


@pytest.fixture
async def house(url: str, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield House(url, tmp_path, stack)


async def _all_posted(database: Database) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with database.read() as session:
                states = (await session.exec(select(Post.state))).all()
            if len(states) == DUE and set(states) == {PostState.POSTED}:
                return
            await asyncio.sleep(0.1)


def _written(*processes: Running) -> Counter[str]:
    return Counter(one for each in processes for one in each.all("written"))


async def _messages(database: Database) -> list[str | None]:
    """The delivery ids of the cards that stand in the channels."""
    async with database.read() as session:
        messages = (await session.exec(select(LocalMessage))).all()
    return [each.delivery_id for each in messages if each.kind == "card"]


async def _delivery_ids(database: Database) -> Counter[str]:
    async with database.read() as session:
        return Counter((await session.exec(select(Post.delivery_id))).all())


async def test_workers_share_a_round(house: House, database: Database) -> None:
    workers = [await house.start(Role.WORKER), await house.start(Role.WORKER)]

    await _all_posted(database)

    assert _written(*workers) == await _delivery_ids(database)


async def test_what_a_killed_worker_left_is_finished_by_another(
    house: House, database: Database
) -> None:
    first = await house.start(Role.WORKER, post_seconds=3600)
    await first.until("posting", CHANNELS)
    second = await house.start(Role.WORKER)
    first.process.kill()

    await _all_posted(database)

    assert _written(first) == Counter()
    assert _written(second) == await _delivery_ids(database)


async def test_a_worker_that_slept_past_its_claim_sends_nothing_twice(
    house: House, database: Database
) -> None:
    sleeper = await house.start(Role.WORKER, post_seconds=1)
    await sleeper.until("posting")
    sleeper.process.send_signal(signal.SIGSTOP)
    waker = await house.start(Role.WORKER)
    await _all_posted(database)

    sleeper.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(CALL_SECONDS)

    assert _written(sleeper, waker) == await _delivery_ids(database)


async def test_an_upgrade_one_process_after_the_other_loses_nothing(
    house: House, database: Database
) -> None:
    old = await house.start(Role.WORKER, post_seconds=1)
    await old.until("posting", 2)
    new = await house.start(Role.WORKER)
    old.process.send_signal(signal.SIGTERM)
    assert await old.process.wait() == 0

    await _all_posted(database)

    assert _written(old, new) == await _delivery_ids(database)


async def test_what_killed_code_of_another_version_left_is_finished_by_the_new(
    house: House, database: Database
) -> None:
    old = await house.start(Role.WORKER, version="1", at_most=CHANNELS)
    await old.until("kept")
    old.process.kill()
    await old.process.wait()
    new = await house.start(Role.WORKER)

    await _all_posted(database)

    assert 0 < len(old.all("written")) < DUE
    assert _written(old, new) == await _delivery_ids(database)


async def test_code_of_two_versions_side_by_side_posts_nothing_twice(
    house: House, database: Database
) -> None:
    old = await house.start(Role.WORKER, version="1")
    new = await house.start(Role.WORKER)

    await _all_posted(database)

    assert _written(old, new) == await _delivery_ids(database)


async def test_a_database_that_is_restarted_in_the_middle_of_a_round_loses_nothing(
    tmp_path: Path,
) -> None:
    with running_postgres(durable=True) as server:
        url = server.url(server.create())
        migrated = Database(url)
        await migrated.migrate()
        await migrated.close()
        async with AsyncExitStack() as stack:
            house = House(url, tmp_path, stack)
            before = Database(url)
            await _make_due(before)
            await before.close()
            workers = [await house.start(Role.WORKER, post_seconds=1) for _ in range(2)]
            await workers[0].until("posting")

            await asyncio.to_thread(server.crash)

            after = Database(url)
            await _all_posted(after)
            kept = Counter(one for each in workers for one in each.all("kept"))
            assert Counter(await _messages(after)) == await _delivery_ids(after)
            assert kept <= await _delivery_ids(after)
            assert [each.process.returncode for each in workers] == [None, None]
            await after.close()


async def test_sessions_that_an_administrator_ends_in_mid_round_cost_no_post_and_no_process(
    house: House, postgres: Postgres
) -> None:
    workers = [await house.start(Role.WORKER, post_seconds=0.5) for _ in range(2)]
    name = house.url.partition("?")[0].rpartition("/")[2]
    await workers[0].until("posting")

    ended = [await asyncio.to_thread(postgres.end_sessions, name) for _ in range(3)]

    after = Database(house.url)
    await _all_posted(after)
    assert ended[0] > 0
    assert Counter(await _messages(after)) == await _delivery_ids(after)
    assert [each.process.returncode for each in workers] == [None, None]
    await after.close()


async def test_a_chat_process_is_ready_only_beside_a_worker(house: House) -> None:
    chat = await house.start(Role.CHAT, port=0)
    [address] = chat.all("started")
    async with httpx.AsyncClient(base_url=address) as client:
        alone = await client.get("/readyz")
        await house.start(Role.WORKER)
        async with asyncio.timeout(PATIENCE):
            # A worker counts as dead, for a while, on a machine that lets its heart stumble.
            while (together := await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
            while ALIVE not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.05)

    assert (alone.status_code, alone.json()["workers"]) == (503, "none alive")
    assert (together.status_code, together.json()["workers"]) == (200, "ok")
    assert chat.all("posting") == []


async def test_a_round_asked_for_in_one_process_is_run_by_another(
    house: House, database: Database
) -> None:
    async with database.write() as session:
        for channel in (await session.exec(select(Channel))).all():
            channel.schedule = "off"
            session.add(channel)
    worker = await house.start(Role.WORKER)
    asking = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", _CLI, "papers", "--channel", "local:c3", "now"),
        cwd=ROOT,
        env=os.environ | {"PAPERROUND_DATABASE_URL": house.url},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asking.communicate()

    assert asking.returncode == 0, said
    await worker.until("written", len(TITLES))
    assert len(worker.all("written")) == len(TITLES)


async def test_one_part_alone_needs_a_database_that_is_shared(tmp_path: Path) -> None:
    refused = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", _CLI, "run", "--role", "worker"),
        cwd=tmp_path,
        env=os.environ | {"PAPERROUND_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await refused.communicate()

    assert refused.returncode == 2
    assert b"PAPERROUND_DATABASE_URL" in said
