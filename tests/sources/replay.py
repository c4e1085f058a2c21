"""A web server on a real socket that answers from a table and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Headers = dict[str, str]


@dataclass
class Asked:
    path: str
    query: str
    headers: Headers


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    hang_up: bool = False
    declared: int | None = None


class Replay:
    """Answers with what `answer` returns; `asked` lists the requests in order."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path, _, query = head[0].split(" ")[1].partition("?")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            asked = Asked(path, query, {name.lower(): value for name, value in pairs})
            self.asked.append(asked)
            answer = self.answer(asked)
            if not answer.hang_up:
                size = len(answer.body) if answer.declared is None else answer.declared
                headers = {"Content-Length": str(size), "Connection": "close", **answer.headers}
                lines = [
                    f"HTTP/1.1 {answer.status} Said",
                    *(f"{k}: {v}" for k, v in headers.items()),
                ]
                writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def replay(answer: Callable[[Asked], Answer]) -> AsyncIterator[Replay]:
    server_side = Replay(answer)
    server = await asyncio.start_server(server_side.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server_side.url = f"http://127.0.0.1:{port}"
    try:
        yield server_side
    finally:
        server.close()
        await server.wait_closed()
