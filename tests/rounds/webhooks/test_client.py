"""A webhook's requests are signed as Standard Webhooks says and go only where they may."""

import socket
from datetime import UTC, datetime

import pytest

from bot.rounds.webhooks.client import WebhookClient, WebhookError, new_secret, signature
from bot.sources.ssrf import GuardedTransport
from tests.peers.webhook import receiver

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_the_signature_is_the_one_in_the_specification() -> None:
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "taken", "gone", "of_content"),
    [
        (200, True, False, False),
        (302, False, False, False),
        (401, False, False, False),
        (410, False, True, False),
        (422, False, False, True),
        (500, False, False, False),
    ],
)
async def test_an_answer_of_the_two_hundreds_alone_takes_an_event(
    status: int, taken: bool, gone: bool, of_content: bool
) -> None:
    client = WebhookClient(GuardedTransport(allow_hosts=["127.0.0.1"]))
    async with receiver() as there:
        there.answers.append((status, {"Location": there.url, "Retry-After": "90"}))

        attempt = await client.send(there.url, new_secret(), "msg_1", b"{}", AT)

    await client.aclose()
    assert (attempt.taken, attempt.gone, attempt.of_content) == (taken, gone, of_content)
    assert attempt.wait == (0 if taken else 90)
    assert len(there.received) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org/x", "begins with https://"),
        ("nonsense", "begins with https://"),
        ("https://[::1", "begins with https://"),
        ("http://example.org/x", "begins with https://"),
        ("https://ana:secret@example.org/x", "name and password"),
        ("https://127.0.0.1/x", "PAPERROUND_ALLOW_HOSTS"),
        ("https://[::1]/x", "PAPERROUND_ALLOW_HOSTS"),
        ("https://169.254.169.254/latest", "PAPERROUND_ALLOW_HOSTS"),
    ],
)
async def test_an_address_that_may_not_be_reached_is_refused(url: str, said: str) -> None:
    client = WebhookClient(GuardedTransport())

    with pytest.raises(WebhookError, match=said):
        await client.check(url)
    await client.aclose()


async def test_a_host_that_turns_private_later_gets_nothing() -> None:
    async def turned(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with receiver() as there:
        client = WebhookClient(GuardedTransport(resolve=turned))
        port = there.url.split(":")[2].split("/")[0]

        attempt = await client.send(f"http://a.test:{port}/", new_secret(), "msg_1", b"{}", AT)

    await client.aclose()
    assert attempt.reason == "its address is not on the public internet"
    assert there.received == []


async def test_nobody_who_listens_is_a_reason_and_no_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = WebhookClient(GuardedTransport(allow_hosts=["127.0.0.1"]))

    attempt = await client.send(f"http://127.0.0.1:{port}/", new_secret(), "msg_1", b"{}", AT)

    await client.aclose()
    assert attempt.reason == "it could not be reached"
