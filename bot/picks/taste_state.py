"""Everything a taste keeps, laid out as facts and arrays for its stored form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.picks.codec import TasteFormatError, pack, unpack
from bot.picks.features import SIZE
from bot.picks.model import CastVote, PersonModel, PersonModels
from bot.picks.vectors import PaperVector
from bot.picks.vote_log import Ledger


@dataclass(frozen=True, slots=True)
class Stored:
    """All of a taste: settings, counts, words by place, people's models, the last votes as cast."""

    half_life: float
    words: tuple[str, ...]
    votes: int
    names: dict[int, str]
    ledger: Ledger
    shared: int


def store(state: Stored) -> bytes:
    """The state as bytes, exact to the bit."""
    ledger = state.ledger
    facts = {
        "half_life": state.half_life,
        "words": state.words,
        "votes": state.votes,
        "folded": ledger.folded,
        "names": list(state.names.items()),
        "base": state.shared,
        "trunk": _facts(ledger.trunk),
        "silent": _facts(ledger.silent),
        "window": [[one.lives, one.digest, one.person, one.value] for one in ledger.window],
    }
    arrays = [*_arrays(ledger.trunk), *_arrays(ledger.silent)]
    for one in ledger.window:
        read = one.read
        arrays += [read.places.astype(np.uint16), _half(read.values), _half(read.meaning)]
    return pack(facts, arrays)


def restore(blob: bytes) -> Stored:
    """The state that `store` wrote; raises TasteFormatError if it cannot be read."""
    facts, arrays = unpack(blob)
    try:
        left = iter(arrays)
        trunk, silent = _people(facts["trunk"], left), _people(facts["silent"], left)
        window = [_cast(row, left) for row in facts["window"]]
        folded = facts["folded"]
        return Stored(
            float(facts["half_life"]),
            tuple(str(word) for word in facts["words"]),
            int(facts["votes"]),
            {int(place): str(word) for place, word in facts["names"]},
            Ledger(
                trunk,
                silent,
                window,
                (float(folded[0]), int(folded[1]), int(folded[2])) if folded else None,
            ),
            int(facts["base"]),
        )
    except (KeyError, IndexError, TypeError, ValueError, StopIteration) as error:
        raise TasteFormatError("this taste is damaged; rebuild it from the votes") from error


def _facts(people: PersonModels) -> dict[str, Any]:
    models = people.models.items()
    return {
        "dimensions": people.dimensions,
        "entries": people.entries,
        "epoch": people.epoch,
        "filled": people.filled,
        "seats": [[key, model.votes, model.ups, model.latest, model.cast] for key, model in models],
    }


def _arrays(people: PersonModels) -> Iterator[NDArray[Any]]:
    yield people.known
    for model in people.models.values():
        held = model.places()
        yield from (held.astype(np.uint16), model.sums[held], model.meaning)


def _people(facts: dict[str, Any], arrays: Iterator[NDArray[Any]]) -> PersonModels:
    known = next(arrays)
    models = {}
    for key, votes, ups, latest, cast in facts["seats"]:
        sums = np.zeros(SIZE, dtype=np.float32)
        held = next(arrays)
        sums[held] = next(arrays)
        counts = float(votes), float(ups), float(latest), int(cast)
        models[int(key)] = PersonModel(sums, next(arrays), *counts)
    sizes = int(facts["dimensions"]), int(facts["entries"])
    return PersonModels(*sizes, facts["epoch"], models, known, int(facts["filled"]))


def _cast(row: Sequence[Any], arrays: Iterator[NDArray[Any]]) -> CastVote:
    lives, digest, person, value = row
    places = next(arrays).astype(np.int64)
    values, meaning = next(arrays).astype(np.float32), next(arrays).astype(np.float32)
    read = PaperVector(places, values, (), meaning, int(digest))
    return CastVote(float(lives), int(digest), int(person), int(value), read)


def _half(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """Readings are made with this precision, so nothing is lost."""
    return values.astype(np.float16)
