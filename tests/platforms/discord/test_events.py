from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.auth import needed
from bot.platforms.discord.events import (
    channel_ref,
    emoji_name,
    guild_id_of,
    linked_messages,
    nonce,
)
from bot.ports import ChannelRef
from bot.rounds.picking.pick import delivery_id
from storage.models import Channel, Paper
from tests.make import NOON


class Custom:
    """A server's own emoji; one that was deleted has lost its name."""

    def __init__(self, name: str | None) -> None:
        self.id, self.name = 42, name


@pytest.mark.parametrize(
    ("server", "address"),
    [
        pytest.param(7, "discord:7/8", id="in a server"),
        pytest.param(None, "discord:@9/8", id="a conversation is its person's own workspace"),
    ],
)
def test_an_address_leads_back_to_the_channel(server: int | None, address: str) -> None:
    ref = channel_ref(server, 8, 9)

    assert str(ref) == address
    assert ChannelRef.parse(address) == ref
    assert guild_id_of(ref) == server


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("why https://discord.com/channels/7/8/55", ["discord:7/8 55"]),
        ("delete https://ptb.discord.com/channels/7/8/55 now", ["discord:7/8 55"]),
        ("why https://discordapp.com/channels/@me/8/55", ["discord:7/8 55"]),
        (
            "why https://discord.com/channels/7/9/55",
            ["discord:7/8 9/55", "discord:7/8 9", "discord:7/9 55"],
        ),
        ("why https://discord.com/channels/7/8", []),
        ("why https://discord.com/channels/7/8/55a", []),
        ("why https://example.org/discord.com/channels/7/8/55", []),
    ],
)
def test_a_link_to_a_message_is_read(text: str, meant: list[str]) -> None:
    found = linked_messages(text, channel_ref(7, 8, 1))

    assert [f"{each.channel} {each.message}" for each in found] == meant


@pytest.mark.parametrize(
    ("emoji", "name"),
    [
        pytest.param("👍", "👍", id="a character"),
        pytest.param(Custom("party_parrot"), "party_parrot", id="a server's own"),
        pytest.param(Custom(None), "", id="a deleted one"),
    ],
)
def test_an_emoji_has_one_name_everywhere(emoji: Custom | str, name: str) -> None:
    assert emoji_name(emoji) == name


@given(st.text(min_size=1, max_size=100))
def test_a_nonce_is_never_too_long_and_always_the_same(mark: str) -> None:
    assert len(nonce(mark)) <= 25
    assert nonce(mark) == nonce(mark)


def test_a_delivery_id_is_its_own_nonce() -> None:
    channel = Channel(
        id=1,
        workspace_id=1,
        address="discord:7/8",
        name="x",
        schedule="off",
        post_limit=1,
        threshold=80,
        beyond=0,
        created_at=NOON,
    )
    paper = Paper(id=2, key="arxiv:1", source="x", title="x", first_seen_at=NOON, updated_at=NOON)
    mark = delivery_id(channel, paper)

    assert nonce(mark) == mark


def test_the_listing_says_what_each_permission_is_for() -> None:
    listing = (Path(__file__).parents[3] / "config" / "policies" / "listing.md").read_text()

    asked = [name for name, wanted in needed(seeds=True) if wanted]
    titles = [name.replace("_", " ").title().replace(" In ", " in ") for name in asked]
    named = ["View Channel" if each == "Read Messages" else each for each in titles]
    assert len(named) == 7
    assert [each for each in named if each not in listing] == []
