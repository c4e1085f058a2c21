"""Names in the engine, derived from what a workflow does, so that it is started once."""

from datetime import datetime

from bot.rounds.schedule import Slot
from storage.models import Source

VERSION = "2"
"""Raised when workflows begun before cannot be continued: those of the same one are taken over.

A step added at the end of one does not need it.
"""

QUEUE = "rounds"
"""The one queue of all workflows."""


# The version is part of a name, so that an upgrade's work never waits for a workflow of old code.
def slot_name(slot: Slot) -> str:
    """The workflow that picks and delivers a slot."""
    return f"{VERSION}:slot:{slot.channel_id}:{slot.at.isoformat()}"


def post_name(post_id: int, again: str) -> str:
    """The workflow that delivers one post; `again` is there for one that was tried before."""
    return f"{VERSION}:post:{post_id}{again}"


def poll_name(source: Source, now: datetime) -> str:
    """The workflow that reads a source; the hour is there so that one that failed is tried anew."""
    return f"{VERSION}:poll:{source.id}:{source.polls}:{now:%Y-%m-%dT%H}"
