"""What a platform may refuse, drawn from its own table, and for how long."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

import discord
from slack_sdk.errors import SlackApiError

from bot.errors import ChannelGoneError, Obstacle, OutcomeUnknownError, PlatformError
from bot.platforms.discord import refusals
from bot.platforms.discord.errors import meaning
from bot.platforms.slack.errors import CLASSES, Refusal, explain

UNLISTED = ("a_code_of_tomorrow", 999_999)
"""A code of each platform that no table has."""

_SLACK: Mapping[str, tuple[Refusal, ...]] = {
    "content": (Refusal.CONTENT,),
    "place": (Refusal.PLACE, Refusal.WORKSPACE),
    "moment": (Refusal.MOMENT, Refusal.HOST, Refusal.DEFECT, Refusal.UNSURE),
}
_SERVER_ERRORS = (500, 502, 503, 504)
_PAGE = {"Content-Type": "text/html"}
_BLOCK = "<!doctype html><title>Attention Required! | Cloudflare</title>"


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal: the platform's code for it, and what our own table makes of it."""

    code: str
    error: PlatformError

    @property
    def is_open(self) -> bool:
        """Whether the message may have arrived all the same."""
        return isinstance(self.error, OutcomeUnknownError)


def kinds(platform: str) -> Mapping[str, Sequence[Refused]]:
    """All that a platform may answer, by what it is about: "content", "place" or "moment"."""
    return _slack() if platform == "slack" else _discord()


def _slack() -> Mapping[str, Sequence[Refused]]:
    found = {
        about: [_of_slack(code) for each in classes for code in sorted(CLASSES[each])]
        for about, classes in _SLACK.items()
    }
    moment = [
        _of_slack(UNLISTED[0]),
        _of_slack("", 429),
        *(_of_slack("", s) for s in _SERVER_ERRORS),
    ]
    return found | {"moment": [*found["moment"], *moment]}


def _of_slack(code: str, status: int = 200) -> Refused:
    data = {"ok": False, "error": code} if code else {}
    response = SimpleNamespace(data=data, status_code=status, headers={})
    error = SlackApiError("refused", response)  # type: ignore[no-untyped-call]
    return Refused(code or str(status), explain(error))


def _discord() -> Mapping[str, Sequence[Refused]]:
    muted = ChannelGoneError("the bot is timed out", obstacle=Obstacle.TIMED_OUT)
    moment = [
        *(_of_discord(429 if code < 50_000 else 400, code) for code in refusals.MOMENTS),
        *(_of_discord(401, code) for code in refusals.LOGINS),
        *(_of_discord(status, 0) for status in _SERVER_ERRORS),
        _of_discord(400, UNLISTED[1]),
        _of_discord(403, 0, _BLOCK),
        _of_discord(429, 0, _BLOCK),
    ]
    return {
        "content": [_of_discord(400, code) for code in refusals.CONTENTS],
        "place": [*(_of_discord(403, code) for code in refusals.PLACES), Refused("muted", muted)],
        "moment": moment,
    }


def _of_discord(status: int, code: int, page: str = "") -> Refused:
    headers = _PAGE if page else {"Content-Type": "application/json"}
    response = SimpleNamespace(status=status, reason="refused", headers=headers)
    data = page or {"code": code, "message": "refused"}
    error = discord.HTTPException(response, data)
    return Refused(f"{code or status}{' page' if page else ''}", meaning(error))


@dataclass(slots=True)
class Front:
    """Bad weather over one place, or over the whole platform, until it ends.

    Of all calls, a `share` is refused, each with one of `among`.
    """

    among: Sequence[Refused]
    until: datetime
    share: float = 1.0


LONGEST = {"place": timedelta(days=2.5), "moment": timedelta(days=1.5)}
"""How long a front may last; with the calm between two, a paper of a week is always in time."""

CALM = {"place": timedelta(days=2.5), "moment": timedelta(days=1)}
"""How long it is calm at the least between two fronts."""


_SHORTEST = timedelta(minutes=20)


def draw(about: str, among: Sequence[Refused], now: datetime, chance: random.Random) -> Front:
    """A front of one kind from now on: as many are of hours as of days."""
    longest = LONGEST[about] / _SHORTEST
    until = now + _SHORTEST * longest ** chance.random()
    if about == "place":
        return Front([chance.choice(among)], until)
    return Front(among, until, chance.choice((0.3, 0.7, 1.0)))
