"""All watches at once: which watches match each paper, exactly as evaluating each alone."""

from collections.abc import Hashable, Sequence

from bot.matching.evaluate import LEAST, evaluate
from bot.matching.expression import Expression
from bot.matching.lexicon import Lexicon
from bot.matching.paper import Match, PaperText


class WatchIndex:
    """Watches under keys; papers come in batches."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._watches: dict[Hashable, Expression] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def add(self, key: Hashable, expression: Expression) -> None:
        """Add a watch, or change the one under this key."""
        self._watches[key] = expression

    def remove(self, key: Hashable) -> None:
        """Remove a watch; raise KeyError where there is none."""
        del self._watches[key]

    def match(
        self, papers: Sequence[PaperText], threshold: float = LEAST
    ) -> list[dict[Hashable, Match]]:
        """Return for each paper the watches that score at or above the threshold (60-100)."""
        return [self._match_one(paper, threshold) for paper in papers]

    def _match_one(self, paper: PaperText, threshold: float) -> dict[Hashable, Match]:
        found = {}
        for key, expression in self._watches.items():
            match = evaluate(expression, paper, self._lexicon, threshold)
            if match:
                found[key] = match
        return found

    def memory(self) -> int:
        """Return about how many bytes the index holds."""
        return 1_000 * len(self._watches)
