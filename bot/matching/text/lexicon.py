"""The lexicon: words seen in papers, so that a typo can be told from a word one does not know."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.matching.text.definitions import Definitions
from bot.matching.text.document import Document
from bot.matching.text.normalize import fold_word
from bot.matching.text.tokenizer import analyse
from bot.matching.text.word_forms import ONE_TYPO_FROM, is_form, stem, typos
from bot.matching.text.word_lists import FUNCTION_WORDS
from bot.matching.types import PaperText

KNOWN_FROM = 3
"""A word in at least this many papers is known; rarer ones may be typos."""

_LARGEST = 200_000
_SHORTEST = 3
_MAGIC = b"paperround lexicon 1\n"
_DEFINES = "="
_AMBIGUOUS = 1 / 3
_MEANT_FROM, _LEFT_OFF = 8, 3
_SHORTEST_HALF, _COMMON = 4, 64


class Lexicon:
    """Document frequencies of folded words; it grows by `learn` and holds at most 200,000 words.

    It keeps no text and no word order, but for the acronyms that papers defined (`definitions`).
    """

    def __init__(self, counts: dict[str, int] | None = None) -> None:
        self._counts = {} if counts is None else counts
        self._by_letter: dict[str, list[str]] | None = None
        self._since: dict[str, int] = {}
        self._full = False
        self._became_known: list[str] = []
        self.definitions = Definitions()
        """What acronyms the papers defined."""

    @classmethod
    def shipped(cls) -> "Lexicon":
        """A new lexicon with the words that ship with the package."""
        return cls(dict(_shipped()))

    def __len__(self) -> int:
        return len(self._counts)

    def known(self, word: str) -> bool:
        """Whether a word, folded or as typed, was seen in at least three papers."""
        counts = self._counts
        return counts.get(word, 0) >= KNOWN_FROM or counts.get(fold_word(word), 0) >= KNOWN_FROM

    def known_at(self, folded: str, revision: int) -> bool:
        """Whether a folded word was known when the lexicon had this revision."""
        enough = self._counts.get(folded, 0) >= KNOWN_FROM
        return enough and self._since.get(folded, 0) <= revision

    @property
    def revision(self) -> int:
        """How many words became known since this object was made."""
        return len(self._became_known)

    def known_since(self, revision: int) -> Sequence[str]:
        """The words that became known after a revision."""
        return self._became_known[revision:]

    def frequency(self, term: str) -> int:
        """In how many papers a folded word was seen, shipped counts included."""
        return self._counts.get(term, 0)

    def learn(self, papers: Iterable[PaperText]) -> None:
        """Count each word once a paper."""
        for paper in papers:
            counts = self._counts
            for word in _words(paper):
                seen = counts.get(word, 0) + 1
                if seen == 1 and self._full:
                    continue
                counts[word] = seen
                if seen == KNOWN_FROM:
                    self._became_known.append(word)
                    self._since[word] = self.revision
                    self._by_letter = None
            self.definitions.learn(paper.title, paper.abstract)
            if len(counts) > _LARGEST:
                self._forget_rare()

    def _forget_rare(self) -> None:
        """Make room by forgetting words not yet known; where all are known, take no more in.

        A known word is never forgotten: what was no typo yesterday is none today.
        """
        for least in range(1, KNOWN_FROM):
            if len(self._counts) > _LARGEST // 2:
                self._counts = {w: n for w, n in self._counts.items() if n > least}
        self._full = len(self._counts) >= _LARGEST

    def correct(self, word: str) -> str | None:
        """The single best known word for an unknown one, or None.

        None too where two candidates are near in distance and frequency, and for forms, compounds
        and beginnings of known words ("interp"). It never corrects words under five letters.
        """
        folded = fold_word(word.lower())
        if len(folded) < ONE_TYPO_FROM or not folded.isalpha() or self._certain(folded):
            return None
        if self._begun(folded):
            return None
        near = [(typos(known, folded), known) for known in self._nearest(folded)]
        near = [(d, known) for d, known in near if self._counts[known] >= _MEANT_FROM]
        ranked = sorted((d, -self._counts[known], known) for d, known in near if d)
        if not ranked:
            return None
        distance, count, best = ranked[0]
        if len(ranked) > 1 and ranked[1][0] == distance and ranked[1][1] <= count * _AMBIGUOUS:
            return None
        if is_form(folded, self.known) and stem(best).key != stem(folded).key:
            return None
        return best

    def divide(self, word: str) -> str | None:
        """An unknown word as the two common words it is made of, or None: "textmining"."""
        folded = fold_word(word.lower())
        if self.known(folded):
            return None
        cuts = range(_SHORTEST_HALF, len(folded) - _SHORTEST_HALF + 1)
        halves = [(folded[:cut], folded[cut:]) for cut in cuts]
        rarer, best = max(
            ((min(self.frequency(fold_word(a)), self.frequency(b)), f"{a} {b}") for a, b in halves),
            default=(0, ""),
        )
        return best if rarer >= _COMMON else None

    def neighbours(self, word: str) -> list[str]:
        """Known words one typo from a word, in its number, the commonest first.

        They are what a real word may have been meant as: "modes" and "models". Only words more
        often seen than itself are given, and none under five letters. Of the beginning of a word
        ("interp") the commonest such words are given.
        """
        folded = fold_word(word)
        plural = "s" if word == folded + "s" else ""
        if len(word) < ONE_TYPO_FROM or not word.isalpha() or not word.islower():
            return []
        if not self.known(folded) and (longer := self._begun(folded)):
            return sorted(longer, key=lambda known: (-self.frequency(known), known))
        stem_key, seen = stem(folded).key, self.frequency(folded)
        near = {
            known
            for known in self._nearest(folded)
            if typos(known + plural, word) == 1 and stem(known).key != stem_key
        }
        commoner = [known for known in near if self.frequency(known) > seen]
        ranked = sorted(commoner, key=lambda known: (-self.frequency(known), known))
        return [known + plural for known in ranked]

    def _begun(self, folded: str) -> list[str]:
        """The known words that a word is the beginning of: it abbreviates them."""
        longer = len(folded) + _LEFT_OFF
        same = self._beginning_with(folded[0])
        return [word for word in same if len(word) >= longer and word.startswith(folded)]

    def _nearest(self, folded: str) -> list[str]:
        words = self._beginning_with(folded[0])
        hits = process.extract(folded, words, scorer=OSA.distance, score_cutoff=2, limit=None)
        return [word for word, _, _ in hits]

    def _beginning_with(self, letter: str) -> list[str]:
        by_letter = self._by_letter
        if by_letter is None:
            by_letter = {}
            # A copy, because another thread may be learning meanwhile.
            for word, count in list(self._counts.items()):
                if count >= KNOWN_FROM and word.isalpha():
                    by_letter.setdefault(word[0], []).append(word)
            self._by_letter = by_letter
        return by_letter.get(letter, [])

    def _certain(self, folded: str) -> bool:
        """Whether a word is known, or two known words written as one."""
        if folded in FUNCTION_WORDS or self.known(folded):
            return True
        cuts = range(ONE_TYPO_FROM, len(folded) - ONE_TYPO_FROM + 1)
        return any(self.known(folded[:cut]) and self.known(folded[cut:]) for cut in cuts)

    def dumps(self) -> bytes:
        """The lexicon as bytes that `loads` reads: a header and compressed lines."""
        by_count: dict[int, list[str]] = {}
        for word, count in self._counts.items():
            by_count.setdefault(count, []).append(word)
        lines = (f"{count} {' '.join(sorted(words))}" for count, words in sorted(by_count.items()))
        defined = (
            f"{_DEFINES}{count}\t{short}\t{long}"
            for (short, long), count in sorted(self.definitions.counts.items())
        )
        return _MAGIC + zlib.compress("\n".join((*lines, *defined)).encode())

    @classmethod
    def loads(cls, stored: bytes) -> "Lexicon":
        """The lexicon that `dumps` wrote; raise ValueError if it is corrupt or newer."""
        if not stored.startswith(_MAGIC):
            raise ValueError("not a lexicon of this version of Paperround; learn a new one")
        try:
            text = zlib.decompress(stored[len(_MAGIC) :]).decode()
            lines = text.splitlines()
            made = cls(dict(_parse(line for line in lines if line[:1] != _DEFINES)))
            for line in lines:
                if line[:1] == _DEFINES:
                    count, short, long = line[1:].split("\t")
                    made.definitions.counts[short, long] = int(count)
            return made
        except (zlib.error, ValueError) as damage:
            raise ValueError("the stored lexicon is damaged; learn a new one") from damage


class KnownWords:
    """What a lexicon knew at a revision, the present one if not said, whatever it learns later."""

    def __init__(self, lexicon: Lexicon, revision: int | None = None) -> None:
        self._lexicon = lexicon
        self._revision = lexicon.revision if revision is None else revision
        self._paper: Document | None = None
        self._doubtful: tuple[str, ...] = ()

    def known(self, folded: str) -> bool:
        """Whether a folded word was known."""
        return self._lexicon.known_at(folded, self._revision)

    def doubtful(self, folded: str) -> bool:
        """Whether a folded word may be a typo: it is not known, nor a form of a known word."""
        return not self.known(folded) and not is_form(folded, self.known)

    def doubtful_in(self, paper: Document) -> tuple[str, ...]:
        """The folded words of a paper, of five letters at least, that may be typos."""
        if paper is not self._paper:
            self._paper = paper
            fit = (term for term in paper.words() if len(term) >= ONE_TYPO_FROM and term.isalpha())
            self._doubtful = tuple(filter(self.doubtful, fit))
        return self._doubtful


def _words(paper: PaperText) -> set[str]:
    raw = {*paper.title.split(), *paper.abstract.split()}
    return {word for token in raw for word in _words_of(token)}


@lru_cache(maxsize=1 << 15)
def _words_of(token: str) -> tuple[str, ...]:
    words = [piece.term for piece in analyse(token).pieces if piece.part == "word"]
    return tuple(word for word in words if word.isalpha() and len(word) >= _SHORTEST)


def _parse(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    for line in lines:
        count, *words = line.split()
        for word in words:
            yield word, int(count)


@cache
def _shipped() -> tuple[tuple[str, int], ...]:
    text = resources.files(__package__).joinpath("lexicon.txt").read_text(encoding="utf-8")
    return tuple(_parse(text.splitlines()))
