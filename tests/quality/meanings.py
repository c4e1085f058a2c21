"""Vectors of a measurement's texts, encoded once and kept for the next run in the cache folder."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

import numpy as np

from bot.meaning.encoder import Floats, pack, text_of, unpack
from bot.meaning.model import DEFAULT, find_model, usual_centre
from bot.meaning.process import ModelProcess
from bot.picks.backtest.dataset import ReplayedChannel, ReplayedPaper
from bot.picks.features import interest_of
from bot.picks.shared_model import Meaning

_AT_ONCE = 64


def meaning_of(
    papers: Sequence[ReplayedPaper], channels: Iterable[ReplayedChannel] = ()
) -> Meaning:
    """What an install would know of these papers and watches; some 20 ms an abstract at first."""
    phrases = [
        phrase
        for channel in channels
        for watch in channel.watches
        for phrase in interest_of(watch).phrases
    ]
    keys = list(dict.fromkeys([(p.title, p.abstract) for p in papers] + [(t, "") for t in phrases]))
    encoder = ModelProcess(find_model(DEFAULT))
    rows = _encoded(encoder, [text_of(*key) for key in keys])
    known = dict(zip(keys, rows, strict=True))
    return Meaning(
        encoder.name,
        usual_centre(encoder.name),
        lambda _, title, abstract: known.get((title, abstract)),
    )


def _encoded(encoder: ModelProcess, texts: Sequence[str]) -> Floats:
    """Vectors as they come back from storage."""
    name = sha256("\n".join([encoder.name, *texts]).encode()).hexdigest()[:20]
    cached = Path(gettempdir()) / f"paperround-vectors-{name}.npy"
    if cached.exists():
        return unpack([row.tobytes() for row in np.load(cached, allow_pickle=False)])
    packed = []
    for start in range(0, len(texts), _AT_ONCE):
        packed += [pack(row) for row in encoder.encode(texts[start : start + _AT_ONCE])]
    encoder.close()
    np.save(cached, np.array([np.frombuffer(row, np.int8) for row in packed]))
    return unpack(packed)
