"""The scorers that matching is measured beside: each gives every topic a score on every paper.

A scorer takes a task and returns an array of shape (topics, papers), at least 0, higher is
better; what it would do with a threshold is chosen elsewhere.
"""

import sqlite3
from collections.abc import Callable

import numpy as np
from rapidfuzz import fuzz, process
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from tests.bench.real import normalised
from tests.quality.matching.judged import Judged, Scores

Scorer = Callable[[Judged], Scores]

_K1, _B = 1.2, 0.75


def rapidfuzz_score(name: str) -> Scorer:
    """One of rapidfuzz's scorers, 0-100, on lower-case words without punctuation."""

    def score(task: Judged) -> Scores:
        return process.cdist(
            _topics(task),
            _texts(task),
            scorer=getattr(fuzz, name),
            dtype=np.float32,
            workers=2,
        )

    return score


def exact_phrase(task: Judged) -> Scores:
    """100 where the topic stands in the text as whole words, else 0."""
    texts = [f" {text} " for text in _texts(task)]
    rows = [[f" {topic} " in text for text in texts] for topic in _topics(task)]
    return np.array(rows, dtype=np.float32) * 100


def fts5_phrase(task: Judged) -> Scores:
    """SQLite FTS5, Porter stems: the topic as one phrase, ranked by its BM25."""
    return _fts5(task, lambda topic: f'"{topic}"')


def fts5_words(task: Judged) -> Scores:
    """SQLite FTS5, Porter stems: any word of the topic, ranked by its BM25."""
    return _fts5(task, lambda topic: " OR ".join(f'"{word}"' for word in topic.split()))


def tfidf(task: Judged) -> Scores:
    """Cosine of tf-idf over words and word pairs without English stop words, as a percentage."""
    model = TfidfVectorizer(ngram_range=(1, 2), stop_words="english")
    texts = model.fit_transform(_texts(task))
    return (model.transform(_topics(task)) @ texts.T).toarray().astype(np.float32) * 100


def bm25(task: Judged) -> Scores:
    """Okapi BM25 without English stop words, as a percentage of what the topic can reach.

    k1 = 1.2 and b = 0.75, after Robertson and Zaragoza (2009); the percentage makes one
    threshold mean the same for long and short topics, and leaves each topic's order as it is.
    """
    model = CountVectorizer(stop_words="english")
    counts = csr_array(model.fit_transform(_texts(task)), dtype=np.float32)
    topics = csr_array(model.transform(_topics(task)) > 0, dtype=np.float32)
    idf = _idf(counts)
    reach = np.maximum(topics @ (idf * (_K1 + 1)), 1e-9)
    return (topics @ _weighted(counts, idf).T).toarray() / reach[:, None] * 100


BASELINES: dict[str, Scorer] = {
    "partial_ratio": rapidfuzz_score("partial_ratio"),
    "token_set_ratio": rapidfuzz_score("token_set_ratio"),
    "WRatio": rapidfuzz_score("WRatio"),
    "FTS5 porter phrase": fts5_phrase,
    "FTS5 porter any word": fts5_words,
    "BM25": bm25,
    "tf-idf": tfidf,
    "exact phrase": exact_phrase,
}


def _idf(counts: csr_array) -> Scores:
    held = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.log1p((counts.shape[0] - held + 0.5) / (held + 0.5)).astype(np.float32)


def _weighted(counts: csr_array, idf: Scores) -> csr_array:
    length = counts.sum(axis=1)
    room = _K1 * (1 - _B + _B * length / length.mean())
    cells = counts.tocoo()
    frequency = cells.data * (_K1 + 1) / (cells.data + room[cells.row])
    weights = frequency * idf[cells.col]
    return csr_array((weights, (cells.row, cells.col)), shape=counts.shape, dtype=np.float32)


def _fts5(task: Judged, query: Callable[[str], str]) -> Scores:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE paper USING fts5(text, tokenize='porter unicode61')")
    database.executemany("INSERT INTO paper (rowid, text) VALUES (?, ?)", enumerate(_texts(task)))
    ask = "SELECT rowid, -bm25(paper) FROM paper WHERE paper MATCH ?"
    scores = np.zeros((len(task.topics), len(task.papers)), dtype=np.float32)
    for row, topic in enumerate(_topics(task)):
        for place, score in database.execute(ask, (query(topic),)):
            # FTS5 gives a word in over half of the texts an idf near 0; a match stays a match.
            scores[row, place] = max(score, 1e-3)
    return scores


def _topics(task: Judged) -> list[str]:
    return [normalised(topic) for topic in task.topics]


def _texts(task: Judged) -> list[str]:
    return [normalised(f"{paper.title} {paper.abstract}") for paper in task.papers]
