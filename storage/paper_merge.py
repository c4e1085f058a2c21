"""What a source may change on a stored paper, and how two stored papers become one."""

import re

from rapidfuzz import fuzz
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import clubs
from storage.models import (
    LibraryPaper,
    Paper,
    PaperFacts,
    PaperName,
    Post,
    Saved,
    Sighting,
    Source,
    ZoteroItem,
)

PUBLISHER, AGGREGATOR, READER = 3, 2, 1
"""Whose text a paper has: its publisher's or arXiv's own, an aggregator's, a feed's or a file's."""

_AUTHORITIES = {
    "arxiv": PUBLISHER,
    "submitted": PUBLISHER,
    "biorxiv": PUBLISHER,
    "medrxiv": PUBLISHER,
    "chemrxiv": PUBLISHER,
    "journal": PUBLISHER,
    "acl": PUBLISHER,
    "openreview": PUBLISHER,
    "huggingface": AGGREGATOR,
    "pubmed": AGGREGATOR,
    "europepmc": AGGREGATOR,
    "cites": AGGREGATOR,
    "author": AGGREGATOR,
}
_COUNTERS = frozenset(("huggingface", "sample", "import"))
"""Kinds of sources whose readers vote and comment on papers."""

_COUNTS = ("upvotes", "comments", "featured_at", "thumbnail", "code_url", "source_summary")
_CUT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|read more|continue reading)\W*$", re.IGNORECASE)
_LEAST_KEPT = 40
MOST_RELATIONS = 100
"""Relations that are kept of a paper: lists of authors have a thousand."""
_ALIKE = 60


def authority(facts: PaperFacts, kind: str) -> int:
    """Whose text this is, 1-3, as the entry says or else the kind of its source."""
    return facts.authority or _AUTHORITIES.get(kind, READER)


def is_cut(text: str, whole: str = "") -> bool:
    """Whether a text ends in a mark of omission, or is the beginning of a longer one."""
    if _CUT.search(text):
        return True
    return len(text) >= _LEAST_KEPT and len(whole) > len(text) and whole.startswith(text)


def update_paper(paper: Paper, facts: PaperFacts, source: Source) -> bool:
    """Take up what a source says of a stored paper; returns whether anything changed.

    What is empty is filled. A title, an abstract or authors are replaced by the same source, by a
    source of higher authority and by a newer version, and an abstract that is cut by a longer one;
    never by a feed's words on another source's paper. Upvotes come from those who count them.
    """
    rank, stood = authority(facts, source.kind), authority(paper, paper.source)
    older = (facts.version or 0) < (paper.version or 0)
    newer = (facts.version or 0) > (paper.version or 0)
    own = _is_own(paper, source)
    replaces = not older and (own or rank > stood or (newer and rank >= stood))
    changed = False
    for name in type(facts).model_fields.keys() & PaperFacts.model_fields.keys():
        new, old = getattr(facts, name), getattr(paper, name)
        if name == "relations":
            new = list(dict.fromkeys((*old, *new)))[:MOST_RELATIONS]
        if name == "authority" or new in (None, "", []) or new == old:
            continue
        if _may_set(name, paper, facts, source, replaces=replaces, own=own):
            setattr(paper, name, new)
            changed = True
    if changed and replaces:
        paper.authority, paper.text_source_id = max(rank, stood), source.id
    return changed


def replace_facts(paper: Paper, facts: PaperFacts, source: Source) -> None:
    """Replace all text of a paper by one source's."""
    related = [*paper.relations, *facts.relations]
    for name in PaperFacts.model_fields:
        setattr(paper, name, getattr(facts, name))
    paper.relations = list(dict.fromkeys(related))[:MOST_RELATIONS]
    paper.authority, paper.text_source_id = authority(facts, source.kind), source.id


def _is_own(paper: Paper, source: Source) -> bool:
    if paper.text_source_id is None:
        return paper.source == source.kind
    return paper.text_source_id == source.id


def _may_set(
    name: str, paper: Paper, facts: PaperFacts, source: Source, *, replaces: bool, own: bool
) -> bool:
    if name == "relations":
        return True
    if name == "retracted":
        return facts.retracted
    if name != "kind" and getattr(paper, name) in (None, "", []):
        return True
    if name == "abstract":
        longer = replaces or is_cut(paper.abstract, facts.abstract)
        return longer and not is_cut(facts.abstract, paper.abstract)
    if name == "authors":
        return replaces and len(facts.authors) * 2 >= len(paper.authors)
    return (source.kind in _COUNTERS or own) if name in _COUNTS else replaces


def are_alike(title: str, other: str) -> bool:
    """Whether two titles may be those of one paper, edited or retitled a little."""
    return fuzz.token_set_ratio(title.casefold(), other.casefold()) >= _ALIKE


async def absorb(session: AsyncSession, kept: Paper, other: Paper) -> None:
    """Make one of two stored papers that turned out to be the same.

    Names, sightings, posts and saves of `other` go over to `kept` unless it has its own there. The
    row of `other` stays, and no source gives it any more.
    """
    for table, keys in ((Sighting, ("source_id",)), (Post, ("channel_id",))):
        await _repoint(session, table, keys, kept, other)
    await _repoint(session, Saved, ("workspace_id", "person"), kept, other)
    await _repoint(session, LibraryPaper, ("channel_id",), kept, other)
    await clubs.repoint(session, kept.id or 0, other.id or 0)
    await _repoint(session, ZoteroItem, ("library_id",), kept, other)
    await session.exec(
        update(PaperName)
        .where(col(PaperName.paper_id) == other.id)
        .values(paper_id=kept.id)
        .execution_options(synchronize_session="fetch")
    )
    for name in PaperFacts.model_fields:
        if getattr(kept, name) in (None, "", []) and getattr(other, name) not in (None, "", []):
            setattr(kept, name, getattr(other, name))
    if not is_cut(other.abstract, kept.abstract) and is_cut(kept.abstract, other.abstract):
        kept.abstract = other.abstract
    kept.retracted = kept.retracted or other.retracted
    if other.became:
        kept.became = {**other.became, **(kept.became or {})}
    kept.relations = list(dict.fromkeys((*kept.relations, *other.relations)))[:MOST_RELATIONS]
    session.add(kept)


async def _repoint(
    session: AsyncSession,
    table: type[Sighting] | type[Post] | type[Saved] | type[LibraryPaper] | type[ZoteroItem],
    keys: tuple[str, ...],
    kept: Paper,
    other: Paper,
) -> None:
    rows = (await session.exec(select(table).where(col(table.paper_id) == other.id))).all()
    known = (await session.exec(select(table).where(col(table.paper_id) == kept.id))).all()
    taken = {tuple(getattr(row, key) for key in keys) for row in known}
    for row in rows:
        if tuple(getattr(row, key) for key in keys) not in taken:
            row.paper_id = kept.id or 0
            session.add(row)
        elif isinstance(row, Sighting):
            await session.delete(row)
    await session.flush()
