"""Who may see a paper, and whose text it may have: no workspace reads another's sources."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    Channel,
    ChannelSource,
    Paper,
    PaperName,
    Post,
    Sighting,
    Source,
    Workspace,
)

_PRIVATE_KINDS = ("feed", "openreview")
"""Kinds of sources whose words may be a workspace's own; everybody can read the others'."""


async def find_visible(
    session: AsyncSession, channel_id: int, names: Sequence[str]
) -> Paper | None:
    """The paper known by any of these identities that a channel may see; the oldest of several.

    A channel sees what a source gives that is shared or that it added itself, and what was posted
    in it.
    """
    added = select(ChannelSource.source_id).where(ChannelSource.channel_id == channel_id)
    given = (
        select(Sighting.paper_id)
        .join(Source, col(Source.id) == col(Sighting.source_id))
        .where(or_(col(Source.shared).is_(True), col(Source.id).in_(added)))
        .where(Sighting.paper_id == Paper.id)
    )
    posted = select(Post.id).where(Post.channel_id == channel_id, Post.paper_id == Paper.id)
    statement = (
        select(Paper)
        .join(PaperName, col(PaperName.paper_id) == col(Paper.id))
        .where(col(PaperName.name).in_(names), or_(given.exists(), posted.exists()))
        .order_by(col(Paper.id))
    )
    return (await session.exec(statement)).first()


class Readers:
    """Which workspaces read which sources, as far as a batch of papers needs to know.

    `source` may rewrite or fill in a paper only where whoever sees the paper may read that source;
    words of a private source make room for those of one that others read too.
    """

    def __init__(
        self,
        source: Source,
        by_source: dict[int, frozenset[int]],
        private: frozenset[int],
        by_paper: dict[int, frozenset[int]],
    ) -> None:
        self._source = source
        self._by_source = by_source
        self._private = private
        self._by_paper = by_paper

    def may_change(self, paper: Paper) -> bool:
        """Whether everybody who sees the paper may read the source."""
        if self._source.id not in self._private or paper.id is None:
            return True
        ours = self._by_source.get(self._source.id or 0, frozenset())
        return self._by_paper.get(paper.id, frozenset()) <= ours

    def may_join(self, paper: Paper) -> bool:
        """Whether words that are anybody's own play no part in taking two entries for one paper."""
        return self._private.isdisjoint((self._source.id or 0, paper.text_source_id or 0))

    def must_replace(self, paper: Paper) -> bool:
        """Whether the paper's words are of a private source that readers of this one cannot see."""
        written_by = paper.text_source_id
        if written_by not in self._private or written_by == self._source.id:
            return False
        theirs = self._by_source.get(written_by or 0, frozenset())
        if self._source.id not in self._private:
            return True
        ours = self._by_source.get(self._source.id or 0, frozenset())
        return theirs < ours


async def readers_for(
    session: AsyncSession, source: Source, stored: Collection[Paper]
) -> Readers | None:
    """Who reads what, for the papers that a source is about to change; None where all may.

    So it is with one workspace, and with sources whose words everybody can read.
    """
    private = await _private_sources(session, source, stored)
    if not private:
        return None
    everybody = frozenset((await session.exec(select(Workspace.id))).all())
    if len(everybody) < 2:  # noqa: PLR2004 - one alone has no others
        return None
    paper_ids = [paper.id for paper in stored if paper.id is not None]
    statement = select(Sighting.paper_id, Sighting.source_id).where(
        col(Sighting.paper_id).in_(paper_ids)
    )
    sightings = (await session.exec(statement)).all()
    by_source = await _workspaces(
        session, {source.id or 0, *private, *(given_by for _, given_by in sightings)}, everybody
    )
    by_paper: defaultdict[int, frozenset[int]] = defaultdict(frozenset)
    for paper_id, given_by in sightings:
        by_paper[paper_id] |= by_source.get(given_by, frozenset())
    return Readers(source, by_source, private, by_paper)


async def _private_sources(
    session: AsyncSession, source: Source, stored: Collection[Paper]
) -> frozenset[int]:
    asked = {paper.text_source_id for paper in stored if paper.text_source_id is not None}
    statement = select(Source.id).where(
        col(Source.id).in_({*asked, source.id}),
        col(Source.shared).is_(False),
        col(Source.kind).in_(_PRIVATE_KINDS),
    )
    found = (await session.exec(statement)).all()
    return frozenset(each for each in found if each is not None)


async def _workspaces(
    session: AsyncSession, source_ids: Collection[int], everybody: frozenset[int | None]
) -> dict[int, frozenset[int]]:
    shared = select(Source.id).where(col(Source.id).in_(source_ids), col(Source.shared).is_(True))
    all_of_them = frozenset(each for each in everybody if each is not None)
    found = {each: all_of_them for each in (await session.exec(shared)).all() if each is not None}
    statement = (
        select(ChannelSource.source_id, Channel.workspace_id)
        .join(Channel, col(Channel.id) == col(ChannelSource.channel_id))
        .where(col(ChannelSource.source_id).in_(source_ids))
    )
    for source_id, workspace_id in (await session.exec(statement)).all():
        found[source_id] = found.get(source_id, frozenset()) | {workspace_id}
    return found
