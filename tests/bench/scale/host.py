"""The host: workspaces, channels with their watches, and a window of real papers, as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import install_state, sources
from storage.database import Database
from storage.models import Channel, ChannelState, Paper, Sighting, Watch, Workspace
from tests.bench.matching.watches import grow
from tests.bench.real import Sample, arxiv

PAPERS, DAYS, WATCHES, NEIGHBOURS, LIMIT = 1_500, 7, 20, 20, 5
NINE = datetime(2026, 3, 9, 9, 1, tzinfo=UTC)
"""A minute past nine, when the round is due."""

MIDNIGHT = NINE.replace(hour=0)
"""A minute past midnight, when the day's upkeep is due and no round is."""

_BEFORE = NINE - timedelta(days=30)
_YESTERDAY = NINE.replace(minute=0) - timedelta(days=1)
_EVENING = NINE - timedelta(hours=12, minutes=1)
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Host:
    """How large: channels in workspaces of 20, half on Slack and half on Discord.

    Each channel has `each` watches. Of the channels, `due` have their round at nine, evenly over
    the workspaces, the others at 21.
    """

    channels: int
    due: int
    each: int = WATCHES

    @property
    def workspaces(self) -> int:
        """How many there are."""
        return max(2, self.channels // NEIGHBOURS)

    @property
    def watches(self) -> int:
        """How many there are in all channels."""
        return self.channels * self.each

    async def settle(self, database: Database) -> None:
        """Write it all down in a migrated database."""
        async with database.write() as session:
            await _add(session, Workspace, map(self._workspace, range(self.workspaces)))
            await _add(session, Channel, map(self._channel, range(self.channels)))
            await _add(session, Watch, self._watches())
            row = await install_state.get(session)
            row.watch_revision = self.watches
            session.add(row)
            await _store(session, list(arxiv(0, PAPERS * DAYS)))

    def _workspace(self, number: int) -> dict[str, Any]:
        return {"platform": _platform(number), "external_id": f"T{number}", "name": ""}

    def _channel(self, number: int) -> dict[str, Any]:
        place = number % self.workspaces
        due = number < self.due
        made = Channel(
            workspace_id=1 + place,
            address=f"{_platform(place)}:T{place}/C{number}",
            name=f"c{number}",
            schedule="daily 09:00 UTC" if due else "daily 21:00 UTC",
            post_limit=LIMIT,
            threshold=80,
            beyond=1,
            state=ChannelState.ACTIVE,
            created_at=_BEFORE,
            last_slot_at=_YESTERDAY if due else _EVENING,
        )
        return made.model_dump(exclude={"id"})

    def _watches(self) -> Iterator[dict[str, Any]]:
        for number, watch in enumerate(grow(self.watches)):
            yield {
                "channel_id": 1 + number % self.channels,
                "text": watch.text,
                "typed": watch.text,
                "added_by": "bench",
                "added_at": _BEFORE,
                "revision": number + 1,
            }


def _platform(workspace: int) -> str:
    return ("slack", "discord")[workspace % 2]


async def _add(
    session: AsyncSession, table: type[SQLModel], rows: Iterator[dict[str, Any]]
) -> None:
    waiting = list(rows)
    for start in range(0, len(waiting), _AT_ONCE):
        await session.exec(insert(table), params=waiting[start : start + _AT_ONCE])


async def _store(session: AsyncSession, papers: Sequence[Sample]) -> None:
    source = await sources.add(session, kind="import", spec="files", name="arXiv", shared=True)
    rows = [_paper(number, paper) for number, paper in enumerate(papers)]
    await _add(session, Paper, iter(rows))
    await _add(session, Sighting, (_sighting(source.id, row["id"]) for row in rows))


def _sighting(source_id: int | None, paper_id: int) -> dict[str, Any]:
    return {"source_id": source_id, "paper_id": paper_id, "seen_at": NINE, "backlog": False}


def _paper(number: int, paper: Sample) -> dict[str, Any]:
    seen = NINE - timedelta(days=DAYS - 1 - number // PAPERS, hours=1)
    made = Paper(
        id=number + 1,
        key=f"id:{number}",
        title=paper.title,
        abstract=paper.abstract,
        authors=list(paper.authors),
        categories=list(paper.categories),
        source=paper.source,
        first_seen_at=seen,
        updated_at=seen,
    )
    return made.model_dump()
