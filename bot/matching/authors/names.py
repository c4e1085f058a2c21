"""Author names: whether two written names may be one person's.

Accents, initials, a comma and the order may differ; a shared first name alone is no match.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from bot.matching.text.normalize import lower, plain
from bot.matching.text.word_lists import words

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SUFFIX = re.compile(r"(?<=\w)[\s,]+(?:[JS]r|[js]r|[JS]R|II|III|IV)\b\.?")
_BRACKETS = re.compile(r"\([^()]*\)")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})[-‐‑](?=[^\W\d_]{2})")
"""In a given name: Jin-Hwa is not Jin, and is Jinhwa. In a surname it only parts two."""

_TITLES = words("dr prof professor")
_PARTICLES = words("van von der den de del della dei des dos du ter el")
_MAYBE_GIVEN = words("di da le la ten bin al")
"""Particles that are names as well: Bin Yu, Quoc Le. They are dropped only between two words."""

_PARTED = re.compile(r"\b(le|la|de|du|di|da|del|della|van|von) (?=[^\W\d_]{2})", re.IGNORECASE)
"""A particle that others write as one with the surname: Le Cun is LeCun."""

_GROUPS = words("collaboration collaborations consortium team group project network initiative")
_IBERIAN = words("""
garcia silva santos oliveira souza sousa lima pereira ferreira costa rodrigues almeida nascimento
alves carvalho araujo ribeiro gomes martins rocha barbosa moreira moura cardoso teixeira correia
correa dias nunes marques machado mendes freitas barros pinto campos cunha moraes castro monteiro
fonseca borges torres ramos flores rivera reyes cruz morales ortiz vargas castillo moreno romero
herrera medina aguilar vega mendoza ruiz delgado rojas guerrero navarro molina soto silva ortega
rubio marin serrano blanco suarez iglesias cortes garrido castillo lozano guerra leon prieto calvo
gallego vidal cano duran fuentes carrasco santana herrero montero lorenzo cabrera ferrer crespo
pascual mora arias carmona caballero nieto aguilera valencia luna obrador rosario maldonado salazar
""")
"""Surnames that come first of two, as do those that end in -ez."""

_ARABIC = re.compile(r"\b(?:al|el|ben|bin|ibn|abu)-(?=[^\W\d_]{2})", re.IGNORECASE)

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe"}
_SPELLED_OUT = str.maketrans(_UMLAUTS | {k.upper(): v for k, v in _UMLAUTS.items()})
_INITIALS_LAST = re.compile(r"(?P<surname>[^\W\d_]*[a-z]\S*) (?P<initials>[A-Z]{2,3})")
_FULL, _SWAPPED, _INITIAL = 100.0, 95.0, 90.0


class Name(NamedTuple):
    """A name in lower case without accents: surname without particles, given names in order."""

    surname: str
    given: tuple[str, ...]


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name, category or source in lower case without accents."""
    found = re.findall(r"\w+(?:'\w+)*", lower(plain(text)))
    return tuple(word.replace("'", "") for word in found)


@lru_cache(maxsize=1 << 13)
def read_name(text: str) -> Name:
    """A name as written: "LeCun, Y." or "Yann LeCun" or "LeCun Y".

    A single word is a surname. Text without letters gives an empty surname, which matches nobody.
    """
    bare = text.replace(".", " ")
    if bare.isascii() and bare.replace(" ", "").isalpha() and " II" not in bare:
        return _in_order(_kept(bare.lower().split()))
    text = _SUFFIX.sub("", _BRACKETS.sub(" ", text))
    before, comma, after = text.partition(",")
    if comma and (given := _words(_HYPHEN.sub("", after))) and (surname := _words(before)):
        return Name(surname[-1], tuple(given))
    *given_words, last = text.split() or [""]
    return _in_order(_words(f"{_HYPHEN.sub('', ' '.join(given_words))} {last}"))


@lru_cache(maxsize=1 << 12)
def readings(text: str) -> tuple[Name, ...]:
    """The ways to read a name, the plain one first: Müller is Mueller too.

    A hyphenated last word may be a given name: Li Fei-Fei. A particle may be part of the surname.
    """
    if (group := _group(text)) is not None:
        return (group,)
    if _ARABIC.search(text):
        joined = read_name(_ARABIC.sub(lambda found: found[0].removesuffix("-"), text))
        return tuple(dict.fromkeys((read_name(_ARABIC.sub("", text)), joined)))
    found = [read_name(text), *_two_surnames(text)]
    if _PARTED.search(text) and (name := read_name(_PARTED.sub(r"\1", text))).given:
        found.append(name)
    if "-" in text and "," not in text:
        found.append(read_name(_HYPHEN.sub("", text)))
    if not text.isascii():
        # A letter and the two dots after it are one letter here.
        found.append(read_name(normalize("NFC", text).translate(_SPELLED_OUT)))
    return tuple(dict.fromkeys(found))


def _group(text: str) -> Name | None:
    """A collaboration as a name of one word: "The ATLAS Collaboration" is atlas."""
    if text.strip(" .)").rpartition(" ")[2].lower() not in _GROUPS:
        return None
    parts = _words(text)
    if len(parts) < _TWO:
        return None
    named = [part for part in parts[:-1] if part not in ("the", "for", "of", "and")]
    return Name("".join(named), ()) if named else None


def _two_surnames(text: str) -> list[Name]:
    """The readings of a name that ends in two surnames: García-Márquez, López Obrador.

    Where the first of them is Spanish or Portuguese it may also stand alone.
    """
    before, comma, after = text.partition(",")
    parted = "-" in before or (comma and " " in before.strip())
    folded = text.lower().translate(_ACCENTS)
    if not parted and not (not comma and any(map(is_iberian, folded.split()))):
        return []
    if comma:
        surnames, given = _words(before), tuple(_words(_HYPHEN.sub("", after)))
    else:
        *others, last = text.split() or [""]
        surnames, given = _words(last), tuple(_words(_HYPHEN.sub("", " ".join(others))))
        if len(surnames) == 1 and len(given) > 1 and is_iberian(given[-1]):
            surnames, given = [given[-1], *surnames], given[:-1]
        elif len(surnames) == 1 and len(given) == 1 and is_iberian(given[0]):
            surnames, given = [*given, *surnames], ()
    if len(surnames) != _TWO:
        return []
    whole = Name("".join(surnames), given)
    return [whole, Name(surnames[0], given)] if is_iberian(surnames[0]) and given else [whole]


def is_iberian(word: str) -> bool:
    """Whether a folded word is a Spanish or Portuguese surname."""
    return word in _IBERIAN or (len(word) > _SHORTEST_EZ and word.endswith("ez"))


_TWO, _SHORTEST_EZ = 2, 4
_ACCENTS = str.maketrans("áéíóúñãõçâêô", "aeiounaocaeo")


def wanted_readings(text: str) -> tuple[Name, ...]:
    """The ways to read a name that someone typed: of "Hinton GE" also as initials."""
    found = readings(text)
    if last := _INITIALS_LAST.fullmatch(text.strip()):
        (surname, *_), initials = _words(last["surname"]), last["initials"].lower()
        found += (Name(surname, tuple(initials)),)
    return found


def _in_order(parts: list[str]) -> Name:
    if not parts:
        return Name("", ())
    if len(parts[-1]) == 1 and len(parts[0]) > 1:
        full = [part for part in parts if len(part) > 1]
        return Name(full[-1], tuple(part for part in parts if part != full[-1]))
    return Name(parts[-1], tuple(parts[:-1]))


def _words(text: str) -> list[str]:
    found = [w.replace("'", "") for w in _WORD.findall(lower(plain(text)))]
    return _kept(found)


DROPPED = _PARTICLES | _MAYBE_GIVEN | _TITLES | _GROUPS | _IBERIAN | words("jr sr ii iii the")
"""Words that may have to go from a name, or be joined to the next, before it can be read."""


def _kept(found: list[str]) -> list[str]:
    """The words of a name without titles, particles before a surname, and "Jr."."""
    if DROPPED.isdisjoint(found):
        return found
    while len(found) > 1 and found[0] in _TITLES:
        found = found[1:]
    while len(found) > 1 and found[-1] in ("jr", "sr"):
        found = found[:-1]
    last = len(found) - 1
    return [
        word
        for at, word in enumerate(found)
        if at == last or not (word in _PARTICLES or (at and word in _MAYBE_GIVEN))
    ]


def same_person(wanted: str, written: str) -> float:
    """How surely a name of a watch is a paper's author, 0-100.

    100 where surname and a given name agree, 95 with the order swapped, 90 through an initial; a
    watch of a surname alone matches all who bear it. Middle names count only where they conflict.
    """
    return max(
        _alike(ours, theirs) for ours in wanted_readings(wanted) for theirs in readings(written)
    )


def best_author(wanted: str, authors: Sequence[str]) -> tuple[str, float]:
    """The author most surely meant, the first among equals, and how surely; 0 for none."""
    best, most = "", 0.0
    ours = wanted_readings(wanted)
    for written in authors:
        for theirs in readings(written):
            for name in ours:
                alike = _alike(name, theirs)
                if alike > most:
                    best, most = written, alike
    return best, most


def _alike(ours: Name, theirs: Name) -> float:
    if not ours.surname:
        return 0.0
    if ours.surname == theirs.surname and (alike := _given(ours.given, theirs.given)):
        return alike
    if not (ours.given and theirs.given) or len(ours.given) != len(theirs.given):
        return 0.0
    return _SWAPPED if theirs == _swapped(ours) or ours == _swapped(theirs) else 0.0


def _swapped(name: Name) -> Name:
    """A name in the other order: the first given name as surname."""
    surname, given = name
    return Name(given[0], (*given[1:], surname))


def _given(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    if not ours:
        return _FULL
    if not theirs:
        return 0.0
    if "".join(ours) == "".join(theirs):
        return _FULL
    pairs = list(zip(ours, theirs, strict=False))
    if not all(a.startswith(b) or b.startswith(a) for a, b in pairs if min(len(a), len(b)) == 1):
        return 0.0
    if not all(a == b for a, b in pairs if min(len(a), len(b)) > 1):
        return 0.0
    first = pairs[0]
    return _FULL if first[0] == first[1] and len(first[0]) > 1 else _INITIAL
