"""How near the papers of the window are in meaning to what a channel watches."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.meaning.encoder import Floats
from bot.picks.features import shares_a_word
from bot.picks.relevance import centred, nearness, needed, similarities, wanted_by
from bot.rounds.meaning import Meanings
from bot.rounds.picking.match_cache import MatchCache
from storage.models import Paper

_RESTED_SECONDS = 5.0
"""How old the vectors may be that a command is answered from while others are being encoded."""

_NEW = 200
"""Papers after which their own mean counts for as much as the model's usual one."""


@dataclass(frozen=True, slots=True)
class Near:
    """A paper's nearness (-1..1) to a channel's watches, and the nearest of them.

    `open` says that the watch takes papers by meaning alone, and this one is near enough and says
    a word of it.
    """

    nearness: float
    watch: str
    open: bool


class NearnessCache:
    """Holds the vectors of the window's papers as one array, and measures channels' watches."""

    def __init__(self, matches: MatchCache, meanings: Meanings) -> None:
        self._matches = matches
        self._meanings = meanings
        self._stamp: tuple[int, ...] = ()
        self._papers: list[Paper] = []
        self._places: dict[int, int] = {}
        self._rows: Floats = np.zeros((0, 0), dtype=np.float32)
        self._lock = asyncio.Lock()
        self._taken_up = float("-inf")

    async def refresh(self, watches: Sequence[str], *, patient: bool) -> None:
        """Take up vectors that became known, and those of a channel's watches.

        Where `patient`, it waits a while for papers that are being encoded; else what was taken up
        last will do for some seconds meanwhile. Holds no session: what must be encoded now takes
        time.
        """
        if patient:
            await self._meanings.ready()
        texts = [text for watch in watches for text in wanted_by(watch).texts]
        await self._meanings.load_watches(texts)
        async with self._lock:
            papers = self._matches.window_papers
            if self._stamp != self._now(papers) and (patient or self._is_time()):
                await self._meanings.load(papers)
                self._rows = await asyncio.to_thread(self._centred, papers)
                self._papers = list(papers)
                self._places = {paper.id or 0: place for place, paper in enumerate(papers)}
                self._stamp = self._now(papers)
                self._taken_up = time.monotonic()

    def _is_time(self) -> bool:
        """Whether an impatient caller has new vectors taken up too: not after each small batch."""
        rested = time.monotonic() - self._taken_up >= _RESTED_SECONDS
        return rested or not self._meanings.encoding

    def measure(self, watches: Sequence[str], matched: Collection[int]) -> Mapping[int, Near]:
        """Papers with a vector that are matched or may come by meaning alone, by id.

        Nothing where no watch has a vector.
        """
        model = self._meanings.model
        wanted = {watch: wanted_by(watch) for watch in watches}
        known: dict[str, Floats] = {}
        for watch, one in wanted.items():
            found = [self._meanings.find(model, text) for text in one.texts]
            rows = [row for row in found if row is not None]
            if rows:
                known[watch] = np.array(rows)
        if not known or not self._rows.shape[1]:
            return {}
        names = list(known)
        near = similarities(self._rows, [known[name] for name in names])
        opened = np.array([wanted[name].open for name in names])
        how, best = nearness(near), near.argmax(axis=1)
        alone: set[int] = set(np.flatnonzero((how >= needed(0.0)) & opened[best]).tolist())
        shown = alone | {self._places[each] for each in matched if each in self._places}
        return {
            self._papers[place].id or 0: Near(
                float(how[place]),
                names[best[place]],
                place in alone and _says(names[best[place]], self._papers[place]),
            )
            for place in sorted(shown)
            if self._rows[place].any()
        }

    def _now(self, papers: Sequence[Paper]) -> tuple[int, ...]:
        newest = papers[-1].id or 0 if papers else 0
        return (len(papers), newest, self._meanings.revision, id(papers[0]) if papers else 0)

    def _centred(self, papers: Sequence[Paper]) -> Floats:
        return centred_rows(self._meanings.rows(papers), self._meanings.centre)


def centred_rows(rows: Floats, usual: Floats) -> Floats:
    """Papers' vectors (papers x d) less what they and `usual` papers have in common, of length 1.

    A row of zeros, of a paper without a vector, stays so.
    """
    known = rows[rows.any(axis=1)] if rows.shape[1] else rows
    if not len(known):
        return rows
    if len(usual) != rows.shape[1]:
        usual = np.zeros(rows.shape[1], dtype=np.float32)
    centre = (known.sum(axis=0) + _NEW * usual) / (len(known) + _NEW)
    return centred(rows, centre.astype(np.float32))


def _says(watch: str, paper: Paper) -> bool:
    texts = wanted_by(watch).texts
    return any(shares_a_word(text, f"{paper.title} {paper.abstract}") for text in texts)
