"""Who may talk to the local chat: its own pages, by its own name, and holders of the token."""

import hashlib
import hmac
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SettingsError

COOKIE = "paperround_token"
_YEAR = 365 * 24 * 3600
_LARGEST_FORM = 64 * 1024
_LIBRARY = "/library"
_LARGEST_FILE = 8 * 1024 * 1024
"""Bytes of a form with a reference manager's file in it, of which half may be escapes."""
_SHORTEST_TOKEN = 16
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_OPEN = ("/static/", "/login")
_PROBES = frozenset({"/healthz", "/readyz"})
_FEEDS = "/feeds/"
"""Whoever knows the address of a feed may read it, by whatever name it was reached."""
_READS = frozenset({"GET", "HEAD"})
_BEARER = "bearer "
_FREE_GUESSES = 5
_LONGEST_PAUSE = 15 * 60.0
_REMEMBERED = 10_000

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": that would turn the Origin of our own forms into "null".
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer: nothing is loaded from, sent to or framed by another site."""


class Guesses:
    """Wrong tokens by the address they came from: after five, each doubles the pause for the next.

    The pause begins at one second and is a quarter of an hour at most. `now` is in seconds. An
    IPv6 network of 64 bits is one address, for whoever has one has all of it. The 10,000 addresses
    that guessed last are remembered, in this process alone.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def pause(self, address: str) -> float:
        """How many seconds this address has to wait before it may try again."""
        _, until = self._wrong.get(_network(address), (0, 0.0))
        return max(0.0, until - self._now())

    def count(self, address: str) -> None:
        """Note a wrong token."""
        network = _network(address)
        wrong = self._wrong.pop(network, (0, 0.0))[0] + 1
        doubled = min(wrong - _FREE_GUESSES, 20)
        pause = min(2.0**doubled, _LONGEST_PAUSE) if doubled >= 0 else 0.0
        self._wrong[network] = (wrong, self._now() + pause)
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)

    def forget(self, address: str) -> None:
        """Note the right token: who has it may mistype it again."""
        self._wrong.pop(_network(address), None)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the chat listens, and the token that opens it (None: nobody is asked).

    Raises SettingsError when it listens beyond loopback without a token, or with a guessable one.
    """

    host: str
    port: int
    token: str | None
    guesses: Guesses = field(default_factory=Guesses, compare=False)

    def __post_init__(self) -> None:
        if self.token is not None and len(self.token) < _SHORTEST_TOKEN:
            raise SettingsError(
                f"PAPERROUND_TOKEN is shorter than {_SHORTEST_TOKEN} characters: {_HOW_TO_MAKE}"
            )
        if self.token is None and not _is_loopback(self.host):
            raise SettingsError(
                f"The local chat would be open to everyone who can reach {self.host}:{self.port}. "
                f"Listen on 127.0.0.1, or set PAPERROUND_TOKEN: {_HOW_TO_MAKE}"
            )

    @property
    def pass_key(self) -> str | None:
        """What the cookie holds: proof of the token, but not the token."""
        if self.token is None:
            return None
        return hmac.new(self.token.encode(), b"paperround local chat", hashlib.sha256).hexdigest()

    def opens(self, token: str, address: str) -> bool:
        """Whether this is the token, compared in constant time; a wrong one is counted.

        Raises TooManyGuessesError while the address has to wait, whatever it brings.
        """
        if self.token is None:
            return True
        if pause := self.guesses.pause(address):
            raise TooManyGuessesError(pause)
        if hmac.compare_digest(token.encode(), self.token.encode()):
            self.guesses.forget(address)
            return True
        self.guesses.count(address)
        return False

    def knows(self, key: str) -> bool:
        """Whether a cookie's value is the pass key, compared in constant time."""
        expected = self.pass_key
        return expected is None or hmac.compare_digest(key.encode(), expected.encode())

    def is_called(self, host: str) -> bool:
        """Whether a Host header names this server, and not a stranger's name that points here.

        On a wildcard address every name is taken: only the token, whose cookie belongs to one
        name, guards there.
        """
        name = _host_name(host)
        return _is_everywhere(self.host) or name in _LOOPBACK or name == self.host.casefold()


class TooManyGuessesError(Exception):
    """Wrong tokens came from this address; `seconds` says when it may try again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(
            "Too many wrong tokens came from here. Try again in "
            f"{self.seconds} second{'' if self.seconds == 1 else 's'}."
        )


def address_of(request: Request) -> str:
    """Where a request came from, as the trusted proxy before us says it; "" if that is unknown."""
    return request.client.host if request.client else ""


_HOW_TO_MAKE = "make one with: python -c 'import secrets; print(secrets.token_urlsafe())'"


class Guard:
    """ASGI middleware: refuses foreign hosts and origins, asks for the token, adds the headers."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request itself if it must not come through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            path = request.url.path
            free = path in _PROBES or (path.startswith(_FEEDS) and request.method in _READS)
            refusal = None if free else self._refusal(request)
        except TooManyGuessesError as error:
            refusal = _refused(429, str(error), **{"Retry-After": str(error.seconds)})
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        if not self._door.is_called(request.headers.get("host", "")):
            return _refused(421, "This name does not belong to the local chat.")
        if is_foreign(request.method, request.headers):
            return _refused(403, "Another site may not use the local chat.")
        if request.method not in ("GET", "HEAD"):
            whole = request.url.path.endswith(_LIBRARY)
            if not _is_small(request.headers, _LARGEST_FILE if whole else _LARGEST_FORM):
                most = "8 MiB" if whole else "64 KiB"
                return _refused(413, f"That is too much at once: {most} is the most.")
        return self._ask_token(request)

    def _ask_token(self, request: Request) -> Response | None:
        door = self._door
        if door.token is None or request.url.path.startswith(_OPEN):
            return None
        offered = request.query_params.get("token")
        if door.knows(request.cookies.get(COOKIE, "")):
            known = True
        elif offered is None:
            known = _is_bearer(request, door)
        else:
            known = door.opens(offered, address_of(request))
        if known:
            path = request.url.remove_query_params("token").path
            return admit(door, request, path) if offered is not None else None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login", 303)
        return _refused(401, "The local chat asks for its token: open /login.")


def admit(door: Door, request: Request, path: str) -> Response:
    """Hand out the cookie, and move on to `path`, one of our own.

    A page that moves on by itself, not a redirect: after a link from another site the browser
    would not send a strict cookie along with a redirect. The token leaves the address bar.
    """
    target = "/" + path.lstrip("/")
    quoted = target.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={quoted}"><title>…</title>'
    response = HTMLResponse(page, headers={"Cache-Control": "no-store"})
    keep_cookie(request, response, COOKIE, door.pass_key or "", _YEAR)
    return response


def keep_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Have the browser keep a value for our pages alone, and for TLS alone where it came so.

    A trusted proxy's word on TLS is taken.
    """
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether a browser sent this on behalf of another site.

    Following a link to a page is allowed from anywhere; a foreign form, script, image or frame
    is not. Programs that send neither Origin nor Sec-Fetch-Site are no browsers, and allowed.
    """
    origin = headers.get("origin")
    if origin is not None and _place_of(origin) != headers.get("host", "").lower():
        return True
    site = headers.get("sec-fetch-site", "none")
    followed = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    return site not in ("same-origin", "none") and not followed


def _is_bearer(request: Request, door: Door) -> bool:
    """Whether a program, such as Prometheus, brings the token by itself."""
    said = request.headers.get("authorization", "")
    if not said.casefold().startswith(_BEARER):
        return False
    return door.opens(said[len(_BEARER) :].strip(), address_of(request))


def _place_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.casefold()
    except ValueError:
        return ""


def _is_small(headers: Headers, most: int) -> bool:
    length = headers.get("content-length", "0")
    # A chunked body has no length that can be believed, and no form of ours is sent so.
    whole = "transfer-encoding" not in headers
    return whole and length.isdecimal() and int(length) <= most


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _is_everywhere(host: str) -> bool:
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _refused(status: int, reason: str, **headers: str) -> Response:
    return PlainTextResponse(reason + "\n", status, headers)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
