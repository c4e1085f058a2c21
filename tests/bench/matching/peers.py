"""What people use today to find many phrases in many texts, each at its best for this task.

Every peer sees title, abstract and authors of a paper, because watches may name authors. Where a
peer could not do all of our work it does less, in its own favour: the scorers and Aho-Corasick
find the phrases of a combination but are spared combining them, tantivy's fuzzy query ignores the
order of words, and none gives evidence.
"""

import sqlite3
from collections.abc import Sequence
from typing import Protocol

import ahocorasick_rs
import numpy as np
import tantivy
from rapidfuzz import fuzz, process

from tests.bench.matching.watches import Watch
from tests.bench.real import Sample, normalised

WORKERS = 2
"""Threads of rapidfuzz's `cdist`; all else runs on one."""

_THRESHOLD = 80


class Peer(Protocol):
    """A way to find watches in papers, built once from all watches."""

    def load(self, papers: Sequence[Sample]) -> None:
        """Take in a batch of papers never seen before; all that is done once a paper."""
        ...

    def search(self) -> int:
        """Look for every watch in the batch; the number of finds, so that none can be skipped."""
        ...


class Scorer:
    """rapidfuzz's `cdist` with one of its scorers on 2 workers, every phrase on every text."""

    def __init__(self, watches: Sequence[Watch], scorer: str) -> None:
        self._phrases = _phrases(watches)
        self._scorer = getattr(fuzz, scorer)
        self._texts: list[str] = []

    def load(self, papers: Sequence[Sample]) -> None:
        self._texts = [normalised(paper.text) for paper in papers]

    def search(self) -> int:
        scores = process.cdist(
            self._phrases,
            self._texts,
            scorer=self._scorer,
            score_cutoff=_THRESHOLD,
            dtype=np.uint8,
            workers=WORKERS,
        )
        return int(np.count_nonzero(scores))


class AhoCorasick:
    """Exact words by one automaton, after NFKC, casefold and punctuation to blanks."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        # The blanks around a phrase keep it from matching inside a word.
        self._finder = ahocorasick_rs.AhoCorasick([f" {text} " for text in _phrases(watches)])
        self._texts: list[str] = []

    def load(self, papers: Sequence[Sample]) -> None:
        self._texts = [f" {normalised(paper.text)} " for paper in papers]

    def search(self) -> int:
        find = self._finder.find_matches_as_indexes
        return sum(len({hit[0] for hit in find(text, overlapping=True)}) for text in self._texts)


class Fts5:
    """SQLite FTS5 with the Porter stemmer, one query a watch over each batch of papers."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._queries = [
            (f" {watch.join} ".join(f'"{text}"' for text in watch.phrases),) for watch in watches
        ]
        self._database = sqlite3.connect(":memory:")

    def load(self, papers: Sequence[Sample]) -> None:
        self._database.close()
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE paper USING fts5(text, tokenize='porter unicode61')"
        )
        self._database.executemany(
            "INSERT INTO paper (text) VALUES (?)", ((paper.text,) for paper in papers)
        )

    def search(self) -> int:
        ask = self._database.execute
        statement = "SELECT rowid FROM paper WHERE paper MATCH ?"
        return sum(len(ask(statement, query).fetchall()) for query in self._queries)


class Tantivy:
    """tantivy, one ready-made query a watch over an index in memory of each batch of papers."""

    def __init__(self, watches: Sequence[Watch], kind: str) -> None:
        stemmed = kind == "stemmed phrase"
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="en_stem" if stemmed else "default")
        self._schema = builder.build()
        self._searcher: tantivy.Searcher | None = None
        phrase = self._stemmed_phrase if stemmed else self._fuzzy_words
        self._parser = tantivy.Index(self._schema)
        self._queries = [
            self._joined(watch, [phrase(t) for t in watch.phrases]) for watch in watches
        ]

    def load(self, papers: Sequence[Sample]) -> None:
        index = tantivy.Index(self._schema)
        writer = index.writer(num_threads=1)
        for paper in papers:
            writer.add_document(tantivy.Document(text=paper.text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def search(self) -> int:
        assert self._searcher, "load papers first"
        ask, most = self._searcher.search, self._searcher.num_docs
        return sum(len(ask(query, limit=most, count=False).hits) for query in self._queries)

    def _stemmed_phrase(self, text: str) -> tantivy.Query:
        return self._parser.parse_query(f'"{text}"', ["text"])

    def _fuzzy_words(self, text: str) -> tantivy.Query:
        return _all_of([self._word(word) for word in text.split()])

    def _word(self, word: str) -> tantivy.Query:
        if len(word) < 5:
            return tantivy.Query.term_query(self._schema, "text", word)
        return tantivy.Query.fuzzy_term_query(self._schema, "text", word, distance=1)

    @staticmethod
    def _joined(watch: Watch, phrases: list[tantivy.Query]) -> tantivy.Query:
        if watch.join == "NOT":
            must, must_not = tantivy.Occur.Must, tantivy.Occur.MustNot
            return tantivy.Query.boolean_query([(must, phrases[0]), (must_not, phrases[1])])
        return _all_of(phrases)


def _all_of(queries: list[tantivy.Query]) -> tantivy.Query:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _phrases(watches: Sequence[Watch]) -> list[str]:
    return list(dict.fromkeys(text for watch in watches for text in watch.phrases))
