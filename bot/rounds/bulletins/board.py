"""What is due beside the papers: found by the clock, written down once, then sent."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.richtext import Line
from bot.errors import CommandError
from bot.rounds.bulletins.club import advance, due_stage
from bot.rounds.bulletins.missed import Missed
from bot.rounds.bulletins.roundup import EXAMPLE, due_roundup, write_roundup
from bot.rounds.delivery.bulletins import BulletinSender, dump_lines
from bot.rounds.scheduling.due import is_quiet_now
from bot.rounds.scheduling.weekly import parse_weekly
from storage import bulletins, channels, clubs
from storage.database import Database, lock_channel
from storage.models import Bulletin

_MISSED_FOR = timedelta(days=2)
_ROUNDUP_FOR = timedelta(days=3)

log = structlog.get_logger(__name__)


class Board:
    """Makes and sends the bulletins of all channels; every step may be repeated."""

    def __init__(
        self,
        database: Database,
        missed: Missed,
        sender: BulletinSender,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._missed = missed
        self._sender = sender
        self._now = now

    async def due(self, now: datetime) -> Sequence[int]:
        """The channels, by id, for which something is to be made or sent now."""
        async with self._database.read() as session:
            found = set(await bulletins.list_free(session, now))
            found |= {
                channel.id or 0
                for channel in await bulletins.list_back(session, now)
                if not is_quiet_now(channel, now)
            }
            for row, channel in await bulletins.list_roundups(session):
                try:
                    slot = due_roundup(row, channel, now)
                except CommandError as error:
                    log.warning("roundup.unreadable", channel=channel.address, reason=str(error))
                    continue
                if slot is not None and not is_quiet_now(channel, now):
                    found.add(row.channel_id)
            found |= await self._due_clubs(session, now)
        return sorted(found)

    async def _due_clubs(self, session: AsyncSession, now: datetime) -> set[int]:
        found = set()
        for row, channel in await clubs.list_active(session):
            try:
                due = await due_stage(session, row, channel, now)
            except CommandError as error:
                log.warning("club.unreadable", channel=channel.address, reason=str(error))
                continue
            if due is not None and not is_quiet_now(channel, now):
                found.add(row.channel_id)
        return found

    async def _advance_club(self, channel_id: int, now: datetime) -> None:
        async with self._database.write() as session:
            await lock_channel(session, channel_id)
            channel = await channels.get(session, channel_id)
            club = await clubs.find(session, channel_id)
            if club is None or is_quiet_now(channel, now):
                return
            while await advance(session, club, channel, now):
                log.info("club.advanced", channel=channel.address)

    async def make(self, channel_id: int) -> None:
        """Write down what is due in a channel, each thing once."""
        now = self._now()
        await self._tell_missed(channel_id, now)
        await self._round_up(channel_id, now)
        await self._advance_club(channel_id, now)

    async def send(self, channel_id: int) -> float | None:
        """Send what waits in a channel; the seconds after which to go on, or None when done."""
        return await self._sender.send(channel_id)

    async def _tell_missed(self, channel_id: int, now: datetime) -> None:
        async with self._database.read() as session:
            channel = await channels.get(session, channel_id)
        since = channel.paused_at
        if since is None or is_quiet_now(channel, now):
            return
        lines = await self._missed.lines(channel, since, now)
        async with self._database.write() as session:
            await lock_channel(session, channel_id)
            row = await channels.get(session, channel_id)
            if row.paused_at != since or is_quiet_now(row, now):
                return
            row.paused_at = None
            session.add(row)
            if lines:
                key = since.isoformat()
                until = now + _MISSED_FOR
                await bulletins.add(
                    session, bulletin(channel_id, "missed", key, lines, now=now, until=until)
                )

    async def _round_up(self, channel_id: int, now: datetime) -> None:
        async with self._database.write() as session:
            await lock_channel(session, channel_id)
            channel = await channels.get(session, channel_id)
            row = await bulletins.find_roundup(session, channel_id)
            slot = due_roundup(row, channel, now) if row is not None else None
            if row is None or slot is None or is_quiet_now(channel, now):
                return
            weekly = parse_weekly(row.weekly, EXAMPLE)
            row.since = slot
            session.add(row)
            lines = await write_roundup(session, channel, weekly, slot)
            if lines:
                key, until = slot.isoformat(), now + _ROUNDUP_FOR
                made = bulletin(channel_id, "roundup", key, lines, now=now, until=until)
                await bulletins.add(session, made)


def bulletin(
    channel_id: int,
    kind: str,
    key: str,
    lines: Sequence[Line],
    *,
    now: datetime,
    until: datetime,
    choices: Sequence[str] = (),
    under: str | None = None,
) -> Bulletin:
    """A bulletin's row; it is given up where it could not be sent by `until`."""
    return Bulletin(
        channel_id=channel_id,
        kind=kind,
        key=key,
        delivery_id=bulletins.mark(channel_id, kind, key),
        lines=dump_lines(lines),
        choices=list(choices),
        under=under,
        made_at=now,
        until=until,
    )
