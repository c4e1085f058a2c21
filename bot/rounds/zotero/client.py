"""Zotero's Web API, version 3: what a key may do, and items written in one request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from bot.errors import PaperroundError, SourceError

MOST_ITEMS = 50
"""Items that one request may write."""

_TIMEOUT_SECONDS = 20.0
_LONGEST_REASON = 200
_LONGEST_WAIT = 24 * 3600.0
_USUAL_WAIT = 60.0
_THERE_ALREADY = frozenset((HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED))
_OF_THE_MOMENT = frozenset((408, 409, 425, 429, 500, 502, 503, 504))


class ZoteroError(PaperroundError):
    """Zotero did not do it; `wait` is how many seconds it should be left alone.

    With `may_have_arrived` the request may have been carried out all the same.
    """

    def __init__(self, reason: str, *, wait: float = 0.0, may_have_arrived: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.may_have_arrived = wait, may_have_arrived


class TokenSeenError(ZoteroError):
    """A request with this write token was carried out before (412)."""


class ContentError(ZoteroError):
    """Zotero refuses the whole request for what is in it; the same again would not help."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose a key is, and the libraries that it may write: `users/1`, `groups/2`, `groups/all`."""

    user_id: int
    name: str
    writable: frozenset[str]

    def may_write(self, address: str) -> bool:
        """Whether the key says that it may write a library."""
        any_group = address.startswith("groups/") and "groups/all" in self.writable
        return address in self.writable or any_group


@dataclass(frozen=True, slots=True)
class Written:
    """What became of each item, in order: None for written, else the reason why not.

    An item that is there already counts as written. `backoff` is how many seconds Zotero asks to
    be left alone, 0 for none.
    """

    reasons: Sequence[str | None]
    backoff: float


class ZoteroClient:
    """Asks one Zotero server; the key goes into a header and nowhere else."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport) -> None:
        self._base = base_url.rstrip("/")
        self._client = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT_SECONDS)

    async def aclose(self) -> None:
        """Close the client; it cannot be used afterwards."""
        await self._client.aclose()

    async def key_holder(self, key: str) -> KeyHolder:
        """Whose the key is; raises ZoteroError."""
        said = _mapping(await self._ask("GET", "/keys/current", key))
        access = _mapping(said.get("access"))
        groups = _mapping(access.get("groups"))
        writable = {f"groups/{name}" for name, may in groups.items() if _mapping(may).get("write")}
        user_id = said.get("userID")
        if not isinstance(user_id, int):
            raise ZoteroError("Zotero's answer on this key cannot be read.")
        if _mapping(access.get("user")).get("write"):
            writable.add(f"users/{user_id}")
        return KeyHolder(user_id, str(said.get("username") or ""), frozenset(writable))

    async def write(
        self, key: str, address: str, items: Sequence[Mapping[str, Any]], token: str
    ) -> Written:
        """Write new items; raises TokenSeenError, ContentError or another ZoteroError."""
        answer = await self._send(
            "POST",
            f"/{address}/items",
            key,
            headers={"Zotero-Write-Token": token},
            content=json.dumps(list(items)),
        )
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise TokenSeenError("Zotero has had this request before.")
        _check(answer)
        failed = _mapping(_mapping(_json(answer)).get("failed"))
        reasons = [_reason(failed.get(str(at))) for at in range(len(items))]
        return Written(reasons, _seconds(answer.headers.get("Backoff"), 0.0))

    async def existing(self, key: str, address: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of these item keys that the library has; raises ZoteroError."""
        said = await self._ask(
            "GET", f"/{address}/items?format=versions&itemKey={','.join(keys)}", key
        )
        return frozenset(_mapping(said))

    async def _ask(self, method: str, path: str, key: str) -> object:
        answer = await self._send(method, path, key)
        _check(answer)
        return _json(answer)

    async def _send(
        self,
        method: str,
        path: str,
        key: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: str | None = None,
    ) -> httpx.Response:
        sent = {
            "Zotero-API-Key": key,
            "Zotero-API-Version": "3",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        try:
            return await self._client.request(
                method, f"{self._base}{path}", headers=sent, content=content
            )
        except (httpx.HTTPError, SourceError) as error:
            reason = "Zotero cannot be reached just now."
            raise ZoteroError(reason, wait=_USUAL_WAIT, may_have_arrived=True) from error


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
        raise ZoteroError("Zotero says that this key may not do that. Make a new one with access.")
    if status == HTTPStatus.NOT_FOUND:
        raise ZoteroError("Zotero knows no such key or library.")
    if status in _OF_THE_MOMENT:
        asked = answer.headers.get("Retry-After") or answer.headers.get("Backoff")
        wait = _seconds(asked, _USUAL_WAIT)
        reason = f"Zotero asks to wait ({status})."
        raise ZoteroError(reason, wait=wait, may_have_arrived=status >= HTTPStatus.BAD_GATEWAY)
    raise ContentError(f"Zotero refused the request ({status}).")


def _reason(failure: object) -> str | None:
    if failure is None:
        return None
    said = _mapping(failure)
    if said.get("code") in _THERE_ALREADY:
        return None
    text = " ".join(str(said.get("message") or "no reason given").split())
    return f"{text[:_LONGEST_REASON]} ({said.get('code')})"


def _seconds(said: str | None, usual: float) -> float:
    try:
        return min(max(float(said or usual), 0.0), _LONGEST_WAIT)
    except ValueError:
        return usual


def _json(answer: httpx.Response) -> object:
    try:
        found: object = answer.json()
    except ValueError as error:
        raise ZoteroError("Zotero's answer cannot be read.", may_have_arrived=True) from error
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
