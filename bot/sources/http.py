"""The one HTTP client of sources: polite, bounded, never into the local network."""

import asyncio
import re
import socket
import zlib
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx
import stamina

from bot.errors import SourceError
from bot.sources.pace import LONGEST_WAIT, BusyError, Limiters, service_pauses
from bot.sources.pace import limiters as paced
from bot.sources.sanitize import web_url
from bot.sources.ssrf import GuardedTransport

_ACCEPTED = (
    "application/json, application/rss+xml, application/atom+xml, application/xml, */*;q=0.8"
)
_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_BARE_DEFLATE = -zlib.MAX_WBITS


def is_gzip(body: bytes) -> bool:
    """Whether the body begins as a gzip file does."""
    return body.startswith(_GZIP)


def unpacked(body: bytes, *, longest: int) -> bytes:
    """The content of a gzip, zlib or bare deflate body, of at most `longest` bytes.

    Raises SourceError for a body that is damaged, cut off, or holds more.
    """
    try:
        return _members(body, _GZIP_OR_ZLIB, longest)
    except zlib.error as error:
        try:
            return _members(body, _BARE_DEFLATE, longest)
        except zlib.error:
            raise SourceError(f"its compression is damaged ({error}); get it again") from None


def _members(body: bytes, window: int, longest: int) -> bytes:
    """All members of the body one after another; padding after the last one is ignored."""
    found = bytearray()
    while True:
        member = zlib.decompressobj(window)
        found += member.decompress(body, longest + 1 - len(found))
        if len(found) > longest:
            raise SourceError(f"it unpacks to more than {longest // 1_000_000} MB; split it")
        if not member.eof:
            raise SourceError("its compressed content is cut off; get it again")
        body = member.unused_data
        if not body.startswith(_GZIP):
            return bytes(found)


LARGEST_BODY = 20_000_000
"""Bytes of an answer, packed and unpacked."""

_LONGEST_VALIDATOR = 1_000
_MOST_REDIRECTS = 5
_NOT_SERVED = frozenset((400, 404, 410))
_TRANSIENT = frozenset((408, 425, 429, 500, 502, 503, 504))
_FOR_GOOD = frozenset((301, 308))
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")
_ERRNO = re.compile(r"\[Errno -?[0-9]+\]")
_PACKED = frozenset(("gzip", "x-gzip", "deflate"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: its body unpacked, and what to send along next time to be told "not modified".

    `url` is where redirects led, `moved_to` how far that is for good (301, 308). The answer may be
    kept for `keep_for` seconds. With `not_modified` the body is empty.
    """

    body: bytes
    etag: str | None
    last_modified: str | None
    not_modified: bool
    content_type: str
    url: str
    moved_to: str | None = None
    keep_for: float | None = None


class NotServedError(SourceError):
    """The server answered, and has nothing at this address: 400, 404 or 410."""


class GoneError(NotServedError):
    """The server says that there will be nothing at this address any more: 410."""


class _TransientError(Exception):
    """A failure that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Fetcher:
    """Fetches over http and https, one pinned and checked connection a request.

    `allow_hosts` may be on a private network. `limiters` space out the requests to a host.
    What may pass (no connection, 429, 5xx) is tried `attempts` times; `timeout` is for one of
    them, in seconds. `contact` is an e-mail address that stands in the User-Agent. It does not keep
    bodies: conditional requests are the cursors' business.
    """

    def __init__(
        self,
        *,
        allow_hosts: Collection[str] = (),
        limiters: Limiters | None = None,
        attempts: int = 3,
        timeout: float = 60.0,
        largest: int = LARGEST_BODY,
        transport: httpx.AsyncBaseTransport | None = None,
        contact: str = "",
    ) -> None:
        self._limiters = paced(service_pauses()) if limiters is None else limiters
        self._attempts = attempts
        self._timeout = timeout
        self._largest = largest
        self._client = httpx.AsyncClient(
            transport=transport or GuardedTransport(allow_hosts=allow_hosts),
            follow_redirects=True,
            max_redirects=_MOST_REDIRECTS,
            timeout=httpx.Timeout(20.0, connect=10.0),
            headers={
                "User-Agent": _user_agent(contact),
                "Accept": _ACCEPTED,
                "Accept-Encoding": "gzip, deflate",
            },
        )

    async def aclose(self) -> None:
        """Close the client; it cannot be used afterwards."""
        await self._client.aclose()

    async def get(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Fetch `url`, or learn that it is as it was when it carried these validators.

        Raises SourceError, naming the place and the reason, for everything else than an answer
        of the 200s or 304.
        """
        if web_url(url) is None:
            raise SourceError(f"{url[:200]!r} is no web address; it must begin with https://")
        headers = _conditions(etag, last_modified)
        try:
            async for attempt in stamina.retry_context(
                on=_patience, attempts=self._attempts, timeout=None, wait_initial=1.0, wait_max=10.0
            ):
                with attempt:
                    return await self._paced(url, headers)
        except _TransientError as error:
            raise BusyError(f"{shown(url)}: {error}", error.wait) from error
        raise AssertionError("retry_context ends by return or raise")

    async def _paced(self, url: str, headers: Mapping[str, str]) -> Fetched:
        host = urlsplit(url).hostname or ""
        try:
            async with self._limiters.get(host, nullcontext()), asyncio.timeout(self._timeout):
                return await self._answer(url, headers)
        except TimeoutError:
            raise _TransientError(f"no complete answer within {self._timeout:.0f} s") from None
        except httpx.TimeoutException:
            raise _TransientError("it does not answer") from None
        except httpx.TooManyRedirects:
            raise SourceError(f"{shown(url)}: more than {_MOST_REDIRECTS} redirects") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise SourceError(f"{shown(url)}: it leads to no web address ({error})") from None
        except httpx.TransportError as error:
            raise _TransientError(_unconnected(error)) from None

    async def _answer(self, url: str, headers: Mapping[str, str]) -> Fetched:
        async with self._client.stream("GET", url, headers=headers) as response:
            not_modified = response.status_code == httpx.codes.NOT_MODIFIED
            if not (response.is_success or not_modified):
                raise _refusal(url, response)
            return Fetched(
                body=b"" if not_modified else await self._body(url, response),
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
                not_modified=not_modified,
                content_type=response.headers.get("content-type", ""),
                url=str(response.url),
                moved_to=_moved_to(response),
                keep_for=_keep_for(response.headers),
            )

    async def _body(self, url: str, response: httpx.Response) -> bytes:
        """The body, cut off where it grows too large rather than read to its end."""
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in _PACKED | {"identity", ""}:
            raise SourceError(f"{shown(url)}: packed as {packing[:20]!r}, which was not asked for")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._largest:
                limit = f"{self._largest / 1_000_000:.0f} MB"
                raise SourceError(f"{shown(url)}: the answer is larger than {limit}, left unread")
        # Some servers pack what they send and do not say so.
        if not body or (packing not in _PACKED and not is_gzip(bytes(body[:2]))):
            return bytes(body)
        try:
            return await asyncio.to_thread(unpacked, bytes(body), longest=self._largest)
        except SourceError as error:
            raise SourceError(f"{shown(url)}: {error}") from None


def _user_agent(contact: str) -> str:
    contact = contact if contact.isascii() and contact.isprintable() else ""
    about = f"research paper digests; mailto:{contact}" if contact else "research paper digests"
    return f"paperround/{version('paperround')} ({about})"


def shown(url: str) -> str:
    """A URL fit for a message: without the query and the user, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.hostname or url[:100]}{parts.path}"[:200]


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in conditions.items() if value and _is_plain(value)}


def _is_plain(validator: str) -> bool:
    """A validator that no header can carry is as good as none: the body is read in full."""
    return validator.isascii() and validator.isprintable() and len(validator) <= _LONGEST_VALIDATOR


def _patience(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds if the server said so."""
    if not isinstance(error, _TransientError):
        return False
    if error.wait is None:
        return True
    return error.wait if error.wait <= LONGEST_WAIT else False


def _unconnected(error: httpx.TransportError) -> str:
    """Why there is no connection, without the numbers of the operating system."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "the host name could not be found; check the network"
        cause = cause.__cause__ or cause.__context__
    said = _ERRNO.sub("", str(error)).strip()
    return f"no connection ({said or type(error).__name__})"


def _refusal(url: str, response: httpx.Response) -> Exception:
    said = f"it answered {response.status_code} {response.reason_phrase}".rstrip()
    if response.status_code == httpx.codes.GONE:
        return GoneError(f"{shown(url)}: {said}, gone for good")
    if response.status_code in _NOT_SERVED:
        return NotServedError(f"{shown(url)}: {said}")
    if response.status_code not in _TRANSIENT:
        return SourceError(f"{shown(url)}: {said}")
    wait = _wait_asked(response.headers)
    return _TransientError(f"{said}, asking to wait {wait:.0f} s" if wait else said, wait)


def _moved_to(response: httpx.Response) -> str | None:
    """Where the first redirects lead, as far as they are for good."""
    hops = [*response.history, response]
    for_good = 0
    while hops[for_good].status_code in _FOR_GOOD:
        for_good += 1
    return str(hops[for_good].url) if for_good else None


def _keep_for(headers: httpx.Headers) -> float | None:
    """Seconds in Cache-Control's max-age (RFC 9111, 5.2.2.1), less the age of the answer."""
    said = headers.get("cache-control", "").lower()
    if "no-cache" in said or "no-store" in said:
        return None
    found = _MAX_AGE.search(said)
    age = headers.get("age", "").strip()
    aged = float(age[:9]) if age.isdecimal() else 0.0
    return max(0.0, float(found[1]) - aged) if found else None


def _wait_asked(headers: httpx.Headers) -> float | None:
    """Seconds in Retry-After (RFC 9110, 10.2.3); a date counts from the server's own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        later, now = parsedate_to_datetime(value), parsedate_to_datetime(headers["date"])
        return max(0.0, (later - now).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None
