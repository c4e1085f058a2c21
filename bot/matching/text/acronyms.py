"""Acronyms and their senses, for papers that define none themselves."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from bot.matching.text.definitions import acronym_key, content_words, same_meaning
from bot.matching.text.phrase_terms import phrase_terms
from bot.matching.text.pieces import is_capitals
from bot.matching.text.word_lists import words

_REAL_WORDS = words("""
pet cat map sam act aid aids arc art bag bar bed bet bit can cap car cow dam den dim dip ear fan far
fast fig fit for gap gas get gut hot ice id ion it lab led let lip log loss map mad mass met mom net
nose oct or pan par pass per pic pin pit ran rat red rest rim rip rise rot safe sat sea set sir
sit site sole spa spin star stem sun tad tag tall tea tee ten tie tier tip ton us van vet was
who
""")
"""Acronyms that are words where they stand in lower case."""


class Sense(NamedTuple):
    """One meaning of an acronym.

    `texts` are its long forms as typed, `longs` their folded content words. `sure` says that the
    acronym alone means this, where a paper does not say otherwise.
    """

    number: int
    key: str
    short: str
    texts: tuple[str, ...]
    longs: tuple[tuple[str, ...], ...]
    sure: bool

    @property
    def term(self) -> str:
        """The term that the acronym is in a paper."""
        return acronym_term(self.short)


def acronym_term(short: str) -> str:
    """The term that an acronym as typed is in a paper: capitals stay where they tell it apart."""
    return short if is_capitals(short) else short.lower()


class Acronyms:
    """The table: senses by number, by key and by long form; and names with two spellings."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.senses: list[Sense] = []
        self.by_key: dict[str, list[Sense]] = {}
        self.by_long: dict[tuple[str, ...], list[Sense]] = {}
        self.aliases: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for line in lines:
            short, _, rest = line.partition("\t")
            if short.startswith("="):
                self._add_alias(short[1:], rest)
            elif short[:1] != "#":
                self._add(short, rest)
        for short, long, sure in _learned:
            self._add_learned(short, long, sure=sure)
        self.beginnings = frozenset(long[0] for long in (*self.by_long, *self.aliases))
        self.longest = max(map(len, (*self.by_long, *self.aliases)))

    def _add_learned(self, short: str, long: str, *, sure: bool) -> None:
        """Add a sense that papers gave; beside others it is a further one, never the usual."""
        terms = phrase_terms(short)
        if len(terms) != 1 or terms[0].term.lower() != acronym_key(short) or not _terms(long):
            return
        key, words_ = acronym_key(short), content_words(long.split())
        known = self.by_key.get(key, [])
        if any(same_meaning(words_, one) for sense in known for one in sense.longs):
            return
        self._add_sense(short, (long,), sure=sure and not known and key not in _REAL_WORDS)

    def _add(self, short: str, rest: str) -> None:
        unsure = rest.endswith("~")
        senses = [sense.split(" | ") for sense in rest.rstrip("~ ").split(" ; ")]
        if len(phrase_terms(short)) > 1:
            for texts in senses:
                for text in texts:
                    self._add_alias(short, text)
            return
        for place, texts in enumerate(senses):
            self._add_sense(short, tuple(texts), sure=not (place or unsure))

    def _add_sense(self, short: str, texts: tuple[str, ...], *, sure: bool) -> None:
        longs = tuple(content_words(text.lower().replace("-", " ").split()) for text in texts)
        sense = Sense(len(self.senses), acronym_key(short), short, texts, longs, sure)
        self.senses.append(sense)
        self.by_key.setdefault(sense.key, []).append(sense)
        for text in texts:
            self.by_long.setdefault(_terms(text), []).append(sense)

    def _add_alias(self, one: str, other: str) -> None:
        for text, instead in ((one, other), (other, one)):
            self.aliases.setdefault(_terms(text), []).append((text, instead))

    def meant(self, term: str) -> Sense | None:
        """The sense that a term of a watch is read as, in capitals or in lower case.

        None where it has several and none is usual, or where it is a word of its own.
        """
        if term.islower() and term in _REAL_WORDS:
            return None
        senses = [sense for sense in self.by_key.get(term.lower(), ()) if sense.sure]
        exact = [sense for sense in senses if sense.term == term]
        capitals = [sense for sense in senses if sense.short.isupper()]
        return next(iter(exact or capitals or senses), None)


def written(short: str) -> tuple[str, ...]:
    """The terms as which papers write an acronym: MoE in capitals too."""
    term = acronym_term(short)
    upper = short.upper()
    mixed = is_capitals(short) and term != upper and is_capitals(upper) and short not in _CASED
    return (term, upper) if mixed else (term,)


_CASED = words("GaN DiD SNe")
"""Acronyms that mean something else in capitals."""


def _terms(text: str) -> tuple[str, ...]:
    return tuple(piece.term.lower() for piece in phrase_terms(text))


INTRUDERS: dict[tuple[str, ...], tuple[tuple[int, str], ...]] = {
    ("vision", "language", "model"): ((1, "action"),),
    ("large", "language", "model"): ((0, "vision"), (0, "audio")),
    ("large", "vision", "model"): ((1, "language"),),
}
"""Words that make a long form another's, where they stand within it, each with the place of the
word before it."""


_learned: list[tuple[str, str, bool]] = []


def set_learned(found: Iterable[tuple[str, str, bool]]) -> None:
    """Set what acronyms are known beside the table: short, long, and whether it is the usual sense.

    What was compiled before keeps what it knew: `phrase.know_acronyms` forgets it.
    """
    _learned[:] = found
    acronyms.cache_clear()


@cache
def acronyms() -> Acronyms:
    """The table that ships with the package and what was learned, read once."""
    text = resources.files(__package__).joinpath("acronyms.txt").read_text(encoding="utf-8")
    return Acronyms(iter(text.splitlines()))
