"""Vectors of papers and watches: encoded once an install, stored, held while in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import blake2b
from typing import Any

import numpy as np
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.meaning.encoder import Encoder, Floats, MeaningError, pack, text_of, unpack
from bot.meaning.model import usual_centre
from storage import vectors
from storage.database import Database
from storage.models import Paper

BATCH = 16
"""Papers encoded before their vectors are stored: a third of a second's work."""

IDLE_SECONDS = 20.0
"""How long after its last text the model's memory is kept."""

HELD = 20_000
"""Vectors held in memory at most, some 500 bytes each."""

PATIENCE_SECONDS = 20.0
"""How long a round waits for papers that are being encoded: some 800 of them."""

_ASKED = 500

log = structlog.get_logger(__name__)


class Meanings:
    """Knows the vectors of papers and watches; without an encoder it knows none.

    What the encoder cannot do is logged once and told by `trouble`; nothing here raises for it.
    `patience` is how many seconds a round waits for papers that are being encoded.
    """

    def __init__(
        self,
        database: Database,
        encoder: Encoder | None = None,
        *,
        trouble: str = "",
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._encoder = encoder
        self._patience = patience
        self.trouble = trouble
        """Why there are no vectors, as a sentence; "" while all is well or switched off."""
        self.revision = 0
        """Goes up whenever a vector became known in this process."""
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self._encoding: asyncio.Task[None] | None = None
        self._again = False
        self._closing: asyncio.TimerHandle | None = None
        self._ended: set[asyncio.Task[Any]] = set()
        # Those who wait for the model take no thread from whoever answers a command.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="meaning")

    @property
    def model(self) -> str:
        """The name of the model whose vectors these are, "" for none."""
        return self._encoder.name if self._encoder else ""

    @property
    def centre(self) -> Floats:
        """What all papers' vectors have in common, as far as it is known beforehand."""
        return usual_centre(self.model)

    def find(self, model: str, title: str, abstract: str = "") -> Floats | None:
        """The unit vector of a text, if this model's is held; a watch is a title by itself."""
        row = self._held.get(_key(title, abstract)) if model and model == self.model else None
        return unpack([row])[0] if row is not None else None

    def rows(self, papers: Sequence[Paper]) -> Floats:
        """Unit vectors of papers (papers x dimensions float32); zeros where none is held."""
        found = [self._held.get(_key(paper.title, paper.abstract)) for paper in papers]
        known = [row for row in found if row is not None]
        if not known:
            return np.zeros((len(papers), 0), dtype=np.float32)
        blank = bytes(len(known[0]))
        return unpack([blank if row is None else row for row in found])

    def wake(self, since: datetime) -> None:
        """Encode in the background what was first seen since then and has no vector yet."""
        if self._encoder is None:
            return
        if self.encoding:
            self._again = True
            return
        self._encoding = asyncio.create_task(self._encode_all(since))

    async def complete(self, since: datetime) -> None:
        """Encode now, and wait for it, what was first seen since then or is read by a taste."""
        if self._encoder is not None:
            await self._encode_all(since)

    @property
    def encoding(self) -> bool:
        """Whether papers are being encoded now."""
        return self._encoding is not None and not self._encoding.done()

    async def ready(self) -> None:
        """Wait for papers that are being encoded, for as long as a round may."""
        if self._encoding is not None and self.encoding:
            await asyncio.wait([self._encoding], timeout=self._patience)

    async def load(self, papers: Iterable[Paper], session: AsyncSession | None = None) -> bool:
        """Take up these papers' stored vectors; whether all of them are there now.

        `session` is one that the caller holds: while it holds one it must not wait for another.
        """
        if self._encoder is None:
            return True
        if session is None:
            async with self._database.read() as opened:
                return await self.load(papers, opened)
        left = {
            paper.id: _key(paper.title, paper.abstract)
            for paper in papers
            if paper.id is not None and _key(paper.title, paper.abstract) not in self._held
        }
        ids = list(left)
        for start in range(0, len(ids), _ASKED):
            asked = ids[start : start + _ASKED]
            found = await vectors.list_papers(session, asked, self.model)
            self._hold({left[key]: row for key, row in found.items()})
            left = {key: name for key, name in left.items() if key not in found}
        return not left

    async def load_watches(self, texts: Sequence[str]) -> None:
        """Take up the vectors of watches' plain texts; those that nobody encoded yet are now.

        Where rounds have no patience, those are encoded in the background.
        """
        unknown = [text for text in dict.fromkeys(texts) if _key(text) not in self._held]
        if self._encoder is None or not unknown:
            return
        async with self._database.read() as session:
            found = await vectors.list_watches(session, unknown, self.model)
        self._hold({_key(text): row for text, row in found.items()})
        left = [text for text in unknown if text not in found]
        if self._patience:
            await self._encode_watches(left)
        elif left:
            _start(self._ended, lambda: self._encode_watches(left))

    async def _encode_watches(self, texts: Sequence[str]) -> None:
        made = await self._encode(texts)
        if made is None or not texts:
            return
        rows = dict(zip(texts, made, strict=True))
        async with self._database.write() as session:
            await vectors.keep_watches(session, rows, self.model)
        self._hold({_key(text): row for text, row in rows.items()})

    async def encode(self, texts: Sequence[str]) -> Floats | None:
        """The unit vectors of texts (texts x d), which are not kept; None where it cannot be done.

        `trouble` says why not.
        """
        rows = await self._encode(texts)
        return unpack(rows) if rows else None

    async def try_out(self) -> bool:
        """Whether the model encodes a text now; `trouble` says why not."""
        return bool(self._encoder) and bool(await self._encode(["a paper on sentence models"]))

    async def close(self) -> None:
        """Stop encoding and end the model's process."""
        if self._encoding is not None:
            self._encoding.cancel()
            await asyncio.gather(self._encoding, return_exceptions=True)
        for task in list(self._ended):
            task.cancel()
        await asyncio.gather(*self._ended, return_exceptions=True)
        if self._closing is not None:
            self._closing.cancel()
        if self._encoder is not None:
            await asyncio.to_thread(self._encoder.close)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _encode_all(self, since: datetime) -> None:
        try:
            while await self._encode_some(since) or self._again:
                self._again = False
        except SQLAlchemyError:
            # The next poll wakes this again.
            log.exception("meaning.not_stored")

    async def _encode_some(self, since: datetime) -> bool:
        """Encode and store a batch; False where nothing is left, or it cannot be done."""
        async with self._database.read() as session:
            papers = await vectors.list_missing(session, since, self.model, BATCH)
        rows = await self._encode([text_of(paper.title, paper.abstract) for paper in papers])
        if not papers or rows is None:
            return False
        made = {paper.id or 0: row for paper, row in zip(papers, rows, strict=True)}
        async with self._database.write() as session:
            await vectors.keep_papers(session, made, self.model)
        self._hold({_key(p.title, p.abstract): made[p.id or 0] for p in papers})
        log.debug("meaning.encoded", papers=len(papers))
        return True

    async def _encode(self, texts: Sequence[str]) -> list[bytes] | None:
        """Packed vectors, made in a thread; None where the model does not work."""
        if self._encoder is None or not texts:
            return []
        try:
            loop = asyncio.get_running_loop()
            rows = await loop.run_in_executor(self._thread, self._encoder.encode, texts)
        except MeaningError as error:
            if str(error) != self.trouble:
                log.warning("meaning.failed", reason=str(error))
            self.trouble = str(error)
            return None
        self.trouble = ""
        self._close_later()
        return [pack(row) for row in rows]

    def _close_later(self) -> None:
        loop = asyncio.get_running_loop()
        if self._closing is not None:
            self._closing.cancel()
        self._closing = loop.call_later(IDLE_SECONDS, _start, self._ended, self._let_go)

    async def _let_go(self) -> None:
        assert self._encoder is not None
        await asyncio.to_thread(self._encoder.close)

    def _hold(self, found: dict[int, bytes]) -> None:
        """Hold vectors; of too many, those go that have been held the longest."""
        self.revision += bool(found)
        self._held.update(found)
        while len(self._held) > HELD:
            self._held.popitem(last=False)


def _start(tasks: set[asyncio.Task[Any]], work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    task = asyncio.get_running_loop().create_task(work())
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _key(title: str, abstract: str = "") -> int:
    digest = blake2b(f"{title}\n{abstract}".encode(errors="replace"), digest_size=8)
    return int.from_bytes(digest.digest())
