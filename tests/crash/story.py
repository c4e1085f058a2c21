"""The two days that every trial lives through, whoever dies in them."""

from dataclasses import dataclass
from datetime import UTC, datetime

DAYS = ("2026-02-26", "2026-02-27")
"""Days of the source, in its own calendar."""


@dataclass(frozen=True, slots=True)
class Room:
    """A channel: its place in each platform's world, and what people type in it."""

    name: str
    commands: tuple[str, ...]


ROOMS = (
    Room(
        "vision",
        ("watch diffusion OR video", "schedule daily 09:00 UTC", "limit 2", "style short"),
    ),
    Room(
        "agents",
        (
            'watch "world model" OR agentic OR agent',
            "schedule daily 09:00 UTC",
            "style digest",
            "roundup fri 08:30",
        ),
    ),
)


DUE = (9, 0)
"""The hour and minute of every slot."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command, and in which room (from 0) it is typed."""

    room: int
    text: str


TYPED = {
    "commands": tuple(
        Typed(number, text) for number, room in enumerate(ROOMS) for text in room.commands
    )
}
"""What is typed in which scene."""

ASKED = {
    "first slot": (Typed(0, "watch zeppelin"), Typed(1, "limit 6")),
    "votes": (Typed(0, "limit 3"), Typed(0, "now")),
}
"""What may be typed besides, of which the first two change nothing about the slot."""


@dataclass(frozen=True, slots=True)
class CastVote:
    """What a person does to the post of a place (from 0) in the first room."""

    person: str
    place: int
    emoji: str
    added: bool = True


CAST_VOTES = (
    CastVote("ada", 0, "👍"),
    CastVote("bo", 0, "👎"),
    CastVote("bo", 0, "👎", added=False),
    CastVote("bo", 0, "👍"),
    CastVote("ada", 1, "👍"),
    CastVote("ada", 1, "👍", added=False),
)
"""One is changed, and one taken back."""

EARLY = "🔖"
"""What somebody puts on every post that stands while the program is down: it moves no pick."""

VOTES_LEFT = {("ada", 0, "👍"), ("bo", 0, "👍")}


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of the story with the time at which it begins."""

    name: str
    at: datetime


def _at(day: str, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)


SCENES = (
    Scene("commands", _at(DAYS[0], 7)),
    Scene("first poll", _at(DAYS[0], 8)),
    Scene("first slot", _at(DAYS[0], 9, 1)),
    Scene("votes", _at(DAYS[0], 10)),
    Scene("second poll", _at(DAYS[1], 8)),
    Scene("second slot", _at(DAYS[1], 9, 1)),
)
