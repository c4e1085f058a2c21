"""A webhook is connected, tried, looked at and ended by commands."""

from collections.abc import AsyncIterator

import pytest

from bot.commands.context import Context
from bot.commands.dispatch import Commands
from bot.commands.parser import without_key
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.webhooks.client import WebhookClient
from bot.rounds.webhooks.sending import Webhooks
from bot.sources.ssrf import GuardedTransport
from storage.installations import Vault, new_key
from tests.commands.conftest import Chat
from tests.peers.webhook import Receiver, receiver


@pytest.fixture
async def there(chat: Chat) -> AsyncIterator[Receiver]:
    """The chat's install sends to this receiver."""
    async with receiver() as there:
        hooks = Webhooks(
            chat.database,
            WebhookClient(GuardedTransport(allow_hosts=["127.0.0.1"])),
            Vault(new_key()),
            AdminNotices(chat.database, {}),
            lambda: chat.now,
        )
        context = Context(chat.database, lambda: chat.now, chat.rounds, webhooks=hooks)
        chat.commands = Commands(context)
        yield there
        await hooks.aclose()


async def test_a_webhook_is_made_tried_and_ended(chat: Chat, there: Receiver) -> None:
    told = await chat.say(f"webhook <{there.url}|its name>")
    secret = next(word for word in told.split() if word.startswith("whsec_"))

    assert await chat.say("webhook test") == "The trial was taken."
    assert there.received[0].event["type"] == "webhook.test"
    assert there.received[0].is_signed(secret)
    assert secret not in await chat.say("webhook")
    there.answers.append((401, {}))
    assert await chat.say("webhook test") == "The trial was not taken: it answered 401 Said."
    assert await chat.announce("webhook off") == "Ana ended the webhook of this channel."
    assert "has no webhook" in await chat.say("webhook")
    assert "has no webhook" in await chat.say("webhook test")


async def test_the_channel_reads_the_host_and_neither_address_nor_secret(
    chat: Chat, there: Receiver
) -> None:
    assert (
        await chat.announce(f"webhook {there.url}")
        == "Ana lets each post here also go to 127.0.0.1."
    )


async def test_whoever_may_not_change_the_channel_connects_nothing(
    chat: Chat, there: Receiver
) -> None:
    assert (await chat.reply(f"webhook {there.url}", may_change=False)).failed
    assert "has no webhook" in await chat.say("webhook")


async def test_a_private_address_is_refused_with_what_to_do(chat: Chat, there: Receiver) -> None:
    assert "PAPERROUND_ALLOW_HOSTS=10.0.0.1" in await chat.say("webhook https://10.0.0.1/x")


async def test_without_a_key_of_the_hosts_nothing_is_kept(chat: Chat) -> None:
    assert "PAPERROUND_ENCRYPTION_KEY" in await chat.say("webhook https://example.org/x")


def test_of_an_address_only_the_host_is_kept_in_a_log() -> None:
    typed = "/papers webhook https://hooks.example.org/T0/s3cret?key=1"

    assert without_key(typed) == "/papers webhook https://hooks.example.org/…"
