"""What became of papers after their post, and who was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, Fate, Paper, PaperName, Post, PostState, Saved


@dataclass(frozen=True, slots=True)
class FateNote:
    """Something that became of a paper, when that was found, and a DOI, journal or version."""

    kind: Fate
    detail: str
    at: datetime | None

    @property
    def mark(self) -> str:
        """What is noted of whoever was told: each version is news of its own."""
        return f"{self.kind}:{self.detail}" if self.kind is Fate.VERSION else str(self.kind)


def fates_of(paper: Paper) -> Sequence[FateNote]:
    """What became of a paper; what was so at its post already is no part of it."""
    kept = paper.became or {}
    found = [
        FateNote(Fate(kind), note["detail"], datetime.fromisoformat(note["at"]))
        for kind, note in kept.items()
        if not note.get("known")
    ]
    if paper.retracted and Fate.RETRACTED not in kept:
        found.append(FateNote(Fate.RETRACTED, "", None))
    order = list(Fate)
    return sorted(found, key=lambda each: order.index(each.kind))


def details_of(paper: Paper) -> Mapping[str, str]:
    """The details of what became of a paper, by kind, in a fixed order."""
    return {str(each.kind): each.detail for each in fates_of(paper)}


def note(paper: Paper, kind: Fate, detail: str, at: datetime, *, known: bool) -> bool:
    """Note what a source says became of a paper; True where that is news.

    What is `known` was so when it was posted: it is kept to compare later answers with.
    """
    kept = paper.became or {}
    old = kept.get(kind)
    if kind is Fate.VERSION:
        before = int(old["detail"]) if old else paper.version or 1
        if int(detail) <= before and not (known and old is None):
            return False
    elif old is not None or (kind is Fate.RETRACTED and paper.retracted):
        return False
    said = {"detail": detail, "at": at.isoformat(), **({"known": True} if known else {})}
    paper.became = {**kept, str(kind): said}
    if kind is Fate.RETRACTED:
        paper.retracted = True
    if not known:
        paper.updated_at = at
    return not known


def stamp_retracted(paper: Paper, at: datetime) -> None:
    """Note when a paper was found retracted that is marked so already."""
    kept = paper.became or {}
    paper.became = {str(Fate.RETRACTED): {"detail": "", "at": at.isoformat()}, **kept}


@dataclass(frozen=True, slots=True)
class PostedName:
    """An identity of a posted paper, and when the paper was last posted."""

    paper_id: int
    name: str
    posted_at: datetime


async def list_posted_names(
    session: AsyncSession, since: datetime, prefixes: Sequence[str], limit: int
) -> list[PostedName]:
    """Identities with these prefixes of papers posted since then, not retracted; latest first."""
    latest = func.max(Post.posted_at)
    statement = (
        select(Paper.id, PaperName.name, latest)
        .join(PaperName, col(PaperName.paper_id) == col(Paper.id))
        .join(Post, col(Post.paper_id) == col(Paper.id))
        .where(
            col(Post.state) == PostState.POSTED,
            col(Post.posted_at) >= since,
            col(Paper.retracted).is_(False),
            or_(*(col(PaperName.name).startswith(each, autoescape=True) for each in prefixes)),
        )
        .group_by(col(Paper.id), col(PaperName.name))
        .order_by(latest.desc(), col(Paper.id).desc(), col(PaperName.name))
        .limit(limit)
    )
    found = (await session.exec(statement)).all()
    return [PostedName(paper_id or 0, name, at) for paper_id, name, at in found if at]


async def list_news(session: AsyncSession, since: datetime) -> Sequence[int]:
    """The ids of papers of which something became known since then."""
    statement = select(Paper.id).where(col(Paper.updated_at) >= since, _changed())
    return [each for each in (await session.exec(statement)).all() if each is not None]


async def list_posts(
    session: AsyncSession, paper_ids: Sequence[int]
) -> Sequence[tuple[Post, Paper, Channel]]:
    """The posts of these papers that stand, with their channels, oldest first."""
    statement = (
        select(Post, Paper, Channel)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .where(
            col(Post.paper_id).in_(paper_ids),
            Post.state == PostState.POSTED,
            col(Post.message).is_not(None),
        )
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def list_savers(
    session: AsyncSession, paper_ids: Sequence[int]
) -> Sequence[tuple[Saved, Paper]]:
    """Who saved these papers, person by person."""
    statement = (
        select(Saved, Paper)
        .join(Paper, col(Paper.id) == col(Saved.paper_id))
        .where(col(Saved.paper_id).in_(paper_ids))
        .order_by(col(Saved.workspace_id), col(Saved.person), col(Saved.paper_id))
    )
    return (await session.exec(statement)).all()


async def find_place(session: AsyncSession, workspace_id: int, paper_ids: Sequence[int]) -> str:
    """The address of a channel of a workspace, if possible one that had such a paper."""
    posted = select(Post.channel_id).where(col(Post.paper_id).in_(paper_ids))
    statement = (
        select(Channel.address)
        .where(Channel.workspace_id == workspace_id)
        .order_by(col(Channel.id).in_(posted).desc(), col(Channel.id))
    )
    return (await session.exec(statement.limit(1))).first() or ""


def _changed() -> ColumnElement[bool]:
    return or_(col(Paper.retracted).is_(True), col(Paper.became).is_not(None))
