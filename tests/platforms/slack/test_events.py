"""What Slack sends is read on sight; what is malformed is nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.platforms.slack import events
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Person

LAB = ChannelRef("slack", "T1", "C1")
REACTION: dict[str, Any] = {
    "type": "reaction_added",
    "user": "U1",
    "reaction": "+1::skin-tone-3",
    "item": {"type": "message", "channel": "C1", "ts": "1709294400.000100"},
    "item_user": "U0BOT",
    "event_ts": "1709294401.000200",
}
COMMAND = {
    "command": "/papers",
    "text": "watch routing",
    "user_id": "U1",
    "user_name": "ada",
    "channel_id": "C1",
    "trigger_id": "1.2.abc",
}


def test_a_command_is_read() -> None:
    command = events.read_command(COMMAND, "T1")

    assert command is not None
    assert (command.channel, command.person, command.text) == (
        LAB,
        Person("U1", "ada"),
        "watch routing",
    )


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("watch a &amp; b &lt;c&gt;", "watch a & b <c>"),
        ("why <https://arxiv.org/abs/1706.03762>", "why https://arxiv.org/abs/1706.03762"),
        (
            "why <https://arxiv.org/abs/1706.03762|arxiv.org/abs/1706.03762>",
            "why https://arxiv.org/abs/1706.03762",
        ),
        ("watch &amp;lt;", "watch &lt;"),
        ("  list  ", "list"),
        ("", ""),
    ],
)
def test_typed_text_is_what_the_person_typed(sent: str, read: str) -> None:
    assert events.plain_text(sent) == read


LINK = "https://lab.slack.com/archives/C1/p1709294400000100"
THREAD = "?thread_ts=1709294300.000200&cid=C1"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (f"why {LINK}", ["slack:T1/C1 1709294400.000100"]),
        (f"why <{LINK}>", ["slack:T1/C1 1709294400.000100"]),
        (f"why <{LINK}|this one>", ["slack:T1/C1 1709294400.000100"]),
        (
            f"delete {LINK}{THREAD}",
            ["slack:T1/C1 1709294400.000100", "slack:T1/C1 1709294300.000200"],
        ),
        (
            f"delete <{LINK}{THREAD.replace('&', '&amp;')}>",
            ["slack:T1/C1 1709294400.000100", "slack:T1/C1 1709294300.000200"],
        ),
        (f"why {LINK.replace('C1', 'C2')}", ["slack:T1/C2 1709294400.000100"]),
        (f"why {LINK}7", []),
        ("why https://lab.slack.com/archives/C1", []),
        ("why https://arxiv.org/abs/1706.03762", []),
        ("why archives/C1/p1709294400000100", []),
    ],
)
def test_a_link_to_a_message_is_read(text: str, meant: list[str]) -> None:
    command = events.read_command(COMMAND | {"text": text}, "T1")

    assert command is not None
    assert [f"{each.channel} {each.message}" for each in command.links_to] == meant


def test_a_reaction_is_read_with_its_skin_tone() -> None:
    reaction = events.read_reaction(REACTION, "T1")

    assert reaction is not None
    assert (reaction.emoji, reaction.added, reaction.person.id) == ("👍🏼", True, "U1")
    assert (reaction.message.channel, reaction.message.message) == (LAB, "1709294400.000100")
    assert reaction.at == datetime(2024, 3, 1, 12, 0, 1, 200, tzinfo=UTC)


def test_every_standard_name_of_slacks_is_known() -> None:
    known = events._standard()

    assert len(known) >= 1964
    assert all(character and not character.isalnum() for character in known.values())


@pytest.mark.parametrize(
    ("name", "emoji"),
    [
        ("+1", "👍"),
        ("thumbsup", "👍"),
        ("-1", "👎"),
        ("-1::skin-tone-6", "👎🏿"),
        ("bookmark", "🔖"),
        ("fire", "🔥"),
        ("tada", "🎉"),
        ("rocket", "🚀"),
        ("heart", "❤️"),
        ("v::skin-tone-3", "✌🏼"),
        ("melting_face", "🫠"),
        ("egg", "🥚"),
        ("flag-us", "🇺🇸"),
        ("party_parrot", "party_parrot"),
        ("blob-wave", "blob-wave"),
    ],
)
def test_names_of_reactions_become_characters(name: str, emoji: str) -> None:
    reaction = events.read_reaction({**REACTION, "reaction": name}, "T1")

    assert reaction is not None
    assert reaction.emoji == emoji


def test_a_reaction_on_a_file_is_none_of_ours() -> None:
    event = {**REACTION, "item": {"type": "file", "file": "F1"}}

    assert events.read_reaction(event, "T1") is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"type": "member_joined_channel", "user": "U0BOT", "channel": "C1", "inviter": "U1"},
            ChannelEvent(LAB, ChannelChange.JOINED, person=Person("U1", "U1")),
        ),
        ({"type": "member_joined_channel", "user": "U2", "channel": "C1"}, None),
        (
            {"type": "member_left_channel", "user": "U0BOT", "channel": "C1"},
            ChannelEvent(LAB, ChannelChange.LEFT),
        ),
        (
            {"type": "channel_left", "channel": "C1", "actor_id": "U1"},
            ChannelEvent(LAB, ChannelChange.LEFT, person=Person("U1", "U1")),
        ),
        ({"type": "group_left", "channel": "C1"}, ChannelEvent(LAB, ChannelChange.LEFT)),
        (
            {"type": "channel_rename", "channel": {"id": "C1", "name": "lab", "created": 1}},
            ChannelEvent(LAB, ChannelChange.RENAMED, name="lab"),
        ),
        (
            {"type": "group_rename", "channel": {"id": "C1", "name": "lab"}},
            ChannelEvent(LAB, ChannelChange.RENAMED, name="lab"),
        ),
        (
            {"type": "channel_archive", "channel": "C1", "user": "U1"},
            ChannelEvent(LAB, ChannelChange.ARCHIVED, person=Person("U1", "U1")),
        ),
        ({"type": "group_archive", "channel": "C1"}, ChannelEvent(LAB, ChannelChange.ARCHIVED)),
        ({"type": "channel_deleted", "channel": "C1"}, ChannelEvent(LAB, ChannelChange.ARCHIVED)),
        (
            {"type": "channel_unarchive", "channel": "C1"},
            ChannelEvent(LAB, ChannelChange.RESTORED),
        ),
        (
            {"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "C2"},
            ChannelEvent(LAB, ChannelChange.MOVED, moved_to=ChannelRef("slack", "T1", "C2")),
        ),
        ({"type": "channel_created", "channel": {"id": "C1"}}, None),
    ],
)
def test_changes_of_channels_are_read(event: dict[str, Any], expected: ChannelEvent | None) -> None:
    assert events.read_channel_event(event, "T1", "U0BOT") == expected


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"event_id": "Ev1", "event": {}}, "Ev1"),
        (COMMAND, "1.2.abc"),
        ({"type": "block_actions", "trigger_id": "1.2.abc"}, None),
        ({"event_id": 7}, None),
    ],
)
def test_one_happening_has_one_key(body: dict[str, Any], key: str | None) -> None:
    assert events.once_key(body) == key


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_kinds = st.sampled_from(
    [
        "reaction_added",
        "member_joined_channel",
        "channel_rename",
        "channel_id_changed",
        "group_left",
    ]
)
_names = st.sampled_from(
    [*REACTION, *COMMAND, "channel", "old_channel_id", "new_channel_id", "event_id", "actor_id"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=st.dictionaries(_names, _json), kind=_kinds)
def test_no_shape_makes_a_reader_raise(event: dict[str, Any], kind: str) -> None:
    shaped = {**event, "type": kind}

    events.read_reaction(shaped, "T1")
    events.read_channel_event(shaped, "T1", "U0BOT")
    events.read_command(shaped, "T1")
    events.once_key(shaped)
    events.read_press(shaped, "T1")
