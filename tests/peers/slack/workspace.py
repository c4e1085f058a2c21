"""A workspace: channels with members and messages, as Slack keeps them."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TEAM, BOT_USER, BOT_ID, APP = "T0LAB", "U0BOT", "B0BOT", "A0APP"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-test-1", "xapp-test-1", "shhh"
ADA, BO, ROBOT = "U0ADA", "U0BO", "U0ROBOT"


@dataclass(slots=True)
class Channel:
    """A conversation; `messages` by ts, in the order in which they were sent."""

    id: str
    name: str
    private: bool = False
    archived: bool = False
    members: set[str] = field(default_factory=set)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class User:
    """A person; Slack's own flag says whether they administer the workspace."""

    id: str
    name: str
    is_admin: bool = False
    is_bot: bool = False


class Workspace:
    """A workspace: Ada (an admin), Bo, another app's bot, and ours, which is in no channel yet.

    `time` is its clock, in seconds; a message is in a channel's history `shows_after` seconds.
    """

    def __init__(self, team: str = TEAM, *, token: str = BOT_TOKEN, enterprise: str | None = None):
        self.team, self.token, self.enterprise = team, token, enterprise
        people = (User(ADA, "ada", is_admin=True), User(BO, "bo"), User(ROBOT, "robo", is_bot=True))
        self.users = {each.id: each for each in people}
        self.channels: dict[str, Channel] = {}
        self.reactions: dict[tuple[str, str], dict[str, set[str]]] = {}
        self.ephemeral: list[dict[str, Any]] = []
        self._ticks = itertools.count(1)
        self.time: Callable[[], float] = time.time
        self.shows_after = 0.0
        for identity, name in (("C0LAB", "lab"), ("C0ADMIN", "admin")):
            self.add_channel(identity, name)

    def add_channel(self, identity: str, name: str, *, private: bool = False) -> Channel:
        made = Channel(identity, name, private, members={ADA, BO})
        self.channels[identity] = made
        return made

    def visible(self, identity: str | None) -> Channel | None:
        """What the bot can know of: every public channel, and private ones that it is in."""
        channel = self.channels.get(identity or "")
        if channel is not None and channel.private and BOT_USER not in channel.members:
            return None
        return channel

    def next_ts(self, now: float) -> str:
        return f"{int(now)}.{next(self._ticks):06d}"

    def posts(self, identity: str = "C0LAB") -> list[dict[str, Any]]:
        """The papers in a channel and its threads, as Slack shows them."""
        return self.marked("paperround_post", identity)

    def marked(self, event_type: str, identity: str = "C0LAB") -> list[dict[str, Any]]:
        """The messages of a channel with metadata of a kind."""
        messages = self.channels[identity].messages.values()
        return [m for m in messages if m.get("metadata", {}).get("event_type") == event_type]

    def texts(self, identity: str = "C0LAB") -> list[str]:
        """What stands in a channel besides posts and threads."""
        messages = self.channels[identity].messages.values()
        return [m["text"] for m in messages if not m.get("metadata") and "thread_ts" not in m]
