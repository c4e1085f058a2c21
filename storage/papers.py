"""Papers: one for one identity, whatever source names it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import fates, vectors
from storage.database import advisory_lock
from storage.models import Fate, Install, Paper, PaperFacts, PaperName, Sighting, Source
from storage.paper_merge import absorb, are_alike, authority, replace_facts, update_paper
from storage.paper_names import contradict
from storage.paper_versions import are_versions, title_key
from storage.visibility import Readers, readers_for


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
    """Store what a source says of one paper, under every identity it has."""
    return (await record_all(session, [(facts, names, backlog)], source, now=now))[0]


async def record_all(
    session: AsyncSession,
    entries: Sequence[tuple[PaperFacts, Sequence[str], bool]],
    source: Source,
    *,
    now: datetime,
) -> list[tuple[Paper, Recorded]]:
    """Store what a source says of papers: facts, identities, and whether each is backlog.

    Names that lead to several stored papers, or to an earlier one of the same batch, make one of
    them: the oldest. A name that others of the paper contradict leads nowhere, see
    `storage.paper_names.contradict`. What no name leads to is taken for the other version of a
    paper where that is sure, see `storage.paper_versions`.
    """
    # One after another, so that ids are committed in their order: who has read one has read all
    # before it.
    await advisory_lock(session, "papers")
    book = await _read_book(
        session,
        [name for _, names, _ in entries for name in names],
        [key for facts, _, _ in entries if (key := title_key(facts.title))],
    )
    readers = await readers_for(session, source, book.stored())
    texts = {paper.id: (paper.title, paper.abstract) for paper in book.known.values()}
    outcomes = []
    for facts, names, _ in entries:
        found = book.found(facts, names) or book.version_of(facts, names, readers)
        paper, outcome = _take(session, facts, names, source, now=now, found=found, readers=readers)
        book.note(names, paper, found)
        outcomes.append((paper, outcome))
    await session.flush()
    reworded = [
        paper.id
        for paper in book.known.values()
        if paper.id is not None
        and paper.id in texts
        and texts[paper.id] != (paper.title, paper.abstract)
    ]
    if reworded:
        await vectors.drop_papers(session, reworded)
    await book.keep(session)
    outcomes = [(book.kept(paper), outcome) for paper, outcome in outcomes]
    await _sight(session, source, [one[0] for one in outcomes], [one[2] for one in entries], now)
    return outcomes


@dataclass(slots=True)
class _NameBook:
    """Which names lead to which papers: stored ones, and those of a batch in the making."""

    rows: dict[str, PaperName]
    known: dict[str, Paper]
    names: dict[int, set[str]] = field(default_factory=dict)
    titled: dict[str, list[Paper]] = field(default_factory=dict)
    merged: list[tuple[Paper, Paper]] = field(default_factory=list)

    def stored(self) -> list[Paper]:
        """The papers that were there before the batch, each once."""
        return list({id(paper): paper for paper in self.known.values()}.values())

    def found(self, facts: PaperFacts, names: Sequence[str]) -> list[Paper]:
        """The papers that an entry is, by the names that nothing stronger contradicts."""
        found: list[Paper] = []
        for name in names:
            paper = self.known.get(name)
            if paper is None or any(paper is one for one in found):
                continue
            if self._agree(facts, names, paper, name):
                found.append(paper)
        return found

    def version_of(
        self, facts: PaperFacts, names: Sequence[str], readers: Readers | None
    ) -> list[Paper]:
        """The paper of which an entry that no name leads to is surely another version, if any."""
        if any(name in self.known for name in names):
            return []
        same = self.titled.get(title_key(facts.title) or "", ())
        found = [
            paper
            for paper in same
            if are_versions(facts, names, paper, self.names.get(id(paper), set()))
            and (readers is None or readers.may_join(paper))
        ]
        # Where two would do, none surely is it.
        return found if len(found) == 1 else []

    def _agree(self, facts: PaperFacts, names: Sequence[str], paper: Paper, shared: str) -> bool:
        others = self.names.get(id(paper), set())
        if contradict(names, others, shared):
            return False
        # A feed that gives every entry the same id tells its papers apart by their addresses.
        urls = {name for name in names if name.startswith("url:")}
        elsewhere = urls and any(name.startswith("url:") for name in others - urls)
        return not (
            shared.startswith("id:")
            and elsewhere
            and urls.isdisjoint(others)
            and not are_alike(facts.title, paper.title)
        )

    def note(self, names: Sequence[str], paper: Paper, found: Sequence[Paper]) -> None:
        """Let the names lead to the paper, and all that led to others of `found`."""
        for other in found:
            if other is not paper:
                self.merged.append((paper, other))
        names_of = self.names.setdefault(id(paper), set())
        for other in found:
            names_of |= self.names.get(id(other), set())
        if not found and paper.title_key:
            self.titled.setdefault(paper.title_key, []).append(paper)
        ours = {id(None), id(paper), *map(id, found)}
        names_of |= {name for name in names if id(self.known.get(name)) in ours}
        self.known.update(dict.fromkeys(names_of, paper))

    def kept(self, paper: Paper) -> Paper:
        """The paper that this one became, itself if it was not merged into another."""
        for kept, other in self.merged:
            if paper is other:
                paper = kept
        return paper

    async def keep(self, session: AsyncSession) -> None:
        """Store all names; every paper has its id by now."""
        for kept, other in self.merged:
            await absorb(session, kept, other)
        for name, paper in self.known.items():
            row = self.rows.get(name)
            if row is None:
                session.add(PaperName(name=name, paper_id=paper.id or 0))
            elif row.paper_id != paper.id:
                row.paper_id = paper.id or 0
                session.add(row)


async def _read_book(
    session: AsyncSession, names: Sequence[str], title_keys: Sequence[str]
) -> _NameBook:
    ids = {row.paper_id for row in (await _name_rows(session, names)).values()}
    alike = select(Paper).where(col(Paper.title_key).in_(title_keys)).order_by(col(Paper.id))
    stored = {paper.id: paper for paper in (await session.exec(alike)).all()}
    titled = list(stored.values())
    stored |= {paper.id: paper for paper in await get_many(session, list(ids - set(stored)))}
    statement = select(PaperName).where(col(PaperName.paper_id).in_(stored))
    rows = {row.name: row for row in (await session.exec(statement)).all()}
    book = _NameBook(rows, {name: stored[row.paper_id] for name, row in rows.items()})
    for name, paper in book.known.items():
        book.names.setdefault(id(paper), set()).add(name)
    for paper in titled:
        if paper.title_key and id(paper) in book.names:
            book.titled.setdefault(paper.title_key, []).append(paper)
    return book


async def mark_retracted(
    session: AsyncSession, source: Source, names: Sequence[str], title: str, *, now: datetime
) -> Paper | None:
    """Mark the paper that a notice of a source is about; None where it is marked or not here.

    It is found by its identities, else by its whole title. A private source says nothing of a paper
    that others see.
    """
    paper = await find_by_names(session, names) if names else None
    if paper is None and title:
        same = select(Paper).where(func.lower(Paper.title) == title.lower())
        paper = (await session.exec(same.order_by(col(Paper.id)))).first()
    if paper is None or paper.retracted:
        return None
    readers = await readers_for(session, source, [paper])
    if readers is not None and not readers.may_change(paper):
        return None
    fates.note(paper, Fate.RETRACTED, "", now, known=False)
    session.add(paper)
    return paper


async def find_by_names(session: AsyncSession, names: Sequence[str]) -> Paper | None:
    """The paper known by any of these identities; the oldest if there are several."""
    statement = (
        select(Paper)
        .join(PaperName, col(PaperName.paper_id) == col(Paper.id))
        .where(col(PaperName.name).in_(names))
        .order_by(col(Paper.id))
    )
    return (await session.exec(statement)).first()


async def list_names(session: AsyncSession, paper_id: int) -> frozenset[str]:
    """Every identity of a paper."""
    statement = select(PaperName.name).where(PaperName.paper_id == paper_id)
    return frozenset((await session.exec(statement)).all())


async def get_many(session: AsyncSession, paper_ids: Sequence[int]) -> Sequence[Paper]:
    """These papers, by id."""
    statement = select(Paper).where(col(Paper.id).in_(paper_ids)).order_by(col(Paper.id))
    return (await session.exec(statement)).all()


async def changed_since(
    session: AsyncSession, since: datetime, *, after_id: int, updated_from: datetime
) -> dict[int, datetime]:
    """Papers first seen at or after `since` that are newer than `after_id` or updated, by id.

    Each with when it was last updated: cheap to ask before every round, as few have changed.
    `after_id` finds what is new even where the clock was set back.
    """
    facts = select(Paper.id, Paper.updated_at, Paper.first_seen_at)
    asked = [facts.where(col(Paper.updated_at) >= max(since, updated_from))]
    if after_id:
        asked.append(facts.where(col(Paper.id) > after_id))
    found = [row for statement in asked for row in (await session.exec(statement)).all()]
    return {id_: updated for id_, updated, seen in found if id_ is not None and seen >= since}


class Stamp(NamedTuple):
    """What changes whenever a watch or a paper of the window did."""

    watch_revision: int | None
    newest_paper: int | None
    updated: datetime | None
    updated_since: int


async def stamp(session: AsyncSession, since: datetime, *, updated_from: datetime) -> Stamp:
    """A value that changes whenever a watch or a paper did: cheap to ask before every round.

    `updated_from` is from when on papers are counted, a little before the newest known change.
    """
    border = max(since, updated_from)
    counted = select(func.count()).where(col(Paper.updated_at) >= border)
    row = await session.exec(
        select(
            select(Install.watch_revision).where(Install.id == 1).scalar_subquery(),
            select(func.max(Paper.id)).scalar_subquery(),
            select(func.max(Paper.updated_at)).scalar_subquery(),
            counted.scalar_subquery(),
        )
    )
    return Stamp(*row.one())


async def newest_id(session: AsyncSession, *, by: datetime | None = None) -> int:
    """The id of the newest paper, or of what was the newest `by` then; 0 where there is none."""
    statement = select(func.max(Paper.id))
    if by is not None:
        statement = statement.where(col(Paper.first_seen_at) <= by)
    return (await session.exec(statement)).one() or 0


def _take(
    session: AsyncSession,
    facts: PaperFacts,
    names: Sequence[str],
    source: Source,
    *,
    now: datetime,
    found: Sequence[Paper],
    readers: Readers | None,
) -> tuple[Paper, Recorded]:
    if found:
        # A paper new in this batch has no id yet: it is younger than any that has.
        paper = min(found, key=lambda one: (one.id is None, one.id or 0))
        session.add(paper)
        if readers is not None and readers.must_replace(paper):
            replace_facts(paper, facts, source)
        elif (readers is not None and not readers.may_change(paper)) or not update_paper(
            paper, facts, source
        ):
            return paper, Recorded.SAME
        paper.updated_at, paper.title_key = now, title_key(paper.title)
        return paper, Recorded.UPDATED
    said = {name: getattr(facts, name) for name in PaperFacts.model_fields}
    said["authority"] = authority(facts, source.kind)
    paper = Paper(
        **said,
        key=names[0],
        source=source.kind,
        first_seen_at=now,
        updated_at=now,
        text_source_id=source.id,
        title_key=title_key(facts.title),
    )
    session.add(paper)
    return paper, Recorded.TAKEN


async def _name_rows(session: AsyncSession, names: Sequence[str]) -> dict[str, PaperName]:
    statement = select(PaperName).where(col(PaperName.name).in_(names))
    return {row.name: row for row in (await session.exec(statement)).all()}


async def _sight(
    session: AsyncSession,
    source: Source,
    seen: Sequence[Paper],
    backlog: Sequence[bool],
    now: datetime,
) -> None:
    assert source.id is not None
    statement = select(Sighting.paper_id).where(
        Sighting.source_id == source.id, col(Sighting.paper_id).in_([paper.id for paper in seen])
    )
    known = set((await session.exec(statement)).all())
    for paper, past in zip(seen, backlog, strict=True):
        if paper.id is not None and paper.id not in known:
            known.add(paper.id)
            session.add(Sighting(source_id=source.id, paper_id=paper.id, seen_at=now, backlog=past))
    await session.flush()
