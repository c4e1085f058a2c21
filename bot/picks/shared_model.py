"""What all channels of an install share, so that a new one is not a blank page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.matching.types import PaperText
from bot.picks.codec import TasteFormatError, pack, unpack
from bot.picks.embeddings import DIMENSIONS, Likeness, Packed, Row, learn_metric, likeness
from bot.picks.features import SIZE, Features, Interest, features, interest, texts
from bot.picks.vectors import PaperVector, Remembered

Dense = NDArray[np.float32]


class Shares(NamedTuple):
    """What part of a reading is likeness, and what part a sentence model's vector, 0..1.

    The rest is words, authors and categories.
    """

    likeness: float
    meaning: float = 0.0


TITLE = Shares(0.3)
"""A title alone, where there is no sentence model."""

ABSTRACT = Shares(0.15)
"""A paper with an abstract, whose own words say more."""

TITLE_MEANT = Shares(0.0, 0.55)
"""A title alone, where a sentence model reads it (T1, tests/quality)."""

ABSTRACT_MEANT = Shares(0.2, 0.02)
"""A paper with an abstract, where a sentence model reads it and likeness is known.

Chosen on the first half of T2's days: a curator's choice is told by words and authors, and more of
meaning only loses there. Personas who vote by topic (tests/quality/felt.py) lose nothing by it.
"""

ABSTRACT_NEW = Shares(0.0, 0.2)
"""A paper with an abstract before an install has papers enough to learn likeness from."""

_CENTRED_FROM = 100
_PAIR = 0.7
_ABSTRACT = 0.5
_GRAM = 0.35


REMEMBERED = 12_000
"""Papers whose vectors are kept at most, some 10 kB each: the week of a large install.

As many are kept as pools see them, with what watches want, at some 3 kB each.
"""

_Key = tuple[object, ...]


@dataclass(frozen=True)
class Meaning:
    """A sentence model's vectors: `find(model, title, abstract)` is one of length 1, or None.

    A watch's text is a title without an abstract. `centre` (dimensions) is what all papers have in
    common; without dimensions it is yet to be learned, and nothing is read of this model.
    """

    model: str
    centre: Dense
    find: Callable[[str, str, str], Dense | None]

    def place(self, title: str, abstract: str) -> Dense:
        """A text's vector less the centre, at length 1; zeros where none is known."""
        found = self.find(self.model, title, abstract)
        if found is None or len(found) != len(self.centre):
            return np.zeros_like(self.centre)
        moved: Dense = found - self.centre
        length = float(np.linalg.norm(moved)) or 1.0
        return (moved / length).astype(np.float32)

    def centred_on(self, papers: Sequence[PaperText]) -> "Meaning":
        """The same model with the mean of these papers' vectors as its centre, if they are many."""
        rows = [self.find(self.model, one.title, one.abstract) for one in papers]
        known = [row for row in rows if row is not None]
        if len(known) < _CENTRED_FROM:
            return self
        return replace(self, centre=_short(np.mean(known, axis=0, dtype=np.float32)))

    def knows(self, title: str, abstract: str) -> bool:
        """Whether this text's vector is there."""
        return self.find(self.model, title, abstract) is not None


class SharedModel:
    """How telling each feature is and which words are alike; it holds no vote and no person.

    `telling` is a weight for each place, `metric` how a pool of channels stretches likeness
    (`bot.picks.embeddings`; None for not at all). It is never changed: a new one is made from
    more papers. Tastes learn in its terms, so rebuild them from their votes after a change; a
    taste loaded on another one is carried over as well as its words allow.
    """

    def __init__(
        self,
        telling: Dense,
        alike: Likeness,
        *,
        metric: Dense | None = None,
        meaning: Meaning | None = None,
        remember: int = REMEMBERED,
    ) -> None:
        self.meaning = meaning
        self.telling = telling
        self.alike = alike
        self.metric = metric
        self._remember = remember
        self._readings, self._turnings = Remembered(remember), Remembered(remember)

    @property
    def dimensions(self) -> int:
        """The length of the dense part of readings; 0 where no likeness is known."""
        return len(self.alike.centre) + self._meant

    @property
    def settled(self) -> bool:
        """Whether it was learned from papers in all that it may read; if not, learn it anew."""
        return bool(len(self.alike.centre)) and (self.meaning is None or self._meant > 0)

    @property
    def _meant(self) -> int:
        """How many of these are a sentence model's; they are the last."""
        return len(self.meaning.centre) if self.meaning else 0

    @property
    def _turnable(self) -> int:
        """How many of the dimensions, the last, a pool's metric stretches: those of `place`."""
        return self._meant or self.dimensions

    @property
    def remembered(self) -> int:
        """How many readings are held, for all pools on these texts."""
        return len(self._readings) + len(self._turnings)

    @cached_property
    def version(self) -> int:
        """A checksum that tells shared models apart."""
        parts = (self.telling, self.alike.telling, self.alike.directions, self.alike.centre)
        texts = crc32(b"".join(part.tobytes() for part in parts))
        if self.meaning is not None:
            texts = crc32(self.meaning.model.encode() + self.meaning.centre.tobytes(), texts)
        return texts if self.metric is None else crc32(self.metric.tobytes(), texts)

    def place(self, paper: PaperText) -> Dense:
        """Where a paper's text lies, before any metric: a vector of length 1, or 0.

        Where there is a sentence model that tells it, or else likeness.
        """
        if self.meaning is not None and self._meant:
            return self.meaning.place(paper.title, paper.abstract)
        return self.alike.place(_row(features(paper)))

    def pooled(self, liked: Sequence[Dense]) -> "SharedModel":
        """The same model as a pool of channels sees it, from the places of what each liked."""
        spread = self.alike.spread
        if self._meant:
            # Less their centre, a sentence model's vectors lie about evenly in all directions.
            spread = np.diag(np.full(self._meant, 1.0 / self._meant, np.float32))
        return self._stretched(learn_metric(spread, liked))

    def dumps_pool(self) -> bytes:
        """The pool's part alone, to store beside the model of its texts."""
        metric = np.eye(self._turnable) if self.metric is None else self.metric
        texts = self._stretched(None).version
        return pack({"texts": texts}, [metric.astype(np.float16).ravel()])

    def loads_pool(self, blob: bytes) -> "SharedModel":
        """The same model as a stored pool sees it; TasteFormatError if it is of other texts."""
        facts, arrays = unpack(blob)
        if facts.get("texts") != self.version or len(arrays[0]) != self._turnable**2:
            raise TasteFormatError("this pool was learned on other texts; learn it anew")
        metric = arrays[0].astype(np.float32).reshape(self._turnable, self._turnable)
        return self._stretched(metric)

    def _stretched(self, metric: Dense | None) -> "SharedModel":
        """The same texts under a metric; papers are read once for all of them."""
        shared = SharedModel(
            self.telling, self.alike, metric=metric, meaning=self.meaning, remember=self._remember
        )
        shared._readings, shared._turnings = self._readings, self._turnings
        return shared

    def carried(self, sums: Dense) -> Dense:
        """The dense part that about belongs to a sparse one (SIZE) learned on another model.

        Words do not tell where a sentence model's vectors lie: there it is zeros.
        """
        shares = ABSTRACT_MEANT if self._meant else TITLE
        held = np.flatnonzero(sums)
        row = {int(place): float(sums[place] / self.telling[place]) for place in held}
        ratio = (shares.likeness / (1.0 - sum(shares))) ** 0.5
        length = np.float32(ratio * float(np.linalg.norm(sums)))
        beside = np.zeros(self._meant, dtype=np.float32)
        return self._seen(_short(np.concatenate([self.alike.place(row) * length, beside])))

    def dumps(self) -> bytes:
        """The model of the texts to store: 64 KB for each dimension, and little more."""
        file = BytesIO()
        np.savez(
            file,
            telling=self.telling,
            weights=self.alike.telling,
            directions=self.alike.directions,
            centre=self.alike.centre,
            spread=self.alike.spread,
            usual=self.meaning.centre if self.meaning else np.zeros(0, np.float32),
            model=np.array(self.meaning.model if self.meaning else ""),
        )
        return file.getvalue()

    @classmethod
    def loads(cls, blob: bytes, meaning: Meaning | None = None) -> "SharedModel":
        """The model that `dumps` stored; raises ValueError, KeyError or BadZipFile if it is not.

        With `meaning`, that stands beside likeness.
        """
        with np.load(BytesIO(blob), allow_pickle=False) as held:
            if meaning is not None:
                usual = held.get("usual", meaning.centre)
                if len(usual) and str(held.get("model", "")) == meaning.model:
                    meaning = replace(meaning, centre=usual)
            alike = Likeness(held["weights"], held["directions"], held["centre"], held["spread"])
            return cls(held["telling"], alike, meaning=meaning)

    @classmethod
    def blank(cls, meaning: Meaning | None = None) -> "SharedModel":
        """The model of an install that has seen nothing: all words tell as much, none are alike."""
        return cls(np.ones(SIZE, dtype=np.float32), Likeness.none(), meaning=meaning)

    @classmethod
    def of_papers(
        cls,
        papers: Sequence[PaperText],
        *,
        dimensions: int = DIMENSIONS,
        meaning: Meaning | None = None,
        remember: int = REMEMBERED,
    ) -> "SharedModel":
        """Learn from the papers seen.

        Telling is the smoothed inverse document frequency, likeness latent semantic analysis; with
        `meaning` its centre becomes that of these papers.
        """
        counts, rows = np.zeros(SIZE), []
        for paper in papers:
            read = features(paper)
            counts[list({place for block in read.blocks for place in block.counts})] += 1.0
            # Packed at once, for thousands of papers as they are read take hundreds of MB.
            rows.append(Packed.of(_row(read)))
        if not rows:
            return cls.blank(meaning)
        telling = np.log((1.0 + len(rows)) / (1.0 + counts)) + 1.0
        alike = likeness(rows, dimensions)
        if meaning is not None:
            meaning = meaning.centred_on(papers)
        return cls(telling.astype(np.float32), alike, meaning=meaning, remember=remember)

    def read(self, paper: PaperText) -> PaperVector:
        """A paper's vector; the latest are remembered, since many channels weigh one paper."""
        known = self.knows(paper)
        key = (known, paper.title, paper.abstract, *paper.authors, "", *paper.categories)
        if self.metric is None:
            return self._text(key, paper)
        seen = (self.version, key)
        return self._turnings.of(seen, lambda: self._turned(self._text(key, paper)))

    def knows(self, paper: PaperText) -> bool:
        """Whether a paper's vector is there, where a sentence model gives it."""
        return self.meaning is None or self.meaning.knows(paper.title, paper.abstract)

    def interest(self, wanted: Interest) -> PaperVector:
        """The vector of what a watch wants, read as a title; remembered like papers."""
        key = self.version, self._wanted(wanted).any(), wanted
        return self._turnings.of(key, lambda: self._turned(self._interest(wanted)))

    def _interest(self, wanted: Interest) -> PaperVector:
        read = interest(wanted)
        shares = TITLE_MEANT if self._meant else TITLE
        return self._reading(read, shares, 0, self._wanted(wanted))

    def _wanted(self, wanted: Interest) -> Dense:
        """Where a sentence model puts a watch's phrases together; zeros where none is known."""
        if self.meaning is None or not self._meant or not wanted.phrases:
            return np.zeros(self._meant, dtype=np.float32)
        rows = [self.meaning.place(phrase, "") for phrase in wanted.phrases]
        together: Dense = np.array(rows, dtype=np.float32).sum(axis=0)
        return together / np.float32(float(np.linalg.norm(together)) or 1.0)

    def forget(self) -> None:
        """Let go of readings not asked for since the last call, for all pools on these texts."""
        self._readings.forget()
        self._turnings.forget()

    def _text(self, key: _Key, paper: PaperText) -> PaperVector:
        """A paper as the model of texts reads it."""
        return self._readings.of(key, lambda: self._read(paper))

    def _read(self, paper: PaperText) -> PaperVector:
        digest = crc32(f"{paper.title}\n{paper.abstract}".encode(errors="replace"))
        read = features(paper)
        if self.meaning is None or not self._meant:
            meant = np.zeros(0, dtype=np.float32)
            return self._reading(read, ABSTRACT if paper.abstract else TITLE, digest, meant)
        beside = ABSTRACT_MEANT if len(self.alike.centre) else ABSTRACT_NEW
        shares = beside if paper.abstract else TITLE_MEANT
        return self._reading(read, shares, digest, self.meaning.place(paper.title, paper.abstract))

    def _turned(self, read: PaperVector) -> PaperVector:
        if self.metric is None:
            return read
        return replace(read, meaning=self._seen(read.meaning))

    def _seen(self, dense: Dense) -> Dense:
        """A dense part as the pool sees it, as far from the middle as before."""
        if self.metric is None:
            return dense
        kept, turned = np.split(dense, [len(dense) - self._turnable])
        seen: Dense = turned @ self.metric
        length = float(np.linalg.norm(seen)) or 1.0
        seen = seen * np.float32(float(np.linalg.norm(turned)) / length)
        return _short(np.concatenate([kept, seen]))

    def _reading(self, read: Features, shares: Shares, digest: int, meant: Dense) -> PaperVector:
        parts = list(zip(shares, (self._alike(read, shares), meant), strict=True))
        known = sum(share for share, place in parts if place.any())
        dense = np.concatenate([place * np.float32(share**0.5) for share, place in parts])
        sums: dict[int, float] = {}
        words: dict[int, str] = {}
        total = sum(block.share for block in read.blocks if block.counts)
        for block in read.blocks:
            told = {place: n * float(self.telling[place]) for place, n in block.counts.items()}
            length = sum(value * value for value in told.values()) ** 0.5
            scale = (block.share / total) ** 0.5 / length if length else 0.0
            for place, value in told.items():
                sums[place] = sums.get(place, 0.0) + scale * value
            words = block.words | words
        places = np.array(sorted(sums), dtype=np.int64)
        values = np.array([sums[place] for place in places.tolist()], dtype=np.float32)
        length = float(np.linalg.norm(values)) or 1.0
        return PaperVector(
            places,
            _short(values * np.float32((1.0 - known) ** 0.5 / length)),
            tuple(words[place] for place in places.tolist()),
            _short(dense),
            digest,
        )

    def _alike(self, read: Features, shares: Shares) -> Dense:
        """Where likeness puts a text; zeros where it has no share."""
        row = _row(read) if shares.likeness else {}
        return self.alike.place(row)


def _short(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to what 16 bits hold, so that a stored reading is the same reading."""
    return values.astype(np.float16).astype(np.float32)


def _row(read: Features) -> Row:
    """A paper's words and pieces for likeness, in one space: pieces follow the words' places."""
    row: dict[int, float] = {}
    for block, weight in zip(texts(read), (1.0, _PAIR, _ABSTRACT), strict=False):
        for place, count in block.counts.items():
            row[place] = row.get(place, 0.0) + weight * count
    for place, count in read.grams.items():
        row[SIZE + place] = _GRAM * count
    return row
