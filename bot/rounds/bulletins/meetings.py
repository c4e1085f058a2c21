"""When a meeting's shortlist, choice and reminders are due: a pure function of the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from bot.rounds.scheduling.weekly import Weekly

_VOTE_DAYS, _CHOICE_DAYS = 4, 2
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Stage(IntEnum):
    """How far a meeting is."""

    NOTHING = 0
    SHORTLISTED = 1
    CHOSEN = 2
    OPENED = 3
    DAY_TOLD = 4
    HOUR_TOLD = 5
    HELD = 6


@dataclass(frozen=True, slots=True)
class Times:
    """When each stage of a meeting begins, in UTC; days are those of the club's own clock."""

    shortlist: datetime
    choice: datetime
    day_before: datetime
    hour_before: datetime
    meets_at: datetime

    def due(self, stage: Stage, now: datetime) -> Stage | None:
        """The stage that is to be reached now from `stage`, or None; one that is over is passed."""
        if stage is Stage.NOTHING:
            begun = self.shortlist <= now < self.meets_at
            return Stage.SHORTLISTED if begun else None
        if stage is Stage.CHOSEN and now < self.meets_at:
            return Stage.OPENED
        begins = {
            Stage.HELD: self.meets_at,
            Stage.HOUR_TOLD: self.hour_before,
            Stage.DAY_TOLD: self.day_before,
            Stage.CHOSEN: self.choice,
        }
        ahead = [each for each in begins if each > stage and now >= begins[each]]
        if stage is Stage.SHORTLISTED and Stage.HELD not in ahead:
            # A choice is passed over by the meeting alone.
            return Stage.CHOSEN if Stage.CHOSEN in ahead else None
        return max(ahead, default=None)


def times(
    weekly: Weekly, zone: ZoneInfo, meets_at: datetime, made_at: datetime | None = None
) -> Times:
    """The times of a meeting whose shortlist was made at `made_at`, None for in time.

    A vote that began late lasts half of what is left, and ends an hour before at the latest.
    """
    day = meets_at.astimezone(zone).date()
    choice = weekly.on(day - timedelta(days=_CHOICE_DAYS), zone)
    if made_at is not None and choice < made_at + _DAY:
        late = made_at + min(_DAY, (meets_at - made_at) / 2)
        choice = max(choice, min(late, meets_at - _HOUR))
    return Times(
        shortlist=weekly.on(day - timedelta(days=_VOTE_DAYS), zone),
        choice=choice,
        day_before=weekly.on(day - timedelta(days=1), zone),
        hour_before=meets_at - _HOUR,
        meets_at=meets_at,
    )
