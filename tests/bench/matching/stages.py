"""Where our time goes: the stages of a match, each without those within it."""

from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Any

from bot.matching.index import phrase_table
from bot.matching.index.batch_tokenizer import Tokens
from bot.matching.index.phrase_table import PhraseTable
from bot.matching.index.scan import Scan
from bot.matching.index.watch_index import WatchIndex

NEW_WORDS, REST = "words never seen before", "the rest"
_STAGES: tuple[tuple[str, Any, str], ...] = (
    ("splitting and looking up", Tokens, "read"),
    (NEW_WORDS, Tokens, "_take_in"),
    (NEW_WORDS, PhraseTable, "_catch_up"),
    ("wanted words in order", phrase_table, "stream"),
    ("candidates and scores", Scan, "__init__"),
    ("candidates and scores", Scan, "hits"),
    ("authors", WatchIndex, "_named_in"),
    (REST, WatchIndex, "match"),
)
LABELS = tuple(dict.fromkeys(label for label, _, _ in _STAGES))
"""The stages as a table names them, all of which together are a match."""

Work = Callable[..., Any]


class Stages:
    """Notes the seconds that each stage takes while it is entered; costs some µs a call of `match`.

    It stands around a few methods of the index by their names, and fails where one is gone.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.taken: dict[str, float] = defaultdict(float)
        self._now = now
        self._within = [0.0]
        self._replaced: list[tuple[Any, str, Work]] = []

    def __enter__(self) -> "Stages":
        for label, owner, name in _STAGES:
            work = getattr(owner, name)
            self._replaced.append((owner, name, work))
            setattr(owner, name, self._timed(label, work))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._replaced:
            setattr(*self._replaced.pop())

    def shares(self) -> dict[str, float]:
        """The share of each stage, 0-1, in the order of `LABELS`."""
        total = sum(self.taken.values())
        return {label: self.taken[label] / total for label in LABELS} if total else {}

    def _timed(self, label: str, work: Work) -> Work:
        def timed(*arguments: object, **named: object) -> object:
            self._within.append(0.0)
            start = self._now()
            try:
                return work(*arguments, **named)
            finally:
                took = self._now() - start
                self.taken[label] += took - self._within.pop()
                self._within[-1] += took

        return timed
