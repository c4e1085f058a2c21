"""Where the posts go, beyond the reach of a kill: each platform's world and its people."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from tests.crash.facts import Facts
from tests.crash.story import CAST_VOTES, EARLY, ROOMS
from tests.peers.discord.bridge import Bridge, bridged
from tests.peers.discord.people import Someone
from tests.peers.discord.world import World
from tests.peers.slack.people import OverSocket, People
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO, BOT_USER, TEAM
from tests.platforms.slack.lab import secrets_of


class Rooms(Protocol):
    """The two channels of the story on a platform."""

    addresses: tuple[str, ...]
    settings: Mapping[str, Any]
    names: Mapping[str, str]
    """What the story calls a person or place, by the platform's own name for it."""

    async def vote(self) -> None:
        """What people do to the first room's posts, each once, whoever listens."""
        ...

    def meanwhile(self) -> int:
        """Minutes without the program: what the platform forgets, and who saves what stands.

        Returns how many papers were saved.
        """
        ...

    def facts(self) -> Facts:
        """What stands in the rooms."""
        ...


class LocalRooms:
    """The local chat: its log is in the program's own database, and dies with nobody."""

    def __init__(self) -> None:
        self.addresses = tuple(f"local:{room.name}" for room in ROOMS)
        self.settings: Mapping[str, Any] = {}
        self.names: Mapping[str, str] = {}

    async def vote(self) -> None:
        """The local chat's people press their buttons in the program itself."""

    def meanwhile(self) -> int:
        """Its page is down with the program."""
        return 0

    def facts(self) -> Facts:
        """What it shows is among what is stored."""
        return Counter()


@asynccontextmanager
async def local_rooms() -> AsyncIterator[Rooms]:
    """Rooms for one trial."""
    yield LocalRooms()


class SlackRooms:
    """Two channels of a strict Slack, with Ada and Bo."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        # An app that was killed answers nothing, and is started again only after that.
        slack.sockets.patience = 3.0
        self._ids = tuple(f"C{number}" for number, _ in enumerate(ROOMS))
        for identity, room in zip(self._ids, ROOMS, strict=True):
            slack.workspace.add_channel(identity, room.name).members.add(BOT_USER)
        self._people = People(slack, OverSocket(slack.sockets), slack.workspace)
        self._cast = 0
        self.addresses = tuple(f"slack:{TEAM}/{identity}" for identity in self._ids)
        self.settings: Mapping[str, Any] = secrets_of("socket", slack, 0)
        self.names = {user: name for name, user in _PEOPLE.items()}

    async def vote(self) -> None:
        """Each vote once; Slack keeps the reaction, and tells whoever is connected."""
        posts = self._slack.workspace.posts(self._ids[0])
        for cast in CAST_VOTES[self._cast :]:
            self._cast += 1
            ts, name, user = posts[cast.place]["ts"], _SLACK[cast.emoji], _PEOPLE[cast.person]
            there = self._slack.workspace.reactions.setdefault((self._ids[0], ts), {})
            users = there.setdefault(name, set())
            (users.add if cast.added else users.discard)(user)
            item = {"type": "message", "channel": self._ids[0], "ts": ts}
            with contextlib.suppress(TimeoutError, ConnectionError, IndexError):
                await self._people.react(ts, name, user=user, added=cast.added, item=item)

    def meanwhile(self) -> int:
        """Slack knows a message by its metadata for ever, and keeps what nobody hears."""
        posts = self._slack.workspace.posts(self._ids[0])
        for post in posts:
            there = self._slack.workspace.reactions.setdefault((self._ids[0], post["ts"]), {})
            there.setdefault("bookmark", set()).add(BO)
        return len(posts)

    def facts(self) -> Facts:
        """Posts, heads and details by their texts."""
        facts: Facts = Counter()
        for identity in self._ids:
            for message in self._slack.workspace.channels[identity].messages.values():
                kind = message.get("metadata", {}).get("event_type")
                if kind is not None:
                    facts[f"{kind} {identity}: {message['text']}"] += 1
        return facts


@asynccontextmanager
async def slack_rooms() -> AsyncIterator[Rooms]:
    """Rooms for one trial."""
    async with FakeSlack() as slack:
        yield SlackRooms(slack)


class DiscordRooms:
    """Two channels of a server on the bridge, with Ada and Bo."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        world = bridge.world
        guild = world.invite("lab", *(room.name for room in ROOMS))
        self._channels = [world.channel(guild, room.name) for room in ROOMS]
        self._members = {name: world.member(guild, name) for name in _PEOPLE}
        self._cast = 0
        self.addresses = tuple(f"discord:{guild.id}/{each.id}" for each in self._channels)
        self.settings: Mapping[str, Any] = {
            "discord_token": bridge.token,
            "discord_base_url": bridge.base,
        }
        self.names = {str(user.id): name for name, user in self._members.items()}
        for address, room in zip(self.addresses, ROOMS, strict=True):
            self.names[address] = f"discord:{room.name}"

    async def vote(self) -> None:
        """Each vote once; Discord keeps the reaction, and tells whoever is connected."""
        where = self._channels[0]
        posts = self._bridge.world.post_ids(where)
        for cast in CAST_VOTES[self._cast :]:
            self._cast += 1
            person = Someone(self._bridge, self._members[cast.person], where)
            (person.react if cast.added else person.unreact)(posts[cast.place], cast.emoji)

    def meanwhile(self) -> int:
        """Discord knows a nonce for some minutes only."""
        self._bridge.nonces.clear()
        posts = self._bridge.world.post_ids(self._channels[0])
        for post in posts:
            Someone(self._bridge, self._members["bo"], self._channels[0]).react(post, EARLY)
        return len(posts)

    def facts(self) -> Facts:
        """What the bot said in the channels and their threads, but for its greeting."""
        facts: Facts = Counter()
        world = self._bridge.world
        for number in list(world.backend.messages):
            name = world.backend.get_channel(number).name
            facts.update(f"message {name}: {text}" for text in world.texts(number))
        return Counter({line: n for line, n in facts.items() if "/papers watch" not in line})


@asynccontextmanager
async def discord_rooms() -> AsyncIterator[Rooms]:
    """Rooms for one trial."""
    async with bridged(World()) as bridge:
        yield DiscordRooms(bridge)


PLATFORMS = {"local chat": local_rooms, "Slack": slack_rooms, "Discord": discord_rooms}

_PEOPLE = {"ada": ADA, "bo": BO}
_SLACK = {"👍": "+1", "👎": "-1"}
