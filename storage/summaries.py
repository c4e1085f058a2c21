"""Summaries that a language model wrote, and what was spent on them in a day."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import MachineSummary, Paper, Post, Sighting, Source, SummaryBudget

_PUBLIC_KINDS = (
    "huggingface",
    "arxiv",
    "biorxiv",
    "medrxiv",
    "pubmed",
    "europepmc",
    "chemrxiv",
    "journal",
    "acl",
    "cites",
    "author",
    "sample",
)
"""Kinds of sources whose words everybody can read."""


async def find(session: AsyncSession, digest: str) -> str | None:
    """The summary kept under a digest, "" for an answer that could not be shown; None for none."""
    row = await session.get(MachineSummary, digest)
    return row.text if row is not None else None


async def keep(session: AsyncSession, digest: str, text: str, now: datetime) -> None:
    """Keep a summary under its digest, in place of an earlier one."""
    await session.merge(MachineSummary(digest=digest, text=text, made_at=now))


async def forget_before(session: AsyncSession, before: datetime) -> None:
    """Delete what is older."""
    await session.exec(delete(MachineSummary).where(col(MachineSummary.made_at) < before))
    await session.exec(
        delete(SummaryBudget).where(col(SummaryBudget.day) < before.date().isoformat())
    )


async def spend(
    session: AsyncSession, day: date, tokens: int, most_requests: int, most_tokens: int
) -> bool:
    """Take one request and some tokens from the day's budget; False where it does not have them."""
    name = day.isoformat()
    if await session.get(SummaryBudget, name) is None:
        session.add(SummaryBudget(day=name))
        await session.flush()
    taken = await session.exec(
        update(SummaryBudget)
        .where(
            col(SummaryBudget.day) == name,
            col(SummaryBudget.requests) < most_requests,
            col(SummaryBudget.tokens) + tokens <= most_tokens,
        )
        .values(requests=col(SummaryBudget.requests) + 1, tokens=col(SummaryBudget.tokens) + tokens)
        .returning(col(SummaryBudget.day))
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


async def correct(session: AsyncSession, day: date, tokens: int) -> None:
    """Add to the day's tokens what a request took beyond its estimate; may be negative."""
    await session.exec(
        update(SummaryBudget)
        .where(col(SummaryBudget.day) == day.isoformat())
        .values(tokens=col(SummaryBudget.tokens) + tokens)
        .execution_options(synchronize_session=False)
    )


async def spent(session: AsyncSession, day: date) -> tuple[int, int]:
    """The requests and tokens of a day."""
    row = await session.get(SummaryBudget, day.isoformat())
    return (row.requests, row.tokens) if row is not None else (0, 0)


async def list_public(
    session: AsyncSession, post_ids: Sequence[int]
) -> Sequence[tuple[Post, Paper]]:
    """Those of these posts whose paper has its text from a source that everybody can read.

    Where it is not known whose text it is, every source that gave the paper must be such a one.
    """
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(col(Post.id).in_(post_ids))
        .order_by(col(Post.rank), col(Post.id))
    )
    found = (await session.exec(statement)).all()
    sighted = await session.exec(
        select(Sighting.paper_id, Source.id, Source.kind)
        .join(Source, col(Source.id) == col(Sighting.source_id))
        .where(col(Sighting.paper_id).in_([paper.id for _, paper in found]))
    )
    givers: dict[int, dict[int | None, str]] = {}
    for paper_id, source_id, kind in sighted.all():
        givers.setdefault(paper_id, {})[source_id] = kind
    return [(post, paper) for post, paper in found if _is_public(paper, givers)]


def _is_public(paper: Paper, givers: dict[int, dict[int | None, str]]) -> bool:
    kinds = givers.get(paper.id or 0, {})
    own = kinds.get(paper.text_source_id)
    return own in _PUBLIC_KINDS if own else bool(kinds) and set(kinds.values()) <= {*_PUBLIC_KINDS}
