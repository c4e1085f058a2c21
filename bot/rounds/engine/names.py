"""Names in the engine, derived from what a workflow does, so that it is started once."""

from datetime import datetime, timedelta

from bot.rounds.schedule import Slot
from storage.models import Source

VERSION = "2"
"""Raised when workflows begun before cannot be continued: those of the same one are taken over.

A step added at the end of one does not need it.
"""

QUEUE = "rounds"
"""The one queue of all workflows."""


RETRIED_AFTER = timedelta(minutes=10)
"""How late a slot is when one whose workflow failed is tried anew."""

_HOUR = timedelta(hours=1)


# The version is part of a name, so that an upgrade's work never waits for a workflow of old code.
def slot_name(slot: Slot) -> str:
    """The workflow that picks and delivers a slot."""
    return f"{VERSION}:slot:{slot.channel_id}:{slot.at.isoformat()}"


def again(slot: Slot, now: datetime) -> str:
    """What tells another try of a slot from those before: after 10, 20, 40 minutes, then hourly."""
    late = now - slot.at
    if late > _HOUR:
        return f":{now:%Y-%m-%dT%H}"
    return f":late{(late // RETRIED_AFTER).bit_length()}"


def post_name(post_id: int, again: str) -> str:
    """The workflow that delivers one post; `again` is there for one that was tried before."""
    return f"{VERSION}:post:{post_id}{again}"


def poll_name(source: Source, now: datetime) -> str:
    """The workflow that reads a source; with the time, so that one that failed is tried anew."""
    minutes = f"{now:%Y-%m-%dT%H:%M}"[:-1]
    return f"{VERSION}:poll:{source.id}:{source.polls}:{minutes}"
