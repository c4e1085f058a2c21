"""Slack's payloads and emoji in the port's words; pure, and safe on any shape.

Every reader gives None for a payload that is not what it should be: Slack may change, and anybody
may send to a public address.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bot.platforms.slack.mrkdwn import unescape
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Command, MessageRef, Person, Reaction

_TONE = "::skin-tone-"
_TONES = {str(number): chr(0x1F3FB + number - 2) for number in range(2, 7)}
"""Slack's tones 2 to 6 are Unicode's five."""

_AS_PICTURE = "\ufe0f"
"""What asks for a character's picture; a skin tone stands in its place."""

_SEEDED = {"👍": "+1", "👎": "-1", "🔖": "bookmark"}

SEEDED = tuple(_SEEDED.values())
"""The reactions that the bot may put on a post so that people need only tap them."""


def neutral_emoji(name: str) -> str:
    """The character of a reaction with its skin tone; a workspace's own one keeps its name."""
    bare, _, tone = name.partition(_TONE)
    character = _standard().get(bare)
    if character is None:
        return bare
    toned = _TONES.get(tone, "")
    return character[:1] + toned + character[1:].lstrip(_AS_PICTURE) if toned else character


def emoji_name(emoji: str) -> str:
    """What Slack calls a standard emoji; raises StopIteration for what is none."""
    wanted = emoji.replace(_AS_PICTURE, "")
    known = _standard().items()
    return next(name for name, each in known if each.replace(_AS_PICTURE, "") == wanted)


@lru_cache(maxsize=1)
def _standard() -> Mapping[str, str]:
    """Slack's standard emoji, characters by name."""
    text = files(__package__).joinpath("emoji.tsv").read_text(encoding="utf-8")
    rows = (row.split("\t") for row in text.splitlines() if not row.startswith("#"))
    return dict(row for row in rows)


Payload = Mapping[str, Any]

_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>")
_ID = re.compile(r"[A-Z0-9]{1,40}")
_PERMALINK = re.compile(
    r"https?://[^/\s]+/archives/(?P<channel>[A-Z0-9]{1,40})/p(?P<seconds>\d{10})(?P<rest>\d{6})"
    r"(?:\?(?P<query>\S*))?(?!\S)"
)
_THREAD = re.compile(r"(?:^|&)thread_ts=(?P<ts>\d{10}\.\d{6})(?:&|$)")
_CHANGES = {
    "channel_left": ChannelChange.LEFT,
    "group_left": ChannelChange.LEFT,
    "channel_archive": ChannelChange.ARCHIVED,
    "group_archive": ChannelChange.ARCHIVED,
    "channel_deleted": ChannelChange.ARCHIVED,
    "group_deleted": ChannelChange.ARCHIVED,
    "channel_unarchive": ChannelChange.RESTORED,
    "group_unarchive": ChannelChange.RESTORED,
    "channel_rename": ChannelChange.RENAMED,
    "group_rename": ChannelChange.RENAMED,
    "channel_id_changed": ChannelChange.MOVED,
}


def workspace_of(body: Payload, known: str | None) -> str:
    """The workspace of a request: Bolt's word, or where that is an organisation's, the event's."""
    user = body.get("user")
    own = user.get("team_id") if isinstance(user, Mapping) else None
    return known or _id(body.get("team_id")) or _id(own) or ""


def read_command(body: Payload, workspace: str) -> Command | None:
    """A slash command; links that Slack put in angle brackets are bare again."""
    channel, user = _id(body.get("channel_id")), _id(body.get("user_id"))
    text = body.get("text") or ""
    if channel is None or user is None or not isinstance(text, str):
        return None
    name = body.get("user_name")
    person = Person(user, name if isinstance(name, str) and name else user)
    words = plain_text(text)
    place = ChannelRef("slack", workspace, channel)
    return Command(place, person, words, links_to=tuple(linked_messages(words, workspace)))


def read_press(body: Payload, workspace: str) -> Command | None:
    """The press of a button whose value is a command, in the channel where it was pressed."""
    channel, user = _within(body.get("channel"), "id"), _within(body.get("user"), "id")
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    text = first.get("value") if isinstance(first, Mapping) else None
    if channel is None or user is None or not isinstance(text, str):
        return None
    known: Payload = body["user"]
    name = known.get("username") or known.get("name")
    person = Person(user, name if isinstance(name, str) else user)
    return Command(ChannelRef("slack", workspace, channel), person, text)


def plain_text(text: str) -> str:
    """What a person typed, without Slack's link brackets and entities."""
    return unescape(_LINK.sub(r"\1", text)).strip()


def linked_messages(text: str, workspace: str) -> Iterator[MessageRef]:
    """The message that a "Copy link" of Slack's means, and the one whose thread it stands in."""
    link = _PERMALINK.search(text)
    if link is None:
        return
    place = ChannelRef("slack", workspace, link["channel"])
    yield MessageRef(place, f"{link['seconds']}.{link['rest']}")
    if parent := _THREAD.search(link["query"] or ""):
        yield MessageRef(place, parent["ts"])


def read_reaction(event: Payload, workspace: str) -> Reaction | None:
    """A reaction put on or taken off a message."""
    item = event.get("item")
    if not isinstance(item, Mapping) or item.get("type") != "message":
        return None
    channel, user, name = _id(item.get("channel")), _id(event.get("user")), event.get("reaction")
    at, message = read_time(event.get("event_ts")), item.get("ts")
    if not (channel and user and at and isinstance(name, str) and name):
        return None
    if (
        event.get("type") not in ("reaction_added", "reaction_removed")
        or read_time(message) is None
    ):
        return None
    return Reaction(
        message=MessageRef(ChannelRef("slack", workspace, channel), str(message)),
        person=Person(user, user),
        emoji=neutral_emoji(name),
        added=event["type"] == "reaction_added",
        at=at,
    )


def read_channel_event(event: Payload, workspace: str, bot_user: str) -> ChannelEvent | None:
    """What happened to a channel, or to the bot in it; other people's comings are no event."""
    kind = event.get("type")
    if kind in ("member_joined_channel", "member_left_channel"):
        return _membership(event, workspace, bot_user)
    if not isinstance(kind, str) or kind not in _CHANGES:
        return None
    change = _CHANGES[kind]
    if change is ChannelChange.MOVED:
        return _move(event, workspace)
    channel, name = _channel(event.get("channel"))
    if channel is None:
        return None
    who = _id(event.get("user")) or _id(event.get("actor_id"))
    person = Person(who, who) if who else None
    return ChannelEvent(ChannelRef("slack", workspace, channel), change, name=name, person=person)


def list_teams(event: Payload) -> list[str]:
    """The workspaces that an organisation grants to the app, or takes from it."""
    teams = event.get("team_ids")
    return [team for team in teams if _id(team)] if isinstance(teams, list) else []


def read_time(ts: object) -> datetime | None:
    """Slack's time stamp, such as "1355517523.000005", as UTC."""
    if not isinstance(ts, str | int | float) or isinstance(ts, bool):
        return None
    try:
        return datetime.fromtimestamp(float(ts), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def once_key(body: Payload) -> str | None:
    """What two deliveries of one happening share: the event's id, or a command's trigger."""
    key = body.get("event_id") or (body.get("trigger_id") if "command" in body else None)
    return key if isinstance(key, str) else None


def _membership(event: Payload, workspace: str, bot_user: str) -> ChannelEvent | None:
    channel = _id(event.get("channel"))
    if channel is None or event.get("user") != bot_user:
        return None
    joined = event.get("type") == "member_joined_channel"
    who = _id(event.get("inviter"))
    return ChannelEvent(
        ChannelRef("slack", workspace, channel),
        ChannelChange.JOINED if joined else ChannelChange.LEFT,
        person=Person(who, who) if who else None,
    )


def _move(event: Payload, workspace: str) -> ChannelEvent | None:
    old, new = _id(event.get("old_channel_id")), _id(event.get("new_channel_id"))
    if old is None or new is None:
        return None
    return ChannelEvent(
        ChannelRef("slack", workspace, old),
        ChannelChange.MOVED,
        moved_to=ChannelRef("slack", workspace, new),
    )


def _channel(value: object) -> tuple[str | None, str | None]:
    """A channel's id and, where Slack sends the whole channel, its name."""
    if isinstance(value, Mapping):
        name = value.get("name")
        return _id(value.get("id")), name if isinstance(name, str) else None
    return _id(value), None


def _within(value: object, key: str) -> str | None:
    return _id(value.get(key)) if isinstance(value, Mapping) else None


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
