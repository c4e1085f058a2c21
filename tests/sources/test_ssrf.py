import httpx
import pytest

from bot.errors import SourceError
from bot.sources.ssrf import GuardedTransport, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::10.0.0.1",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "2001:0:a00:1::1",
        "2001:0:101:101::f5ff:fffe",
        "2600:1::5efe:10.0.0.1",
        "2600:1::200:5efe:192.168.1.1",
        "fec0::1",
        "240.0.0.1",
        "localhost",
    ],
)
def test_addresses_that_are_not_public_are_known_in_every_wrapping(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)


class Inner(httpx.AsyncBaseTransport):
    """Keeps what it is asked to send; addresses in `dead` do not connect."""

    def __init__(self, dead=()):
        self.dead = dead
        self.sent = []

    async def handle_async_request(self, request):
        self.sent.append(request)
        if request.url.host in self.dead:
            raise httpx.ConnectError("dead")
        return httpx.Response(200)


async def send(url, addresses, *, dead=(), allow=()):
    async def resolve(_host, _port):
        return addresses

    inner = Inner(dead)
    guard = GuardedTransport(allow_hosts=allow, inner=inner, resolve=resolve)
    await guard.handle_async_request(httpx.Request("GET", url))
    return inner.sent


async def test_the_checked_address_is_the_one_connected_to_under_the_hosts_own_name():
    (sent,) = await send("https://feeds.example.org/a?b=c", ["1.1.1.1"])

    assert str(sent.url) == "https://1.1.1.1/a?b=c"
    assert sent.headers["host"] == "feeds.example.org"
    assert sent.extensions["sni_hostname"] == "feeds.example.org"


async def test_an_ipv6_address_is_pinned_too():
    (sent,) = await send("http://feeds.example.org:8080/", ["2606:4700::1111"])

    assert str(sent.url) == "http://[2606:4700::1111]:8080/"


async def test_the_next_address_is_tried_when_one_does_not_connect():
    sent = await send("http://feeds.example.org/", ["1.1.1.1", "1.0.0.1"], dead=["1.1.1.1"])

    assert [request.url.host for request in sent] == ["1.1.1.1", "1.0.0.1"]


async def test_private_addresses_beside_public_ones_are_never_tried():
    sent = await send("http://feeds.example.org/", ["127.0.0.1", "1.1.1.1"])

    assert [request.url.host for request in sent] == ["1.1.1.1"]


@pytest.mark.parametrize("url", ["http://intranet.example.org/", "http://[::1]/", "http://0x7f.1/"])
async def test_a_name_of_a_private_address_is_refused_unless_allowed(url):
    host = httpx.URL(url).host

    with pytest.raises(SourceError, match="not on the public internet"):
        await send(url, ["127.0.0.1", "::1"])
    assert await send(url, ["127.0.0.1"], allow=[host])


async def test_a_host_without_address_does_not_connect():
    async def resolve(_host, _port):
        raise OSError("unknown")

    guard = GuardedTransport(inner=Inner(), resolve=resolve)

    with pytest.raises(httpx.ConnectError, match="no address is known"):
        await guard.handle_async_request(httpx.Request("GET", "http://nowhere.example.org/"))
