"""Which addresses a fetch may reach: the public internet, and hosts that the operator allows."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress

import httpx

from bot.errors import SourceError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_LAST_HALF = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96"))
)
"""Networks whose addresses end in an IPv4 address: NAT64, compatible and translated ones."""

_ISATAP = 0x00005EFE
_MOST_TRIES = 3


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, and so is every IPv4 one inside an IPv6 one.

    Mapped, translated, compatible, 6to4, Teredo, ISATAP and NAT64 addresses (RFC 4291, 2765, 3056,
    4380, 5214, 6052, 8215) lead to the IPv4 address that they hold. Site-local ones are private.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_open(ip)
    wrapped = _wrapped(ip)
    if ip.is_site_local or not all(map(_is_open, wrapped)):
        return False
    return bool(wrapped) or _is_open(ip)


def _is_open(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _wrapped(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses inside an IPv6 one, none in most."""
    last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    found = [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if one]
    if any(ip in network for network in _LAST_HALF) or _is_isatap(ip):
        found.append(last)
    return found


def _is_isatap(ip: ipaddress.IPv6Address) -> bool:
    return int(ip) >> 32 & 0xFDFFFFFF == _ISATAP


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, in the system's order of preference."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to the very addresses it has checked, for every request, redirects included.

    A name that resolves to a private, loopback or link-local address is refused with SourceError,
    unless the host is in `allow_hosts`; one that changes its address between check and connection
    gains nothing. Proxies from the environment are not used. Connections are not kept: a kept one
    is known by its address alone and could serve another name.
    """

    def __init__(
        self,
        *,
        allow_hosts: Collection[str] = (),
        inner: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = resolved,
    ) -> None:
        self._allow = frozenset(host.lower().strip("[]") for host in allow_hosts)
        limits = httpx.Limits(max_connections=20, max_keepalive_connections=0)
        self._inner = inner or httpx.AsyncHTTPTransport(limits=limits)
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to a checked address of its host."""
        host = request.url.raw_host.decode("ascii").lower()
        if host in self._allow:
            return await self._inner.handle_async_request(request)
        *others, last = (await self._checked(host, request.url.port or 0))[:_MOST_TRIES]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(request, address, host)
        return await self._send(request, last, host)

    async def check(self, url: str) -> None:
        """Raise SourceError where this host may not be reached, or httpx.ConnectError."""
        address = httpx.URL(url)
        host = address.raw_host.decode("ascii").lower()
        if host not in self._allow:
            await self._checked(host, address.port or 0)

    def allows(self, url: str) -> bool:
        """Whether the operator allowed this very host."""
        return httpx.URL(url).raw_host.decode("ascii").lower() in self._allow

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no address is known for {host[:100]}") from error
        public = [address for address in addresses if is_public(address)]
        if not public:
            raise SourceError(
                f"{host} is not on the public internet; if it is yours, allow it with "
                f"PAPERROUND_ALLOW_HOSTS={host}"
            )
        return public

    async def _send(self, request: httpx.Request, address: str, host: str) -> httpx.Response:
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)
