"""What an encoder of texts is, which text of a paper it reads, and how vectors are stored."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.errors import PaperroundError

Floats = NDArray[np.float32]

_LARGEST = 127.0
_LEAST = 1e-30


class MeaningError(PaperroundError):
    """The sentence model is missing, damaged or does not answer; papers are ordered by words."""


class Encoder(Protocol):
    """Turns texts into unit vectors whose dot product tells how near their meanings are, -1..1."""

    @property
    def name(self) -> str:
        """The model's name and version; vectors of different names must not be compared."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text, (texts x dimensions) float32, in the same order.

        Of a long text only the beginning counts. Raises MeaningError. It blocks for some 20 ms an
        abstract, so call it from a thread.
        """
        ...

    def close(self) -> None:
        """Free the model's memory; the next `encode` loads it again."""
        ...


def text_of(title: str, abstract: str) -> str:
    """The text of a paper that is encoded: its title, then its abstract."""
    return f"{title.strip().rstrip('.')}. {abstract.strip()}".strip()


def pack(vector: Floats) -> bytes:
    """A vector (d float32) as d signed bytes; its direction is kept to about 0.3 degrees."""
    largest = float(np.abs(vector).max(initial=0.0)) or 1.0
    held: NDArray[np.int8] = np.rint(vector * np.float32(_LARGEST / largest)).astype(np.int8)
    return held.tobytes()


def unpack(rows: Sequence[bytes]) -> Floats:
    """Vectors that `pack` stored, all of one model: (rows x d) float32, each of length 1."""
    if not rows:
        return np.zeros((0, 0), dtype=np.float32)
    held: Floats = np.frombuffer(b"".join(rows), np.int8).astype(np.float32)
    return unit(held.reshape(len(rows), -1))


def unit(rows: Floats) -> Floats:
    """The same rows at length 1; a row of zeros stays so."""
    lengths = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    scaled: Floats = (rows / np.maximum(lengths, _LEAST)).astype(np.float32)
    return scaled
