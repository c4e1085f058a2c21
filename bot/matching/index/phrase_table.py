"""All phrases of all watches against a batch of papers, in columns."""

from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from bot.matching.index.arrays import Array, Column, where
from bot.matching.index.batch_tokenizer import Tokens, WantedPieces
from bot.matching.index.guards import Senses
from bot.matching.index.prefixes import Prefixes
from bot.matching.index.scan import Hits, Scan, stream
from bot.matching.index.terms import Terms
from bot.matching.index.typo_pairs import Misspelt
from bot.matching.index.variant_table import Keys, Variants
from bot.matching.phrase import Guard, WordSlot, variants
from bot.matching.query.ast import Phrase
from bot.matching.score import SAME, UNIT_COST, best_hit, has_typos
from bot.matching.text.acronyms import acronyms
from bot.matching.text.document import read
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.text.phrase_terms import is_prefix
from bot.matching.text.pieces import WORD
from bot.matching.types import PaperText

_MOST_TOKENS = 200_000
_MERGE_RATIO = 4

_ONE_IN_MANY = 100.0
"""Papers with a phrase's rarest word, to those with the phrase: about."""


class PhraseTable:
    """Phrases by number. New ones are keyed apart and merged now and then, as a log is.

    It remembers what each raw token means, for the next papers, up to 200,000 of them.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._numbers: dict[Phrase, int] = {}
        self._phrases: list[Phrase] = []
        self._frequency = array("f")
        self._intruded: set[int] = set()
        self._terms = Terms()
        self._variants = Variants(self._terms, lexicon)
        self._keys: list[Keys] = []
        self._with_typos: set[int] = set()
        self._with_prefix: set[int] = set()
        self._looked_for: set[str] = set()
        self._sense_of: dict[int, list[int]] = {}
        self._wanted_classes: Array = np.zeros(1, np.bool_)
        self._start_afresh()

    def __len__(self) -> int:
        return len(self._numbers)

    def _start_afresh(self) -> None:
        """Forget all papers' words."""
        self._tokens = Tokens(self._terms)
        self._misspelt = Misspelt(self._terms, self._lexicon)
        for term in self._with_typos:
            self._misspelt.want(term)
        self._prefixes = Prefixes(self._terms)
        for term in self._with_prefix:
            self._prefixes.want(term)
        self._wanted = WantedPieces(self._tokens)
        self._wanted_terms = Column(np.bool_)

    def phrase(self, number: int) -> Phrase:
        """The phrase of a number."""
        return self._phrases[number]

    def number(self, phrase: Phrase) -> int:
        """The number of a phrase, taking it in if it is new."""
        number = self._numbers.get(phrase)
        if number is None:
            number = self._numbers[phrase] = len(self._numbers)
            self._phrases.append(phrase)
            self._take_in(number, phrase)
        return number

    def _take_in(self, number: int, phrase: Phrase) -> None:
        forms = variants(phrase.text, exact=phrase.exact)
        if any(variant.intruders for variant in forms):
            self._intruded.add(number)
        self._frequency.append(self._rarest(forms[0].slots))
        title, terms = phrase.scope == "title", self._terms.ids
        for variant in forms:
            self._variants.add(number, variant, title=title)
            if variant.guard is not None:
                self._look_for(variant.guard)
            for slot in variant.slots:
                if is_prefix(slot.term) and (term := terms[slot.term]) not in self._with_prefix:
                    self._with_prefix.add(term)
                    self._prefixes.want(term)
                if has_typos(slot) and (term := terms[slot.term]) not in self._with_typos:
                    self._with_typos.add(term)
                    self._misspelt.want(term)

    def _look_for(self, guard: Guard) -> None:
        """Look for the long forms of all senses of an acronym, where it has several."""
        senses = acronyms().by_key[guard.sense.key]
        if len(senses) > 1 and guard.sense.key not in self._looked_for:
            self._looked_for.add(guard.sense.key)
            for sense in senses:
                for text in sense.texts:
                    self._sense_of.setdefault(self.number(Phrase(text, exact=True)), []).append(
                        sense.number
                    )

    def _rarest(self, slots: tuple[WordSlot, ...]) -> float:
        counts = [self._lexicon.frequency(slot.term) for slot in slots]
        return min(counts) / (1.0 if len(counts) == 1 else _ONE_IN_MANY)

    def frequency(self, number: int) -> float:
        """In about how many papers a phrase is found, as its rarest word was when added."""
        return self._frequency[number]

    def hits(self, papers: Sequence[PaperText], least: float) -> tuple[Array, Array, Array]:
        """Paper, phrase and score of all that score `least` or more, each once, by paper."""
        if len(self._tokens) > _MOST_TOKENS:
            self._forget()
        text = self._tokens.read(papers)
        self._catch_up()
        items = stream(text, self._wanted, self._terms, self._misspelt, self._prefixes)
        hits = Scan(items, self._variants, self._terms, least).hits(self._keys)
        senses = Senses(text, self._tokens, items, self._terms)
        senses.said = set(self._senses_said(hits))
        free = senses.free(hits, self._variants.guard[hits.variant], self._variants.guards)
        best = self._best(hits, free)
        return self._without_intruders(papers, best, least) if self._intruded else best

    def _without_intruders(
        self, papers: Sequence[PaperText], found: tuple[Array, Array, Array], least: float
    ) -> tuple[Array, Array, Array]:
        """Look again, one by one, where a word may stand in between that must not: such are few."""
        paper, phrase, score = found
        low = where(score <= SAME - WORD * UNIT_COST)
        doubtful = low[np.isin(phrase[low], [*self._intruded])] if len(low) else low
        words = KnownWords(self._lexicon)
        for row in doubtful.tolist():
            text = papers[paper[row]]
            hit = best_hit(self._phrases[phrase[row]], read(text.title, text.abstract), words)
            score[row] = hit.score if hit else 0.0
        kept = score >= least
        return paper[kept], phrase[kept], score[kept]

    def _senses_said(self, hits: Hits) -> Iterator[tuple[int, int]]:
        """Yields papers and numbers of senses whose long forms they say."""
        phrase = self._variants.phrase[hits.variant]
        tells = np.zeros(len(self), np.bool_)
        tells[list(self._sense_of)] = True
        telling = where(tells[phrase])
        for number, paper in zip(
            phrase[telling].tolist(), hits.paper[telling].tolist(), strict=True
        ):
            for sense in self._sense_of[number]:
                yield paper, sense

    def _best(self, hits: Hits, free: Array) -> tuple[Array, Array, Array]:
        variants_, paper, score = hits.variant[free], hits.paper[free], hits.score[free]
        if not len(paper):
            return paper, paper, score
        codes = paper.astype(np.int64) * len(self) + self._variants.phrase[variants_]
        order = np.argsort(codes)
        codes = codes[order]
        first = where(np.concatenate(([True], codes[1:] != codes[:-1])))
        paper, phrase = np.divmod(codes[first], len(self))
        return paper, phrase, np.maximum.reduceat(score[order], first)

    def _catch_up(self) -> None:
        """Key the phrases added since the last batch, and take in new words of papers."""
        fresh = self._key()
        old, new = self._misspelt.update(self._tokens.new_words)
        begun, begin = self._prefixes.update(self._tokens.new_words)
        old, new = old | begun, new | begin
        self._tokens.new_words.clear()
        if fresh or old:
            # Tokens seen before have pieces that nobody wanted until now.
            self._wanted = WantedPieces(self._tokens)
            self._wanted_terms = Column(np.bool_)
            new = {*self._misspelt.paired, *self._prefixes.paired}
        classes = self._terms.classes[len(self._wanted_terms) :]
        last = len(self._wanted_classes) - 1
        self._wanted_terms.add(self._wanted_classes[np.minimum(classes, last)])
        self._wanted_terms.view()[list(new)] = True
        self._wanted.follow(self._wanted_terms.view())

    def _key(self) -> bool:
        """Key new variants, and tell if they ask for words that none before did.

        Runs of like size are keyed again as one, so that few remain.
        """
        start = self._keys[-1].stop if self._keys else 0
        if start == len(self._variants):
            return False
        self._variants.view()
        stop = len(self._variants)
        while self._keys and (stop - start) * _MERGE_RATIO > start - self._keys[-1].start:
            start = self._keys.pop().start
        self._keys.append(Keys(self._variants, self._terms, start, stop))
        before = self._wanted_classes
        # One class more, wanted by nobody, stands for all that come later.
        self._wanted_classes = np.zeros(self._terms.class_count + 1, np.bool_)
        self._wanted_classes[: len(before)] = before
        self._wanted_classes[self._keys[-1].classes] = True
        return int(before.sum()) < int(self._wanted_classes.sum())

    def _forget(self) -> None:
        """Forget the words of papers, and keep those of watches under new numbers."""
        terms, numbers = self._terms.renumbered(np.unique(self._variants.term).tolist())
        self._terms = terms
        self._variants.renumber(terms, numbers)
        self._with_prefix = {int(numbers[term]) for term in self._with_prefix}
        self._with_typos = {int(numbers[term]) for term in self._with_typos}
        self._keys = [Keys(self._variants, terms, k.start, k.stop) for k in self._keys]
        self._wanted_classes = np.zeros(terms.class_count + 1, np.bool_)
        for key in self._keys:
            self._wanted_classes[key.classes] = True
        self._start_afresh()

    def nbytes(self) -> int:
        """About how many bytes the table holds."""
        words = self._terms.nbytes() + self._tokens.nbytes() + self._wanted.nbytes()
        keys = sum(key.nbytes() for key in self._keys)
        return words + keys + self._variants.nbytes() + 330 * len(self)
