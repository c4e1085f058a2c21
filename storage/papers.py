"""Papers: one for one identity, whatever source names it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    ChannelSource,
    Paper,
    PaperFacts,
    PaperName,
    Post,
    Sighting,
    Source,
)

_COUNTS = {"upvotes", "comments", "featured_at", "thumbnail", "code_url", "source_summary"}


class Recorded(StrEnum):
    """What became of an entry."""

    TAKEN = "taken"
    UPDATED = "updated"
    SAME = "same"


async def record(
    session: AsyncSession,
    facts: PaperFacts,
    names: Sequence[str],
    source: Source,
    *,
    now: datetime,
    backlog: bool = False,
) -> tuple[Paper, Recorded]:
    """Store what a source says of a paper, under every identity it has."""
    paper = await find_by_names(session, names)
    if paper is None:
        paper, outcome = await _take(session, facts, names, source, now), Recorded.TAKEN
    else:
        outcome = Recorded.UPDATED if _update(paper, facts, source, now) else Recorded.SAME
        session.add(paper)
    assert paper.id is not None  # noqa: S101 - flushed
    await _name(session, paper.id, names)
    await _sight(session, source, paper.id, now, backlog=backlog)
    return paper, outcome


async def find_by_names(session: AsyncSession, names: Sequence[str]) -> Paper | None:
    """The paper known by any of these identities; the oldest if there are several."""
    statement = (
        select(Paper)
        .join(PaperName, col(PaperName.paper_id) == col(Paper.id))
        .where(col(PaperName.name).in_(names))
        .order_by(col(Paper.id))
    )
    return (await session.exec(statement)).first()


async def get_many(session: AsyncSession, paper_ids: Sequence[int]) -> Sequence[Paper]:
    """These papers, by id."""
    statement = select(Paper).where(col(Paper.id).in_(paper_ids)).order_by(col(Paper.id))
    return (await session.exec(statement)).all()


async def seen_since(session: AsyncSession, since: datetime, after_id: int = 0) -> Sequence[Paper]:
    """Papers first seen at or after `since` with an id above `after_id`, by id."""
    statement = (
        select(Paper)
        .where(col(Paper.first_seen_at) >= since, col(Paper.id) > after_id)
        .order_by(col(Paper.id))
    )
    return (await session.exec(statement)).all()


async def recent(session: AsyncSession, limit: int) -> Sequence[Paper]:
    """The newest papers of this install, newest first."""
    statement = select(Paper).order_by(col(Paper.id).desc()).limit(limit)
    return (await session.exec(statement)).all()


async def candidates(
    session: AsyncSession, channel_id: int, since: datetime, *, backlog: bool = False
) -> Sequence[Paper]:
    """Papers seen since `since` by a source this channel reads and never picked for it.

    `backlog` lets in what a source already held when it was added, as a preview does.
    """
    word = select(ChannelSource.on).where(
        ChannelSource.channel_id == channel_id, ChannelSource.source_id == Source.id
    )
    reads = or_(
        word.where(col(ChannelSource.on).is_(True)).exists(),
        col(Source.shared).is_(True) & ~word.where(col(ChannelSource.on).is_(False)).exists(),
    )
    sighted = (
        select(Sighting.paper_id)
        .join(Source, col(Source.id) == col(Sighting.source_id))
        .where(reads)
    )
    if not backlog:
        sighted = sighted.where(col(Sighting.backlog).is_(False))
    picked = exists().where(col(Post.channel_id) == channel_id, col(Post.paper_id) == col(Paper.id))
    statement = (
        select(Paper)
        .where(col(Paper.first_seen_at) >= since, col(Paper.id).in_(sighted), ~picked)
        .order_by(col(Paper.id))
    )
    return (await session.exec(statement)).all()


async def top(session: AsyncSession, since: datetime, limit: int) -> Sequence[Paper]:
    """The papers of the period with the most upvotes, most first."""
    statement = (
        select(Paper)
        .where(col(Paper.first_seen_at) >= since)
        .order_by(col(Paper.upvotes).desc().nulls_last(), col(Paper.id))
        .limit(limit)
    )
    return (await session.exec(statement)).all()


async def _take(
    session: AsyncSession, facts: PaperFacts, names: Sequence[str], source: Source, now: datetime
) -> Paper:
    known = {name: getattr(facts, name) for name in PaperFacts.model_fields}
    paper = Paper(**known, key=names[0], source=source.kind, first_seen_at=now, updated_at=now)
    session.add(paper)
    await session.flush()
    return paper


def _update(paper: Paper, facts: PaperFacts, source: Source, now: datetime) -> bool:
    """Fill what was missing; replace what this source may: its counts, and its own newer text."""
    own = paper.source == source.kind or (facts.version or 0) > (paper.version or 0)
    changed = False
    for name in PaperFacts.model_fields:
        new, old = getattr(facts, name), getattr(paper, name)
        if _empty(new) or new == old:
            continue
        if _empty(old) or own or name in _COUNTS:
            setattr(paper, name, new)
            changed = True
    if changed:
        paper.updated_at = now
    return changed


def _empty(value: object) -> bool:
    return value is None or value in ("", [])


async def _name(session: AsyncSession, paper_id: int, names: Sequence[str]) -> None:
    statement = select(PaperName).where(col(PaperName.name).in_(names))
    known = {row.name: row for row in (await session.exec(statement)).all()}
    for name in dict.fromkeys(names):
        row = known.get(name) or PaperName(name=name, paper_id=paper_id)
        row.paper_id = paper_id
        session.add(row)
    await session.flush()


async def _sight(
    session: AsyncSession, source: Source, paper_id: int, now: datetime, *, backlog: bool
) -> None:
    assert source.id is not None  # noqa: S101 - sources are stored before they are polled
    if await session.get(Sighting, (source.id, paper_id)) is None:
        session.add(Sighting(source_id=source.id, paper_id=paper_id, seen_at=now, backlog=backlog))
        await session.flush()
