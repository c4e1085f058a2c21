"""One signed request to a webhook, as Standard Webhooks 1.0 describes it."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version

import httpx

from bot.errors import PaperroundError, SourceError
from bot.sources.ssrf import GuardedTransport

_TIMEOUT_SECONDS = 15.0
_SECRET_BYTES = 32
_PREFIX = "whsec_"
_LONGEST_URL = 2_000
_LONGEST_REASON = 200
_LONGEST_WAIT = 24 * 3600.0
_OF_CONTENT = frozenset((400, 413, 415, 422))


class WebhookError(PaperroundError):
    """An address cannot be a webhook; its text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a request: `taken` by a status of the 200s, else the `reason` why not.

    `gone` says that the receiver wants nothing any more (410), `of_content` that it refused what
    was said. `wait` is how many seconds it asked to be left alone.
    """

    reason: str | None = None
    gone: bool = False
    of_content: bool = False
    wait: float = 0.0

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.reason is None


def new_secret() -> str:
    """A secret to sign with, as both sides write it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret: str, event_id: str, at: int, body: bytes) -> str:
    """The value of the header `webhook-signature`; `at` is in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{event_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class WebhookClient:
    """Posts to addresses that people gave: only to the public internet and allowed hosts."""

    def __init__(self, transport: GuardedTransport) -> None:
        self._transport = transport
        # An answer that leads elsewhere is none: the body was meant for this address.
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=_TIMEOUT_SECONDS,
            follow_redirects=False,
            headers={"User-Agent": f"Paperround/{version('paperround')}"},
        )

    async def aclose(self) -> None:
        """Close the client; it cannot be used afterwards."""
        await self._client.aclose()

    async def check(self, url: str) -> str:
        """The host of an address that may be a webhook; raises WebhookError for any other."""
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            address = httpx.URL()
        if address.scheme not in ("http", "https") or not address.host or len(url) > _LONGEST_URL:
            raise WebhookError("A webhook is an address that begins with https://.")
        if address.userinfo:
            raise WebhookError("Leave out the name and password: every request is signed instead.")
        if address.scheme == "http" and not self._transport.allows(url):
            raise WebhookError(
                "Give an address that begins with https://, so that nobody reads on."
            )
        try:
            await self._transport.check(url)
        except SourceError as error:
            raise WebhookError(f"{error}.") from error
        except httpx.HTTPError as error:
            raise WebhookError(f"{error}. Is it written correctly?") from error
        return address.host

    async def send(
        self, url: str, secret: str, event_id: str, body: bytes, at: datetime
    ) -> Attempt:
        """Post one event; never raises for what the receiver or the network does."""
        stamp = int(at.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(secret, event_id, stamp, body),
        }
        try:
            async with self._client.stream("POST", url, content=body, headers=headers) as answer:
                return _judged(answer)
        except SourceError:
            return Attempt("its address is not on the public internet")
        except httpx.HTTPError:
            return Attempt("it could not be reached")


def _judged(answer: httpx.Response) -> Attempt:
    if answer.is_success:
        return Attempt()
    status = answer.status_code
    said = f"it answered {status} {answer.reason_phrase}".rstrip()[:_LONGEST_REASON]
    asked = answer.headers.get("retry-after", "")
    wait = min(float(asked[:9]), _LONGEST_WAIT) if asked.isdecimal() else 0.0
    return Attempt(
        said, gone=status == HTTPStatus.GONE, of_content=status in _OF_CONTENT, wait=wait
    )
