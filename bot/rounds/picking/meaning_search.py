"""Papers found by meaning: those nearest to one paper, or to what somebody typed."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bot.errors import CommandError
from bot.meaning.encoder import Floats, text_of, unpack
from bot.picks.relevance import centred, wanted_by
from bot.rounds.meaning import Meanings
from bot.rounds.picking.nearness import centred_rows
from storage import candidates, papers, vectors
from storage.database import Database
from storage.models import Paper, PaperKind
from storage.paper_versions import may_be_versions

LOOKED_THROUGH = 5_000
"""How many of the newest papers that a channel may read are compared, some 400 bytes each."""

LEAST = 0.35
"""Nearness (-1..1) from which a paper counts as near: of random pairs one in a hundred is."""

SAME = 0.9
"""Nearness from which two texts may be those of one paper."""

_HOW = ((0.8, "almost the same"), (0.6, "very near"), (0.45, "near"), (LEAST, "somewhat near"))

_ASKED = 500
_VERSIONS = 5


@dataclass(frozen=True, slots=True)
class NearPaper:
    """A paper and how near it is in meaning to what was asked, -1..1."""

    paper: Paper
    nearness: float

    @property
    def how(self) -> str:
        """The nearness in plain words."""
        return next((words for least, words in _HOW if self.nearness >= least), "far")


class MeaningSearch:
    """Compares what a channel may read, by the vectors that were stored when papers came in.

    Nothing is held between two questions, and what was asked is not kept. All methods raise
    CommandError with one plain sentence where meaning is off or does not work.
    """

    def __init__(self, database: Database, meanings: Meanings) -> None:
        self._database = database
        self._meanings = meanings

    async def near_paper(self, channel_id: int, paper: Paper, limit: int) -> list[NearPaper]:
        """The papers nearest to this one, nearest first, itself aside; `limit` at most."""
        ids, rows = await self._stored(channel_id)
        known = dict(zip(ids, rows, strict=True)).get(paper.id or 0)
        if known is None:
            asked = await self._encode([text_of(paper.title, paper.abstract)])
        else:
            asked = unpack([known])
        asked = centred(asked, self._meanings.centre)
        return await self._nearest(ids, rows, asked, without={paper.id or 0}, limit=limit)

    async def find_version(self, channel_id: int, paper: Paper) -> Paper | None:
        """A paper that the channel may read and that may be another version of this one.

        None, too, where meaning is off.
        """
        try:
            near = await self.near_paper(channel_id, paper, _VERSIONS)
        except CommandError:
            return None
        likely = [one.paper for one in near if one.nearness >= SAME]
        if not likely:
            return None
        async with self._database.read() as session:
            ids = [one.id or 0 for one in (paper, *likely)]
            names = {each: await papers.list_names(session, each) for each in ids}
        ours = names[paper.id or 0]
        return next(
            (one for one in likely if may_be_versions(paper, ours, one, names[one.id or 0])), None
        )

    async def near_text(
        self, channel_id: int, text: str, limit: int, *, without: Collection[int] = ()
    ) -> list[NearPaper]:
        """The papers nearest to plain words; none where `text` names authors or has operators."""
        wanted = wanted_by(text)
        if not wanted.open or not wanted.texts:
            return []
        ids, rows = await self._stored(channel_id)
        asked = await self._encode(wanted.texts)
        return await self._nearest(ids, rows, asked, without=without, limit=limit)

    async def _stored(self, channel_id: int) -> tuple[list[int], list[bytes]]:
        """The ids of papers that the channel may read and that have a vector, with it."""
        if not self._meanings.model:
            raise CommandError(_NOT_HERE if self._meanings.trouble else _OFF)
        async with self._database.read() as session:
            read = await candidates.recent_ids(session, channel_id, LOOKED_THROUGH)
            found: dict[int, bytes] = {}
            for start in range(0, len(read), _ASKED):
                some = read[start : start + _ASKED]
                found |= await vectors.list_papers(session, some, self._meanings.model)
        if read and not found:
            raise CommandError(_NOT_HERE if self._meanings.trouble else _NOT_YET)
        return list(found), list(found.values())

    async def _encode(self, texts: Sequence[str]) -> Floats:
        rows = await self._meanings.encode(texts)
        if rows is None:
            raise CommandError(_NOT_HERE)
        return rows

    async def _nearest(
        self,
        ids: Sequence[int],
        rows: Sequence[bytes],
        asked: Floats,
        *,
        without: Collection[int],
        limit: int,
    ) -> list[NearPaper]:
        near = await asyncio.to_thread(_nearness, rows, asked, self._meanings.centre)
        order = [place for place in np.argsort(-near, kind="stable") if near[place] >= LEAST]
        kept = [place for place in order if ids[place] not in without]
        # Notices and retracted papers are left out below, so a few more are read.
        some = kept[: 2 * limit]
        async with self._database.read() as session:
            found = await papers.get_many(session, [ids[place] for place in some])
        shown = {paper.id: paper for paper in found if _is_shown(paper)}
        return [
            NearPaper(shown[ids[place]], float(near[place]))
            for place in some
            if ids[place] in shown
        ][:limit]


def _nearness(rows: Sequence[bytes], asked: Floats, usual: Floats) -> Floats:
    """How near each stored vector is to the nearest of those asked for, -1..1."""
    if not rows:
        return np.zeros(0, dtype=np.float32)
    near: Floats = (centred_rows(unpack(rows), usual) @ asked.T).max(axis=1)
    return near


def _is_shown(paper: Paper) -> bool:
    return paper.kind is PaperKind.PAPER and not paper.retracted


_OFF = (
    "Papers are not compared by meaning here: whoever hosts this switched it off. "
    "To find papers by words, for example: search diffusion models"
)
_NOT_HERE = (
    "Papers cannot be compared by meaning at the moment; whoever hosts this reads why with "
    "paperround doctor. To find papers by words, for example: search diffusion models"
)
_NOT_YET = "The papers here are still being read for the first time. Ask again in a minute."
