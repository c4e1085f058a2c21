"""Short ways to make stored rows in tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import channels, papers, sources, votes
from storage.channels import ChannelDefaults
from storage.models import Channel, Paper, PaperFacts, Post, Source
from storage.votes import VoteEvent

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def channel(session: AsyncSession, address: str = "local:general") -> Channel:
    return await channels.add(session, address, ChannelDefaults(), NOON)


async def source(session: AsyncSession, spec: str = "daily", *, shared: bool = True) -> Source:
    return await sources.add(session, kind="huggingface", spec=spec, name=spec, shared=shared)


async def paper(
    session: AsyncSession,
    title: str,
    *names: str,
    at: datetime = NOON,
    given_by: Source | None = None,
    backlog: bool = False,
    **facts: object,
) -> Paper:
    origin = given_by or await sources.add(
        session, kind="import", spec="files", name="import", shared=True
    )
    stored, _ = await papers.record(
        session,
        PaperFacts(title=title, **facts),
        names or (f"id:{title}",),
        origin,
        now=at,
        backlog=backlog,
    )
    return stored


async def papers_of(session: AsyncSession, titles: Sequence[str]) -> list[Paper]:
    """Many papers at a time, which is quick, each with a name of its own."""
    origin = await sources.add(session, kind="import", spec="files", name="import", shared=True)
    entries = [(PaperFacts(title=title), (f"id:{title}",), False) for title in titles]
    return [stored for stored, _ in await papers.record_all(session, entries, origin, now=NOON)]


async def vote(
    session: AsyncSession,
    post_id: int,
    person: str,
    emoji: str = "👍",
    *,
    value: int = 1,
    added: bool = True,
    at: datetime = NOON,
) -> None:
    await votes.record(session, [VoteEvent(post_id, person, emoji, value, added, at)])


async def post(
    session: AsyncSession,
    where: Channel,
    what: Paper,
    *,
    message: str | None = None,
    **facts: object,
) -> Post:
    made = Post(
        channel_id=where.id,
        paper_id=what.id,
        delivery_id=f"{where.id}-{what.id}",
        slot_at=NOON,
        picked_at=NOON,
        message=message,
        **facts,
    )
    session.add(made)
    await session.flush()
    return made
