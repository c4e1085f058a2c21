"""The gateway: HELLO, IDENTIFY, RESUME, heartbeats and events, compressed as Discord does it."""

import asyncio
import copy
import json
import zlib
from collections.abc import Mapping
from typing import Any

import discord
from aiohttp import WSMsgType, web
from simcord import intents as gates
from simcord.backend import serializers

from tests.peers.discord.world import World

_FLUSHED = zlib.Z_SYNC_FLUSH
_DISPATCH = 0
_RECONNECT, _INVALID_SESSION, _HELLO, _ACK = 7, 9, 10, 11


class Session:
    """One shard's session: it keeps its events, so that a later socket can take it up again."""

    def __init__(
        self, name: str, shard: tuple[int, int], intents: discord.Intents, bot_id: int
    ) -> None:
        self.bot_id = bot_id
        self.name = name
        self.shard = shard
        self.intents = intents
        self.sent: list[dict[str, Any]] = []
        self.socket: Socket | None = None

    def hears(self, event: str, payload: Mapping[str, Any]) -> bool:
        gate = gates.required_intent(event, payload)
        if gate is not None and not getattr(self.intents, gate):
            return False
        guild = payload.get("guild_id") or (payload.get("id") if event.startswith("GUILD_") else 0)
        number, count = self.shard
        return (int(guild or 0) >> 22) % count == number

    def tell(self, event: str, payload: Mapping[str, Any]) -> None:
        """Number an event, keep it, and send it if somebody listens."""
        frozen = copy.deepcopy(dict(payload))
        if event == "GUILD_CREATE":
            gates.prune_guild_create(frozen, self.intents, self.bot_id)
        frame = {"op": _DISPATCH, "t": event, "s": len(self.sent) + 1, "d": frozen}
        self.sent.append(frame)
        if self.socket is not None:
            self.socket.push(frame)


class Socket:
    """A connected client; frames go out in order from a queue of their own."""

    def __init__(self, connection: web.WebSocketResponse, *, compressed: bool) -> None:
        self.connection = connection
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._deflate = zlib.compressobj() if compressed else None

    def push(self, frame: dict[str, Any]) -> None:
        self._frames.put_nowait(frame)

    async def pump(self) -> None:
        while True:
            text = json.dumps(await self._frames.get())
            if self._deflate is None:
                await self.connection.send_str(text)
            else:
                packed = self._deflate.compress(text.encode()) + self._deflate.flush(_FLUSHED)
                await self.connection.send_bytes(packed)


class Gateway:
    """Serves any number of shards; the test may drop, refuse or repeat what it likes."""

    def __init__(self, world: World, token: str) -> None:
        self.world = world
        self.token = token
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.identified: list[dict[str, Any]] = []
        self.resumed = 0
        self.refusals: list[bool] = []
        """Answers to the next tries to resume: whether another try may succeed."""
        self.repeats = 1
        self.refuses: int | None = None
        self.closed = False
        world.backend.subscribers.append(self._hear)

    async def drop(self, code: int = 4000, *, forget: bool = False) -> None:
        """Close every socket with a code; `forget` the sessions too, so that none can resume."""
        sockets = [each.socket for each in self.sessions.values() if each.socket]
        if forget:
            self.sessions.clear()
        for socket in sockets:
            await socket.connection.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Send RECONNECT, as Discord does before it restarts a machine."""
        for session in self.sessions.values():
            if session.socket is not None:
                session.socket.push({"op": _RECONNECT, "d": None})

    def _hear(self, event: str, payload: Mapping[str, Any]) -> None:
        for session in list(self.sessions.values()):
            if session.hears(event, payload):
                for _ in range(self.repeats):
                    session.tell(event, payload)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one connection until it ends."""
        if self.closed:
            raise web.HTTPServiceUnavailable
        connection = web.WebSocketResponse(max_msg_size=0)
        await connection.prepare(request)
        socket = Socket(connection, compressed="compress" in request.query)
        pumping = asyncio.create_task(socket.pump())
        socket.push({"op": _HELLO, "d": {"heartbeat_interval": 41_250}})
        try:
            async for message in connection:
                if message.type is WSMsgType.TEXT:
                    await self._answer(socket, json.loads(message.data))
        finally:
            pumping.cancel()
            for session in self.sessions.values():
                if session.socket is socket:
                    session.socket = None
        return connection

    async def _answer(self, socket: Socket, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case 1:
                socket.push({"op": _ACK, "d": None})
            case 2:
                await self._identify(socket, frame["d"])
            case 6:
                self._resume(socket, frame["d"])

    async def _identify(self, socket: Socket, asked: dict[str, Any]) -> None:
        if asked["token"] != self.token:
            await socket.connection.close(code=4004, message=b"Authentication failed.")
            return
        if self.refuses is not None:
            await socket.connection.close(code=self.refuses)
            return
        self.identified.append(asked)
        intents = discord.Intents._from_value(asked["intents"])
        number, count = asked.get("shard", (0, 1))
        session = Session(
            f"session-{len(self.identified)}", (number, count), intents, self.world.bot_id
        )
        session.socket = socket
        self.sessions[session.name] = session
        backend = self.world.backend
        guilds = [each for each in backend.guilds.values() if (each.id >> 22) % count == number]
        session.tell(
            "READY",
            {
                "v": 10,
                "user": dict(serializers.user_payload(backend.bot_user)),
                "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
                "session_id": session.name,
                "resume_gateway_url": self.url,
                "shard": [number, count],
                "application": {"id": str(backend.application_id), "flags": 0},
            },
        )
        for guild in guilds:
            session.tell("GUILD_CREATE", dict(serializers.guild_create_payload(backend, guild)))

    def _resume(self, socket: Socket, asked: dict[str, Any]) -> None:
        session = self.sessions.get(asked["session_id"])
        if session is None or self.refusals:
            again = self.refusals.pop(0) if self.refusals else False
            socket.push({"op": _INVALID_SESSION, "d": again})
            return
        self.resumed += 1
        for frame in session.sent[asked["seq"] :]:
            socket.push(frame)
        session.socket = socket
        session.tell("RESUMED", {})
