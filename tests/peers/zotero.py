"""A Zotero server on a real socket that answers as its Web API (version 3) is documented."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "abcdefghijklmnopqrstuvwx"
READ_ONLY = "readonlyreadonlyreadonly"
_ITEM_KEY = re.compile(r"[2-9A-NP-Z]{8}")
_MOST = 50

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class ZoteroServer:
    """Keeps items by library and key.

    `faults` are answered in their order instead of what would be. After a request was carried out
    `arrived` is set, and with `hold` no answer follows until the connection is given up. With
    `hang_up` the next answer to a write is lost on its way.
    """

    url: str = ""
    libraries: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    collections: set[str] = field(default_factory=lambda: {"ABCD2345"})
    tokens: set[tuple[str, str]] = field(default_factory=set)
    seen_tokens: list[str] = field(default_factory=list)
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    backoff: str = ""
    hang_up: bool = False
    hold: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    writes: int = 0

    def titles(self, address: str = "users/7") -> list[str]:
        """The titles of a library's items, in their order of arrival."""
        return [item["title"] for item in self.libraries.get(address, {}).values()]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("zotero-api-version") != "3":
            return 400, "no version", {}
        if self.faults:
            status, extra = self.faults.pop(0)
            return status, "", extra
        key = headers.get("zotero-api-key", "")
        if key not in (KEY, READ_ONLY):
            return 403, "Invalid key", {}
        if target == "/keys/current":
            return 200, self._holder(key), {}
        return self._items(method, target, key, headers, body)

    def _items(
        self, method: str, target: str, key: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        parts = urlsplit(target)
        prefix = re.fullmatch(r"/((?:users|groups)/\d+)/items", parts.path)
        if prefix is None:
            return 404, "Not found", {}
        items = self.libraries.setdefault(prefix[1], {})
        if method == "GET":
            wanted = parse_qs(parts.query)["itemKey"][0].split(",")
            return 200, {one: 1 for one in wanted if one in items}, {}
        return self._write(key, items, headers, body)

    def _holder(self, key: str) -> dict[str, Any]:
        write = key == KEY
        return {
            "key": key,
            "userID": 7,
            "username": "ana",
            "access": {
                "user": {"library": True, "write": write},
                "groups": {"42": {"library": True, "write": write}},
            },
        }

    def _write(
        self, key: str, items: dict[str, dict[str, Any]], headers: dict[str, str], body: bytes
    ) -> Answer:
        if key == READ_ONLY:
            return 403, "Write access denied", {}
        token = headers["zotero-write-token"]
        self.seen_tokens.append(token)
        if not 5 <= len(token) <= 32:
            return 400, "Write token must be 5-32 characters in length", {}
        if (key, token) in self.tokens:
            return 412, "Write token already used", {}
        given = json.loads(body)
        if len(given) > _MOST:
            return 413, "Cannot add more than 50 items at a time", {}
        self.writes += 1
        said: dict[str, dict[str, Any]] = {"successful": {}, "unchanged": {}, "failed": {}}
        for at, item in enumerate(given):
            failure = self._failure(items, item)
            if failure is None:
                items[item["key"]] = item
                said["successful"][str(at)] = {"key": item["key"], "version": 1, "data": item}
            else:
                said["failed"][str(at)] = {"key": item.get("key"), **failure}
        self.tokens.add((key, token))
        return 200, said, {"Backoff": self.backoff} if self.backoff else {}

    def _failure(
        self, items: dict[str, dict[str, Any]], item: dict[str, Any]
    ) -> dict[str, Any] | None:
        if not _ITEM_KEY.fullmatch(item["key"]):
            return {"code": 400, "message": "not a valid key"}
        if item.get("version") != 0:
            return {"code": 428, "message": "a version must be provided for key-based writes"}
        if item["key"] in items:
            return {"code": 412, "message": "Item has been modified since specified version"}
        unknown = set(item.get("collections", ())) - self.collections
        if unknown:
            return {"code": 409, "message": f"Collection {unknown.pop()} doesn't exist"}
        if "forbidden" in item.get("title", ""):
            return {"code": 400, "message": "'title' is not accepted"}
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            status, said, extra = self.answer(method, target, headers, body)
            if method == "POST":
                self.arrived.set()
                if self.hold:
                    await reader.read()
                    return
                if self.hang_up:
                    self.hang_up = False
                    return
            text = json.dumps(said).encode()
            lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(text)}"]
            lines += ["Connection: close", *(f"{name}: {value}" for name, value in extra.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode() + text)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def zotero_server() -> AsyncIterator[ZoteroServer]:
    """A server that runs while the block does."""
    there = ZoteroServer()
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    there.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield there
    finally:
        server.close()
        await server.wait_closed()
