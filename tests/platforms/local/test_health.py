"""Monitors get true answers; figures are for whoever holds the token, where there is one."""

import json
import socket

import httpx

from bot.platforms.local.health import answering
from storage.database import Database
from tests.fakes import FakePlatform
from tests.health import FakeEngine, health_of
from tests.platforms.local.conftest import Open

TOKEN = "correct-horse-battery"  # a test's own secret


async def test_health_and_readiness_mean_it(open_client: Open, database: Database) -> None:
    well = open_client()
    ill = open_client(health=health_of(database, FakeEngine(launched=False, ticking=False)))

    assert [(await well.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert [(await ill.get(path)).status_code for path in ("/healthz", "/readyz")] == [503, 503]
    assert json.loads((await ill.get("/readyz")).text)["engine"] == "not launched"


async def test_a_workspace_in_trouble_is_named_and_takes_no_process_out(
    open_client: Open, database: Database
) -> None:
    class Troubled(FakePlatform):
        async def troubles(self) -> tuple[str, ...]:
            return ("slack: T1: install the app again",)

    health = health_of(database, platform=Troubled())

    answer = await open_client(health=health).get("/readyz")

    assert answer.status_code == 200
    assert json.loads(answer.text)["workspaces"] == ["slack: T1: install the app again"]


async def test_beyond_loopback_figures_ask_for_the_token_and_probes_do_not(
    open_client: Open,
) -> None:
    client = open_client(host="0.0.0.0", token=TOKEN)

    async def status(path: str, bearer: str = "") -> int:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return (await client.get(path, headers=headers)).status_code

    assert await status("/metrics") == 401
    assert await status("/metrics", "wrong") == 401
    assert await status("/metrics", TOKEN) == 200
    assert (await status("/healthz"), await status("/readyz")) == (200, 200)


async def test_a_worker_answers_on_a_socket_of_its_own(database: Database) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with answering(health_of(database), listener, None), httpx.AsyncClient() as client:
        found = [await client.get(f"{address}/{path}") for path in ("healthz", "readyz", "metrics")]

    assert [one.status_code for one in found] == [200, 200, 200]
    assert "paperround_index_size" in found[2].text
