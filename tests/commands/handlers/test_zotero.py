"""A Zotero library is connected in private, filled, looked at and let go by commands."""

from collections.abc import AsyncIterator

import pytest

from bot.commands.context import Context
from bot.commands.dispatch import Commands
from bot.commands.parser import without_key
from bot.rounds.zotero.client import ZoteroClient
from bot.rounds.zotero.push import ZoteroPush
from bot.sources.ssrf import GuardedTransport
from storage import votes
from storage.installations import Vault, new_key
from tests.commands.conftest import Chat
from tests.peers.zotero import KEY, ZoteroServer, zotero_server


@pytest.fixture
async def server(chat: Chat) -> AsyncIterator[ZoteroServer]:
    """The chat's install pushes to this server."""
    async with zotero_server() as there:
        client = ZoteroClient(there.url, GuardedTransport(allow_hosts=["127.0.0.1"]))
        push = ZoteroPush(chat.database, client, Vault(new_key()), lambda: chat.now)
        chat.commands = Commands(Context(chat.database, lambda: chat.now, chat.rounds, zotero=push))
        yield there
        await push.aclose()


async def save(chat: Chat, *titles: str) -> None:
    papers = await chat.recent(*titles)
    await chat.say("settings")
    channel = await chat.channel()
    async with chat.database.write() as session:
        for paper in papers:
            await votes.save(
                session, channel.workspace_id, "ana", paper.id or 0, on=True, at=chat.now
            )


async def test_a_person_connects_pushes_looks_and_lets_go(chat: Chat, server: ZoteroServer) -> None:
    await save(chat, "One", "A forbidden title")

    assert await chat.say(f"saved zotero {KEY}") == (
        "Connected to users/7. To bring your saved papers there: saved push"
    )
    assert await chat.say("saved push") == (
        "Zotero, users/7: 1 paper brought now, 1 there in all.\n"
        "Not taken: A forbidden title: 'title' is not accepted (400)"
    )
    assert (await chat.say("saved zotero")).startswith("Zotero, users/7: 1 there in all.")
    assert "No Zotero library" in await chat.say("saved zotero", by="Bo")
    assert "The key is forgotten" in await chat.say("saved zotero off")
    assert "No Zotero library" in await chat.say("saved push")
    assert server.titles() == ["One"]


async def test_a_channels_group_is_announced_without_its_key(
    chat: Chat, server: ZoteroServer
) -> None:
    told = await chat.announce(f"library zotero {KEY} group 42 collection ABCD2345")

    assert told == "Ana lets what is liked here go to Zotero, groups/42."
    assert "groups/42: 0 there" in await chat.say("library zotero")
    assert await chat.announce("library zotero off") == "Ana ended what goes from here to Zotero."


async def test_whoever_may_not_change_the_channel_cannot_connect_it(
    chat: Chat, server: ZoteroServer
) -> None:
    reply = await chat.reply(f"library zotero {KEY} group 42", may_change=False)

    assert reply.failed
    assert server.seen_tokens == []


WRONG = [
    (f"saved zotero {KEY}x", "24 letters and digits"),
    (f"saved zotero {KEY} groups 42", "24 letters and digits"),
    (f"library zotero {KEY}", "Name the group as well"),
    (f"saved zotero {KEY} group 99", "may not write groups/99"),
]


@pytest.mark.parametrize(("typed", "said"), WRONG)
async def test_what_cannot_be_read_is_explained_and_never_said_again(
    chat: Chat, server: ZoteroServer, typed: str, said: str
) -> None:
    told = await chat.say(typed)

    assert said in told
    assert KEY not in told


async def test_without_a_key_of_the_hosts_nothing_is_kept(chat: Chat) -> None:
    assert "PAPERROUND_ENCRYPTION_KEY" in await chat.say(f"saved zotero {KEY}")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (f"saved zotero {KEY}", "saved zotero …"),
        (f"/papers Library Zotero {KEY} group 42", "/papers Library Zotero … group 42"),
        ("watch electroencephalographically", "watch electroencephalographically"),
    ],
)
def test_a_command_is_kept_without_its_key(typed: str, kept: str) -> None:
    assert without_key(typed) == kept
