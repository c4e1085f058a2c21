"""The REST side, and both sides on one local port."""

import asyncio
import io
import json
import re
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from simcord.backend.errors import BackendError
from simcord.backend.serializers import message_payload, user_payload
from simcord.http import RouteNotImplemented, UnsupportedField, routes  # noqa: F401 - registers
from simcord.http.router import dispatch

from tests.peers.discord.buckets import Bucket
from tests.peers.discord.faults import Fault, Moment
from tests.peers.discord.gateway import Gateway
from tests.peers.discord.openapi import description
from tests.peers.discord.world import World
from tests.waiting import PATIENCE

_API = "/api/v10"
_MESSAGES = re.compile(r"/channels/(\d+)/messages")
_MESSAGE = re.compile(r"/channels/\d+/messages/(\d+)")
_SUPERS = re.compile(r"/channels/\d+/messages/(\d+)/reactions/([^/]+)")
_HANDLING = ("discord.py: ", "CommandTree-", "discord-ui-")
"""How discord.py names the tasks in which it handles events."""
_TURNS = 10


@dataclass
class Upload:
    """A file of a form, as simcord wants it."""

    fp: io.BytesIO
    filename: str
    description: str | None = None


class Bridge:
    """A Discord at `base` that has what simcord has not: nonces, limits, faults, pages of history.

    `problems` are requests that simcord does not know, or that Discord's official description
    refuses, where it is there; a test should find none. A `watcher` sees
    each request as it comes in, and may take its time. While it is `closed` nobody is answered.
    """

    def __init__(self, world: World, *, shards: int = 1) -> None:
        self.world = world
        self.shards = shards
        self.token = f"{encoded(world.backend.application_id)}.AAAAAA.secret"
        self.gateway = Gateway(world, self.token)
        self.faults: list[Fault] = []
        self.buckets: list[Bucket] = []
        self.requests: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.nonces: dict[tuple[str, str], str] = {}
        self.sessions_left = 999
        self.supers: dict[tuple[int, str], list[int]] = {}
        self.closed = False
        self.port = 0
        self.watcher: Callable[[web.Request], Awaitable[None]] | None = None
        self._busy = 0

    @property
    def base(self) -> str:
        """What discord.py calls its base: the address with the version of the API."""
        return f"http://127.0.0.1:{self.port}{_API}"

    def count(self, method: str, path: str) -> int:
        """How many requests of this method had a path that matches."""
        return sum(
            one == method and re.fullmatch(path, two) is not None for one, two in self.requests
        )

    async def quiet(self) -> None:
        """Wait until the bot handles no event and asks for nothing.

        Both live in one event loop, so that what was sent arrives within a few turns of it, however
        slow the machine is.
        """
        seen, still = -1, 0
        async with asyncio.timeout(PATIENCE):
            while still < _TURNS:
                await asyncio.sleep(0.002)
                at_rest = not self._busy and seen == len(self.requests) and not _handling()
                seen, still = len(self.requests), still + 1 if at_rest else 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, with whatever fault it is due."""
        path = request.path.removeprefix(_API)
        self.requests.append((request.method, path))
        self._busy += 1
        try:
            if self.closed:
                return self._strike(request, Fault("", "", None))
            if self.watcher is not None:
                await self.watcher(request)
            told = self._told(path)
            if "Retry-After" in told:
                wait = float(told["Retry-After"])
                refusal = {"message": "x", "retry_after": wait, "global": False}
                return _json(refusal, 429, {"Via": "1.1 google", **told})
            if (fault := self._due(request.method, path, "before")) is not None:
                return self._strike(request, fault)
            answer = await self._answer(request, path)
            if (fault := self._due(request.method, path, "after")) is not None:
                return self._strike(request, fault)
            answer.headers.update(told)
            return answer
        finally:
            self._busy -= 1

    async def _answer(self, request: web.Request, path: str) -> web.Response:
        if request.headers.get("Authorization") not in (f"Bot {self.token}", None):
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        body, files = await _body(request)
        if (judge := description()) is not None:
            self.problems += judge.wrong(request.method, path, dict(request.query), body)
        if path == "/gateway/bot":
            return _json(self._gateway())
        try:
            return _json(self._dispatched(request, path, body, files))
        except (RouteNotImplemented, UnsupportedField) as error:
            self.problems.append(str(error))
            return _json({"message": str(error), "code": 0}, 501)
        except BackendError as error:
            return _json(error.to_json(), error.status)

    def _dispatched(self, request: web.Request, path: str, body: Any, files: list[Upload]) -> Any:
        backend, method = self.world.backend, request.method
        created = _MESSAGES.fullmatch(path) if method == "POST" else None
        nonce = body.get("nonce") if created and body.get("enforce_nonce") else None
        if created and nonce and (known := self.nonces.get((created[1], nonce))) is not None:
            # Not by GET, which asks for leave to read the history: a nonce needs none.
            return message_payload(backend, backend.get_message(int(created[1]), int(known)))
        if created:
            self.world.wake(int(created[1]))
        if method == "GET" and "after" in request.query and _MESSAGES.fullmatch(path):
            return self._after(path, dict(request.query))
        if (super_ := _SUPERS.fullmatch(path)) and request.query.get("type") == "1":
            who = self.supers.get((int(super_[1]), urllib.parse.unquote(super_[2])), [])
            return [dict(user_payload(backend.get_user(each))) for each in who]
        made = dispatch(backend, method, path, json=body, params=dict(request.query), files=files)
        if method == "GET" and (one := _MESSAGE.fullmatch(path)) is not None:
            self._add_supers(made, int(one[1]))
        if created and nonce:
            self.nonces[created[1], nonce] = made["id"]
        return made

    def super_react(self, message_id: int, emoji: str, user_id: int) -> None:
        """Somebody puts a super reaction on a message while no gateway tells of it."""
        self.supers.setdefault((message_id, emoji), []).append(user_id)

    def _add_supers(self, message: dict[str, Any], message_id: int) -> None:
        for (wanted, emoji), who in self.supers.items():
            if wanted != message_id:
                continue
            theirs = [each for each in message["reactions"] if each["emoji"]["name"] == emoji]
            if not theirs:
                fresh = {"emoji": {"id": None, "name": emoji}, "count": 0, "me": False}
                theirs = [fresh | {"count_details": {"normal": 0, "burst": 0}}]
                message["reactions"] += theirs
            theirs[0]["count"] += len(who)
            theirs[0]["count_details"]["burst"] += len(who)

    def _after(self, path: str, params: dict[str, str]) -> Any:
        """The messages next after one, where simcord would give the last ones of the channel."""
        found = dispatch(self.world.backend, "GET", path, params={**params, "limit": str(10**6)})
        return found[-int(params.get("limit", 50)) :]

    def _gateway(self) -> dict[str, Any]:
        limit = {
            "total": 1000,
            "remaining": self.sessions_left,
            "reset_after": 3_600_000,
            "max_concurrency": 1,
        }
        return {"url": self.gateway.url, "shards": self.shards, "session_start_limit": limit}

    def _told(self, path: str) -> Mapping[str, str]:
        """The headers of the bucket that a request falls into; it counts there."""
        taken = [each.take(path) for each in self.buckets]
        return next((each for each in taken if each is not None), {})

    def _due(self, method: str, path: str, moment: Moment) -> Fault | None:
        return next((each for each in self.faults if each.strikes(method, path, moment)), None)

    def _strike(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.status is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(fault.body, str):
            return web.Response(text=fault.body, status=fault.status, headers=fault.headers)
        return _json(fault.body, fault.status, fault.headers)


@asynccontextmanager
async def bridged(world: World, *, shards: int = 1) -> AsyncIterator[Bridge]:
    """The world on a free local port for as long as the block lasts."""
    bridge = Bridge(world, shards=shards)
    app = web.Application(client_max_size=30_000_000)
    app.router.add_get("/gateway", bridge.gateway.serve)
    app.router.add_get("/gateway/", bridge.gateway.serve)
    app.router.add_route("*", _API + "/{path:.*}", bridge.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bridge.port = runner.addresses[0][1]
    bridge.gateway.url = f"ws://127.0.0.1:{bridge.port}/gateway"
    try:
        yield bridge
    finally:
        await runner.cleanup()


def _handling() -> bool:
    return any(task.get_name().startswith(_HANDLING) for task in asyncio.all_tasks())


async def _body(request: web.Request) -> tuple[Any, list[Upload]]:
    if not request.can_read_body:
        return None, []
    if not request.content_type.startswith("multipart/"):
        return await request.json(), []
    form = await request.post()
    body = json.loads(str(form["payload_json"]))
    told = {each["filename"]: each.get("description") for each in body.get("attachments", ())}
    files = [
        Upload(io.BytesIO(each.file.read()), each.filename, told.get(each.filename))
        for each in form.values()
        if isinstance(each, web.FileField)
    ]
    return body, files


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    if body is None:
        return web.Response(status=204)
    # discord.py reads JSON only where the type is exactly this, without a charset.
    more = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=more)


def encoded(number: int) -> str:
    """An id as the first part of a bot token."""
    import base64

    return base64.b64encode(str(number).encode()).decode().rstrip("=")
