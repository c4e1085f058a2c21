"""The forms that change a channel, and the looks that only Discord has."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import discord
from discord import ui

from bot.platforms.discord.records import Records
from bot.ports import ChannelRef, Overview

WHAT = r"(?P<what>[a-z]+)"
AT = r"(?:@(?P<at>[0-9]{1,20}))?"
"""Parts of custom ids; one with `@FORUM` at its end is about the forum above its thread."""

FORM = re.compile(rf"paperround:form:{WHAT}{AT}")
"""The custom id of a form."""

_LONGEST_LINE = 1_000
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form: its label, and the verb that its text is for.

    `long` makes it several lines high; `lines` keeps line breaks as typed.
    """

    label: str
    verb: str
    placeholder: str
    long: bool = False
    lines: bool = False


FORMS: Mapping[str, tuple[str, tuple[Field, ...]]] = MappingProxyType(
    {
        "watch": (
            "Watch a topic",
            (Field("Expression", "watch", "mixture of experts -survey", long=True),),
        ),
        "when": (
            "When papers come",
            (Field("Schedule", "schedule", "daily 09:00 Europe/Paris weekdays"),),
        ),
        "amount": (
            "How many papers",
            (
                Field("Papers a day, at most", "limit", "5"),
                Field("How well they must match, 60-100", "threshold", "80"),
            ),
        ),
        "import": (
            "Import watches and settings",
            (
                Field(
                    "Exported text, or one expression a line",
                    "import",
                    "mixture of experts\ngraph neural networks",
                    long=True,
                    lines=True,
                ),
            ),
        ),
    }
)
"""Each form's title and inputs, by the word that its button carries."""


def form(what: str, overview: Overview, at: int | None = None) -> ui.Modal:
    """A form whose inputs hold the channel's present settings."""
    title, fields = FORMS[what]
    modal = ui.Modal(title=title, timeout=None, custom_id=f"paperround:form:{what}{about(at)}")
    now = settings(overview)
    for field in fields:
        style = discord.TextStyle.paragraph if field.long else discord.TextStyle.short
        modal.add_item(
            ui.Label(
                text=field.label,
                component=ui.TextInput(
                    custom_id=field.verb,
                    style=style,
                    placeholder=field.placeholder,
                    default=now.get(field.verb),
                    max_length=_LONGEST if field.lines else _LONGEST_LINE,
                ),
            )
        )
    # discord.py would keep the form until it is sent; we know it again by its custom id.
    modal.stop()
    return modal


def ask_form(custom_id: str, asks: str) -> ui.Modal:
    """A form of one field, whose text is the end of the command in its custom id."""
    modal = ui.Modal(title="Paperround", timeout=None, custom_id=custom_id)
    field = ui.TextInput[ui.Modal](
        custom_id="typed", style=discord.TextStyle.paragraph, max_length=_LONGEST
    )
    modal.add_item(ui.Label(text=asks, component=field))
    modal.stop()
    return modal


def settings(overview: Overview) -> dict[str, str]:
    """The present settings that inputs start with, by verb."""
    return {
        "schedule": overview.schedule,
        "limit": str(overview.limit),
        "threshold": str(overview.threshold),
    }


def commands(what: str, typed: Mapping[str, str], overview: Overview) -> list[str]:
    """The commands that a sent form means: one for each input that changes something."""
    now = settings(overview)
    return [
        f"{field.verb} {text}"
        for field in FORMS[what][1]
        if (text := _tidied(field, typed.get(field.verb, ""))) and text != now.get(field.verb)
    ]


def typed_values(components: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The texts of a sent form, by the custom ids of its inputs, at any depth."""
    found: dict[str, str] = {}
    for each in components:
        if "value" in each:
            found[str(each.get("custom_id", ""))] = str(each["value"])
        inner = [*each.get("components", ()), *filter(None, (each.get("component"),))]
        found |= typed_values(inner)
    return found


def _tidied(field: Field, typed: str) -> str:
    return typed.strip() if field.lines else " ".join(typed.split())


def about(at: int | None) -> str:
    """The end of a custom id: `@FORUM` for a forum above the thread, else empty."""
    return "" if at is None else f"@{at}"


_FRESH_SECONDS = 2.0
_REMEMBERED = 1_000
_CHOSEN, _PUBLISH_SINCE = "looks", "publish_since"


class Look(StrEnum):
    """A choice of a channel; several may hold at once.

    PUBLISH is for announcement channels alone, DAILY for forums.
    """

    EMBEDS = "embeds"
    BUTTONS = "buttons"
    PUBLISH = "publish"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Looks:
    """A channel's choices; posts from before `publish_since` (UTC) are not published."""

    chosen: frozenset[Look] = frozenset()
    publish_since: datetime | None = None

    def __contains__(self, look: object) -> bool:
        return look in self.chosen


class LooksBook:
    """Reads and stores the choices; `usual` are those of a channel that chose nothing.

    Read choices are kept for two seconds, so that a round does not query the database for every
    post.
    """

    def __init__(self, records: Records, usual: Collection[Look] = ()) -> None:
        self._records = records
        self._usual = Looks(frozenset(usual))
        self._known: OrderedDict[ChannelRef, tuple[float, Mapping[str, Any]]] = OrderedDict()

    async def of(self, channel: ChannelRef) -> Looks:
        """A channel's choices now."""
        read_at, extras = self._known.get(channel, (float("-inf"), {}))
        if time.monotonic() - read_at > _FRESH_SECONDS:
            extras = await self._records.extras(channel)
            self._known[channel] = (time.monotonic(), extras)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if _CHOSEN not in extras:
            return self._usual
        since = extras.get(_PUBLISH_SINCE)
        known = frozenset(Look(each) for each in extras[_CHOSEN] if each in set(Look))
        return Looks(known, datetime.fromisoformat(since) if since else None)

    async def choose(
        self, channel: ChannelRef, chosen: Collection[Look], now: Callable[[], datetime]
    ) -> bool:
        """Store a channel's choices; False for a channel that is not known yet."""
        before = await self.of(channel)
        since = (before.publish_since or now()) if Look.PUBLISH in chosen else None
        extras = {
            _CHOSEN: sorted(chosen),
            _PUBLISH_SINCE: since.isoformat() if since else None,
        }
        self._known.pop(channel, None)
        return await self._records.keep_extras(channel, extras)
