"""Finds the author watches that a paper may meet: some too many, none missed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from bot.matching.authors.names import DROPPED, Name, readings, wanted_readings
from bot.matching.index.arrays import Array, continued, hash_parts, hash_words, ranges, where
from bot.matching.types import PaperText

_BARE, _INITIAL, _FULL_BY_INITIAL, _FULL = range(4)
_MIX = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64
)
_MIX_OTHER = np.uint64(0xFF51AFD7ED558CCD)
_NEWLINE, _LOWER, _ALPHABET = 10, 32, 26


class _Key(NamedTuple):
    """A form of a name: a surname, and the initial or the given names beside it."""

    kind: int
    surname: str
    other: str = ""


def _wanted(name: Name) -> Iterator[_Key]:
    """Yields the forms under which a wanted name is found."""
    surname, given = name
    if not given:
        yield _Key(_BARE, surname)
        return
    first = given[0]
    if len(first) == 1:
        yield _Key(_INITIAL, surname, first)
    else:
        yield _Key(_FULL, surname, first)
        yield _Key(_FULL, surname, "".join(given))
        yield _Key(_FULL_BY_INITIAL, surname, first[0])
    swapped = (*given[1:], surname)
    yield _Key(_FULL, first, swapped[0])


def _written(name: Name) -> Iterator[_Key]:
    """Yields the forms to look under for a name as a paper writes it."""
    surname, given = name
    yield _Key(_BARE, surname)
    if given:
        first = given[0]
        yield _Key(_INITIAL, surname, first[0])
        yield _Key(_FULL, surname, first)
        if len(first) == 1:
            yield _Key(_FULL_BY_INITIAL, surname, first)
        elif len(given) > 1:
            yield _Key(_FULL, surname, "".join(given))
        if len(given) > 1:
            yield _Key(_INITIAL if len(given[1]) == 1 else _FULL, first, given[1])


def _hashes(keys: Sequence[_Key]) -> Array:
    kinds, surnames, others = zip(*keys, strict=True)
    hashes = hash_words((*surnames, *others))
    return _mixed(np.array(kinds), hashes[: len(keys)], hashes[len(keys) :])


def _mixed(kind: Array | int, surname: Array, other: Array | np.uint64) -> Array:
    mixed: Array = (surname ^ (other * _MIX_OTHER)) * _MIX[kind]
    return mixed


def wanted_forms(names: Sequence[str]) -> tuple[Array, Array]:
    """All forms under which names are found, hashed, with the place of each one's name."""
    return _forms(names, _usual_wanted, lambda name: map(_wanted, wanted_readings(name)))


def written_forms(names: Sequence[str]) -> tuple[Array, Array]:
    """All forms to look under for names in papers, as `wanted_forms` does."""
    return _forms(names, _usual_written, lambda name: map(_written, readings(name)))


def _forms(
    names: Sequence[str],
    usual: "Callable[[_NameWords, Array], Iterable[tuple[Array, Array]]]",
    unusual: Callable[[str], Iterable[Iterable[_Key]]],
) -> tuple[Array, Array]:
    """The forms of many names: of usual ones in columns, of the others one by one."""
    parts: list[tuple[Array, Array]] = []
    left = np.arange(len(names))
    if len(names) > _FEW:
        words = _NameWords(names)
        left = words.unusual()
        others = np.ones(len(names), np.bool_)
        others[left] = False
        parts += usual(words, where(others))
    rest = [
        (place, key)
        for place in left.tolist()
        for key in dict.fromkeys(chain.from_iterable(unusual(names[place])))
    ]
    if rest:
        places, keys = zip(*rest, strict=True)
        parts.append((np.array(places), _hashes(keys)))
    whose, hashes = map(np.concatenate, zip(*parts, strict=True))
    return whose, hashes


class _NameWords:
    """The words of many names, in lower case and hashed; those of a name stand together."""

    def __init__(self, names: Sequence[str]) -> None:
        text = "\n".join([name.replace("\n", "\t") for name in names]) + "\n"
        data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
        self.letters = data | _LOWER
        alphabetic = (self.letters >= ord("a")) & (self.letters <= ord("z"))
        stops = data == _NEWLINE
        self._ends = where(stops)
        self._odd = where(~(alphabetic | stops | (data == ord(" ")) | (data == ord("."))))
        word = np.concatenate(([False], alphabetic))
        edges = where(word[1:] != word[:-1])
        self.begins, ends = edges[::2], edges[1::2]
        self.sizes = ends - self.begins
        self._shout = data[ends - 1] - np.uint8(ord("A")) < _ALPHABET
        self.hashes = hash_parts(self.letters, self.begins, ends)
        after = self.begins.searchsorted(self._ends)
        self.firsts = np.concatenate(([0], after[:-1]))
        self.counts = after - self.firsts

    def unusual(self) -> Array:
        """The places of names that are not as most are: "Yann A. LeCun" in ASCII letters.

        More than two given names, particles, initials at the end, hyphens, commas, accents.
        """
        odd = np.zeros(len(self._ends), np.bool_)
        odd[self._ends.searchsorted(self._odd)] = True
        odd |= (self.counts < 1) | (self.counts > _USUAL_WORDS)
        at = np.minimum(_DROPPED_HASHES.searchsorted(self.hashes), len(_DROPPED_HASHES) - 1)
        dropped = self.begins[_DROPPED_HASHES[at] == self.hashes]
        odd[self._ends.searchsorted(dropped)] = True
        last_letters = self.begins + self.sizes - 1
        spanish = (self.letters[last_letters] == ord("z")) & (self.sizes > _FEW_LETTERS)
        odd[self._ends.searchsorted(self.begins[spanish])] = True
        named = where(self.counts > 0)
        last = (self.firsts + self.counts - 1)[named]
        odd[named] |= (self.sizes[last] == 1) | self._shout[last]
        return where(odd)


def _usual_wanted(words: _NameWords, names: Array) -> Iterator[tuple[Array, Array]]:
    """Yields what `_wanted` does for names that are not unusual, form by form."""
    count, first = words.counts[names], words.firsts[names]
    surname = words.hashes[first + count - 1]
    bare = where(count == 1)
    yield names[bare], _mixed(_BARE, surname[bare], _NOTHING)
    having = where(count > 1)
    names, count, first, surname = names[having], count[having], first[having], surname[having]
    given, size = words.hashes[first], words.sizes[first]
    initial = words.letters[words.begins[first]].astype(np.uint64)
    second = words.hashes[first + 1]
    yield names, _mixed(_FULL, given, second)
    short = where(size == 1)
    yield names[short], _mixed(_INITIAL, surname[short], initial[short])
    long = where(size > 1)
    yield names[long], _mixed(_FULL, surname[long], given[long])
    yield names[long], _mixed(_FULL_BY_INITIAL, surname[long], initial[long])
    two = where((size > 1) & (count == _USUAL_WORDS))
    both = continued(given[two], size[two], second[two])
    yield names[two], _mixed(_FULL, surname[two], both)


def _usual_written(words: _NameWords, names: Array) -> Iterator[tuple[Array, Array]]:
    """Yields what `_written` does for names that are not unusual, form by form."""
    count, first = words.counts[names], words.firsts[names]
    surname = words.hashes[first + count - 1]
    yield names, _mixed(_BARE, surname, _NOTHING)
    having = where(count > 1)
    names, count, first, surname = names[having], count[having], first[having], surname[having]
    given, size = words.hashes[first], words.sizes[first]
    initial = words.letters[words.begins[first]].astype(np.uint64)
    yield names, _mixed(_INITIAL, surname, initial)
    yield names, _mixed(_FULL, surname, given)
    short = where(size == 1)
    yield names[short], _mixed(_FULL_BY_INITIAL, surname[short], given[short])
    two = where(count == _USUAL_WORDS)
    names, surname, given, size = names[two], surname[two], given[two], size[two]
    second, short = words.hashes[first[two] + 1], words.sizes[first[two] + 1] == 1
    yield names, _mixed(_FULL, surname, continued(given, size, second))
    yield names, _mixed(np.where(short, _INITIAL, _FULL), given, second)


_USUAL_WORDS = 3
_FEW_LETTERS = 4
_FEW = 9
"""Names that are read faster one by one."""
_NOTHING = np.uint64(0)
_DROPPED_HASHES = np.sort(hash_words(sorted(DROPPED)))


_BITS_A_KEY = 8
_MOST_NEW = 4_000


class AuthorKeys:
    """Numbers of watches by hashed forms of the name they want; `names.same_person` decides."""

    def __init__(self) -> None:
        self._new: list[tuple[str, int]] = []
        self._unsorted: list[tuple[Array, Array]] = []
        self._hashes: Array = np.empty(0, np.uint64)
        self._watches: Array = np.empty(0, np.int32)
        self._shift = np.uint64(63)
        self._bitmap: Array = np.zeros(2, np.bool_)

    def add(self, watch: int, name: str) -> None:
        """Add the number of a watch for an author."""
        self._new.append((name, watch))
        if len(self._new) > _MOST_NEW:
            self._take_in()

    def _take_in(self) -> None:
        if self._new:
            names, watches = zip(*self._new, strict=True)
            whose, hashes = wanted_forms(names)
            self._unsorted.append((hashes, np.array(watches, np.int32)[whose]))
            self._new.clear()

    def candidates(self, papers: Sequence[PaperText]) -> Iterator[tuple[int, int, str]]:
        """Yields (place in `papers`, number of a watch, author) where the author may be meant."""
        self._sort()
        names = [name for paper in papers for name in paper.authors]
        if not len(self._hashes) or not names:
            return
        whose, hashes = written_forms(names)
        maybe = where(self._bitmap[hashes >> self._shift])
        hashes, whose = hashes[maybe], whose[maybe]
        first = self._hashes.searchsorted(hashes)
        found = self._hashes.searchsorted(hashes, side="right") - first
        if not found.any():
            return
        watches = self._watches[ranges(first, found)]
        codes = np.unique((whose.repeat(found).astype(np.int64) << 32) | watches)
        author, watch = codes >> 32, codes & 0xFFFFFFFF
        counts = [len(paper.authors) for paper in papers]
        place = np.arange(len(papers)).repeat(counts)[author]
        for at, number, who in zip(place.tolist(), watch.tolist(), author.tolist(), strict=True):
            yield at, number, names[who]

    def _sort(self) -> None:
        """Bring new names in. It sorts all of them: at 100,000 in about 10 ms."""
        self._take_in()
        if not self._unsorted:
            return
        parts = [(self._hashes, self._watches), *self._unsorted]
        hashes, watches = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._watches = hashes[order], watches[order]
        self._unsorted.clear()
        bits = (_BITS_A_KEY * len(hashes) - 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._bitmap = np.zeros(1 << bits, np.bool_)
        self._bitmap[self._hashes >> self._shift] = True

    def nbytes(self) -> int:
        """How many bytes the keys hold."""
        columns = self._hashes.nbytes + self._watches.nbytes + self._bitmap.nbytes
        return columns + 200 * len(self._new) + sum(a.nbytes for a, _ in self._unsorted) * 3 // 2
