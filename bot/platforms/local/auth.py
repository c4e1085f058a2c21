"""Who may talk to the local chat: its own pages, by its own name, and holders of the token."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SettingsError

COOKIE = "paperround_token"
_YEAR = 365 * 24 * 3600
_LARGEST_FORM = 64 * 1024
_SHORTEST_TOKEN = 16
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_OPEN = ("/static/", "/login")
_PROBES = frozenset({"/healthz", "/readyz"})
_BEARER = "bearer "

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


@dataclass(frozen=True, slots=True)
class Door:
    """Where the chat listens, and the token that opens it (None: nobody is asked).

    Raises SettingsError when it listens beyond loopback without a token, or with a guessable one.
    """

    host: str
    port: int
    token: str | None

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

    def opens(self, token: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return self.token is None or hmac.compare_digest(token.encode(), self.token.encode())

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
        refusal = None if request.url.path in _PROBES else self._refusal(request)
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        if not self._door.is_called(request.headers.get("host", "")):
            return _refused(421, "This name does not belong to the local chat.")
        if is_foreign(request.method, request.headers):
            return _refused(403, "Another site may not use the local chat.")
        if request.method not in ("GET", "HEAD") and not _is_small(request.headers):
            return _refused(413, "That is too much at once: 64 KiB is the most.")
        return self._ask_token(request)

    def _ask_token(self, request: Request) -> Response | None:
        door = self._door
        if door.token is None or request.url.path.startswith(_OPEN):
            return None
        offered = request.query_params.get("token")
        if offered is not None and door.opens(offered):
            return admit(door, request.url.remove_query_params("token").path)
        if _is_bearer(request.headers, door):
            return None
        if door.knows(request.cookies.get(COOKIE, "")):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login", 303)
        return _refused(401, "The local chat asks for its token: open /login.")


def admit(door: Door, path: str) -> Response:
    """Hand out the cookie, and move on to `path`, one of our own.

    A page that moves on by itself, not a redirect: after a link from another site the browser
    would not send a strict cookie along with a redirect. The token leaves the address bar.
    """
    target = "/" + path.lstrip("/")
    quoted = target.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={quoted}"><title>…</title>'
    response = HTMLResponse(page, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE, door.pass_key or "", max_age=_YEAR, httponly=True, samesite="strict"
    )
    return response


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


def _is_bearer(headers: Headers, door: Door) -> bool:
    """Whether a program, such as Prometheus, brings the token by itself."""
    said = headers.get("authorization", "")
    return said.casefold().startswith(_BEARER) and door.opens(said[len(_BEARER) :].strip())


def _place_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.casefold()
    except ValueError:
        return ""


def _is_small(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    # A chunked body has no length that can be believed, and no form of ours is sent so.
    whole = "transfer-encoding" not in headers
    return whole and length.isdecimal() and int(length) <= _LARGEST_FORM


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


def _refused(status: int, reason: str) -> Response:
    return PlainTextResponse(reason + "\n", status)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
