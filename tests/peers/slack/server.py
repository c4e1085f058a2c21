"""The fake on a port: the Web API with its faults and limits, sockets, and answers to commands."""

import asyncio
import base64
import json
import time
from collections import Counter, defaultdict
from email.utils import formatdate
from typing import Any

from aiohttp import web

from bot.platforms.slack.manifest import bot_scopes
from tests.peers.slack.api import Api, RefusalError
from tests.peers.slack.faults import Fault, Faults
from tests.peers.slack.references import References
from tests.peers.slack.sockets import Sockets
from tests.peers.slack.strict import MESSAGE_LENGTH, check_blocks, length
from tests.peers.slack.workspace import APP, APP_TOKEN, BOT_USER, Workspace
from tests.waiting import PATIENCE

_RESPONSES = 5
_APP_ITSELF = "Basic " + base64.b64encode(b"1.2:cs").decode()


class FakeSlack:
    """Slack at `url`; `pace` is the seconds within which a channel takes no second post.

    Calls of a method that is `held` are answered once its event is set. A call that is not as its
    page says is refused, and what is `wrong` with it noted.

    That limit (one message a second and channel) is in apis/web-api/rate-limits, the five uses of a
    command's address in interactivity/handling-user-interaction, `account_inactive` for a token
    whose app was removed in reference/methods/chat.postMessage, all of docs.slack.dev.
    """

    def __init__(self, *workspaces: Workspace, pace: float = 0.0) -> None:
        self.apis = {each.token: Api(each) for each in workspaces or (Workspace(),)}
        self.faults = Faults()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.references = References()
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        self.responses: list[dict[str, Any]] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.revoked: set[str] = set()
        self.scopes = bot_scopes()
        self.pace = pace
        self.delay = 0.0
        self.held: dict[str, asyncio.Event] = {}
        self.sockets = Sockets()
        self.answered = asyncio.Condition()
        self._last_post: dict[str, float] = defaultdict(float)
        self._uses: Counter[str] = Counter()
        self._runner: web.AppRunner | None = None
        self.url, self.port = "", 0

    @property
    def api(self) -> Api:
        """The methods of the first workspace."""
        return next(iter(self.apis.values()))

    @property
    def workspace(self) -> Workspace:
        return self.api.workspace

    async def __aenter__(self) -> "FakeSlack":
        app = web.Application(client_max_size=4 * 1024**2)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_post("/response/{id}", self._respond)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/socket", self.sockets.accept)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        for api in self.apis.values():
            api.url = self.url
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = await _params(request)
        self.calls.append((method, params))
        self.counts[method] += 1
        fault = self.faults.take(method)
        wrong = self.references.wrong(method, params)
        self.wrong += wrong
        if fault is not None and fault.kind not in ("drop_after", "slow"):
            return await self._fail(request, fault)
        if wrong:
            return web.json_response({"ok": False, "error": "invalid_arg_name"})
        if self.delay:
            await asyncio.sleep(self.delay)
        if (held := self.held.get(method)) is not None:
            await held.wait()
        if method == "chat.postMessage" and (wait := self._too_soon(str(params.get("channel")))):
            return _ratelimited(wait)
        answer = self._answer(request, method, params)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            assert request.transport is not None
            request.transport.abort()
        async with self.answered:
            self.answered.notify_all()
        # Slack names a token's scopes in every answer (docs.slack.dev, authentication/installing).
        headers = {"X-OAuth-Scopes": ",".join(self.scopes)}
        headers["Date"] = formatdate(self.workspace.time(), usegmt=True)
        return web.json_response(answer, headers=headers)

    def _answer(self, request: web.Request, method: str, params: dict[str, Any]) -> dict[str, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = token or str(params.get("token", ""))
        if method == "oauth.v2.access":
            return self._exchange(request, params)
        if method == "apps.connections.open" and token == APP_TOKEN:
            socket = f"{self.url.replace('http', 'ws')}/socket?ticket={self.sockets.issue()}"
            return {"ok": True, "url": socket}
        if token in self.revoked:
            return {"ok": False, "error": "account_inactive"}
        api = self.apis.get(token)
        if api is None or method not in api.methods:
            return {"ok": False, "error": "unknown_method" if api else "invalid_auth"}
        try:
            return {"ok": True, **api.methods[method](params)}
        except RefusalError as refusal:
            more = {"response_metadata": {"messages": [refusal.detail]}} if refusal.detail else {}
            return {"ok": False, "error": str(refusal), **more}

    def _exchange(self, request: web.Request, params: dict[str, Any]) -> dict[str, Any]:
        """A code or a refresh token for a bot token; each works once, for the app alone."""
        given = self.codes.pop(str(params.get("code") or params.get("refresh_token")), None)
        if given is None or request.headers.get("Authorization") != _APP_ITSELF:
            word = "invalid_refresh_token" if "refresh_token" in params else "invalid_code"
            return {"ok": False, "error": word}
        return {"ok": True, "app_id": APP, "bot_user_id": BOT_USER, "scope": "commands", **given}

    def _too_soon(self, channel: str) -> float:
        now = time.monotonic()
        if self.pace and now - self._last_post[channel] < self.pace:
            return 1.0
        self._last_post[channel] = now
        return 0.0

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case "ratelimited":
                return _ratelimited(fault.seconds)
            case "drop_before":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "stall":
                await asyncio.sleep(fault.seconds)
                return web.json_response({"ok": False, "error": "request_timeout"})
            case "bad_gateway":
                return web.Response(status=502, text="<html>", content_type="text/html")
            case "text":
                return web.Response(text="upstream says no", content_type="text/plain")
        return web.json_response({"ok": False, "error": fault.kind})

    async def _respond(self, request: web.Request) -> web.Response:
        """An answer to a command: five times at most, as Slack allows."""
        self._uses[request.match_info["id"]] += 1
        if self._uses[request.match_info["id"]] > _RESPONSES:
            return web.Response(status=404, text="used_url")
        said = await request.json()
        if check_blocks(said.get("blocks", [])) or length(said.get("blocks", [])) > MESSAGE_LENGTH:
            return web.Response(status=400, text="invalid_blocks")
        self.responses.append(said)
        async with self.answered:
            self.answered.notify_all()
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        """The bytes of a file, at the address that was given out for it."""
        for api in self.apis.values():
            if (known := api.files.get(request.match_info["id"])) is not None:
                known["content"] = await request.read()
                return web.Response(text="OK")
        return web.Response(status=404)

    async def wait_for(self, what: Any, seconds: float = PATIENCE) -> None:
        """Wait until `what()` is true, looking whenever something reached the server."""
        async with asyncio.timeout(seconds), self.answered:
            await self.answered.wait_for(what)


async def _params(request: web.Request) -> dict[str, Any]:
    """Parameters wherever slack_sdk puts them: the address, a form or JSON."""
    found: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        found |= await request.json()
    else:
        found |= dict(await request.post())
    for name in ("blocks", "metadata", "view"):
        if isinstance(found.get(name), str):
            found[name] = json.loads(found[name])
    return found


def _ratelimited(seconds: float) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"},
        status=429,
        headers={"Retry-After": str(int(seconds) if seconds >= 1 else seconds)},
    )
