"""When two entries of different identities are the preprint and the published version of one."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from storage.models import PaperFacts, PaperKind
from storage.paper_names import is_sure

LEAST_WORDS = 4
"""Words of a title that is surely one paper's; "Deep learning" is the title of many."""

_YEAR = timedelta(days=366)

_APART = 3 * _YEAR
"""How far apart two versions may have been published; what comes each year keeps its title."""

_PREPRINTS = (
    "10.1101/",  # bioRxiv and medRxiv
    "10.64898/",  # openRxiv
    "10.26434/",  # ChemRxiv
    "10.48550/",  # arXiv
    "10.21203/rs.",  # Research Square
    "10.20944/preprints",
    "10.31219/",  # OSF
    "10.31234/",  # PsyArXiv
    "10.36227/techrxiv",
    "10.2139/ssrn",
)
_STYLE = re.compile(r"\\(?:text|math|emph)[a-z]*")


def title_key(title: str) -> str | None:
    """What titles have in common that differ in case, accents, signs, blanks and LaTeX alone.

    None for a title of fewer than `LEAST_WORDS` words.
    """
    folded = unicodedata.normalize("NFKD", _STYLE.sub("", title)).casefold()
    words = re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))
    if len(words) < LEAST_WORDS:
        return None
    return hashlib.sha256("".join(words).encode("utf-8", "replace")).hexdigest()[:20]


def surnames(authors: Iterable[str]) -> frozenset[str]:
    """The surnames of people, in lower case without accents: "LeCun, Y." and "Yann LeCun"."""
    return frozenset(found for found in map(_surname, authors) if found)


def _surname(author: str) -> str:
    before, comma, _ = author.partition(",")
    folded = unicodedata.normalize("NFKD", before if comma else author).casefold()
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    words = [word for word in re.findall(r"[^\W\d_]+", plain) if len(word) > 1]
    return words[-1] if words else ""


def are_versions(
    facts: PaperFacts, names: Collection[str], other: PaperFacts, others: Collection[str]
) -> bool:
    """Whether one is surely the preprint and the other the published version of one paper.

    They have one title of `LEAST_WORDS` words or more and share an author's surname, exactly one
    of them has a preprint's identity and the other none, and three years lie between them at most.
    """
    key = title_key(facts.title)
    return (
        key is not None
        and key == title_key(other.title)
        and facts.kind is PaperKind.PAPER is other.kind
        and complement(names, others)
        and not surnames(facts.authors).isdisjoint(surnames(other.authors))
        and are_near(facts.published_at, other.published_at, _APART)
    )


def may_be_versions(
    facts: PaperFacts, names: Collection[str], other: PaperFacts, others: Collection[str]
) -> bool:
    """Whether papers that are nearly equal in meaning are perhaps versions of one paper.

    Their first authors have one surname, a year lies between them at most, and exactly one of them
    is a preprint.
    """
    first = surnames(facts.authors[:1])
    return (
        bool(first)
        and first == surnames(other.authors[:1])
        and complement(names, others)
        and are_near(facts.published_at, other.published_at, _YEAR)
    )


def complement(names: Collection[str], others: Collection[str]) -> bool:
    """Whether one has only a preprint's identities, and the other none of these."""
    preprint, published = _kinds(names)
    other_preprint, other_published = _kinds(others)
    if preprint:
        return not (published or other_preprint)
    return other_preprint and not other_published


def are_near(one: datetime | None, other: datetime | None, most: timedelta) -> bool:
    """Whether two days lie no further apart than `most`; what is not known is taken as near."""
    return one is None or other is None or abs(one - other) <= most


def _kinds(names: Collection[str]) -> tuple[bool, bool]:
    """Whether there are preprints' identities, and others that a registry gives."""
    sure: Sequence[str] = [name for name in names if is_sure(name)]
    preprints = [name for name in sure if _is_preprint(name)]
    return bool(preprints), len(preprints) < len(sure)


def _is_preprint(name: str) -> bool:
    kind, _, value = name.partition(":")
    return kind == "arxiv" or (kind == "doi" and value.startswith(_PREPRINTS))
