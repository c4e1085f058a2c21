"""Asked to stop, a server ends in order and in time, and loses and doubles nothing.

It ends itself with code 1 where that takes longer than it promises, so code 0 means in time.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from storage import watches
from storage.database import Database
from storage.models import LocalMessage, Post, PostState
from tests import make
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
TITLES = ["Diffusion models for a", "Diffusion models for b"]


@pytest.fixture
async def folder(tmp_path: Path, database: Database) -> Path:
    """A data folder in which a round is due."""
    async with database.write() as session:
        channel = await make.channel(session)
        await watches.add(
            session, channel.id or 0, text="diffusion model", typed="", by="anna", now=make.NOON
        )
        for title in TITLES:
            await make.paper(session, title, at=datetime.now(UTC))
    return tmp_path


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Posts are sent once this file is there."""
    return tmp_path / "gate"


@asynccontextmanager
async def _server(folder: Path, gate: Path) -> AsyncIterator[Process]:
    """A server that is in the middle of its first post."""
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.stopping",
        str(folder),
        str(gate),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while await server.stdout.readline() != b"posting\n":
                assert server.returncode is None
            yield server
    finally:
        if server.returncode is None:
            server.kill()
        await server.communicate()


def _open(gate: Path) -> None:
    gate.touch()


async def _ask(server: Process, how: signal.Signals) -> None:
    """Ask a server to stop, and wait until it says that it does."""
    assert server.stderr is not None
    server.send_signal(how)
    async with asyncio.timeout(PATIENCE):
        while not (said := await server.stderr.readline()).startswith(b"Stopping"):
            assert said, "it ended without a word"


async def _code(server: Process) -> int:
    """What a server ends with."""
    await server.communicate()
    assert server.returncode is not None
    return server.returncode


async def _states(database: Database) -> list[PostState]:
    async with database.read() as session:
        return list((await session.exec(select(Post.state).order_by(Post.rank))).all())


async def _cards(database: Database) -> list[str]:
    async with database.read() as session:
        logged = (await session.exec(select(LocalMessage))).all()
    return sorted(one.body["card"]["title"] for one in logged if one.kind == "card")


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
async def test_a_post_that_is_being_sent_is_finished_and_no_other_begun(
    folder: Path, gate: Path, database: Database, asked: signal.Signals
) -> None:
    async with _server(folder, gate) as server:
        await _ask(server, asked)
        _open(gate)
        assert await _code(server) == 0

    assert await _states(database) == [PostState.POSTED, PostState.DUE]
    assert len(await _cards(database)) == 1


async def test_a_post_that_hangs_is_let_go_and_sent_once_by_the_next_start(
    folder: Path, gate: Path, database: Database
) -> None:
    async with _server(folder, gate) as server:
        await _ask(server, signal.SIGTERM)
        assert await _code(server) == 0
    assert await _cards(database) == []

    _open(gate)
    async with _server(folder, gate), asyncio.timeout(PATIENCE):
        while await _states(database) != [PostState.POSTED] * 2:
            await asyncio.sleep(0.1)

    assert await _cards(database) == TITLES


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_it_at_once(
    folder: Path, gate: Path, again: signal.Signals
) -> None:
    async with _server(folder, gate) as server:
        await _ask(server, signal.SIGTERM)
        server.send_signal(again)
        assert await _code(server) == 128 + again


async def _ended(folder: Path, *given: str) -> tuple[int | None, bytes]:
    """How a demo ended that was asked to stop at some moment, and what it said."""
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.ending",
        *given,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PAPERROUND_LOG_LEVEL": "WARNING"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await demo.communicate()
    return demo.returncode, said.replace(
        b"Stopping; what is being posted is finished first.\n", b""
    )


@pytest.mark.parametrize("turns", ["1", "10", "40", "160", "640", "1550", "2000"])
async def test_asked_at_any_moment_it_ends_in_order_and_without_a_word(
    tmp_path: Path, turns: str
) -> None:
    assert await _ended(tmp_path, turns) == (0, b"")


@pytest.mark.parametrize("turns", ["3", "1500"])
async def test_threads_that_never_end_do_not_hold_the_end(tmp_path: Path, turns: str) -> None:
    assert await _ended(tmp_path, turns, "--stuck") == (0, b"")
