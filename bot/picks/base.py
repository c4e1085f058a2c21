"""What all channels of an install share, so that a new one is not a blank page."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bot.matching.paper import PaperText
from bot.picks.features import SIZE, features


class Base:
    """How telling each feature is, learned from the papers that the install has seen.

    It holds no vote and no person. It is only read by the tastes that are given it.
    """

    def __init__(self, telling: NDArray[np.float64]) -> None:
        self.telling = telling

    @classmethod
    def blank(cls) -> "Base":
        """The base of an install that has seen nothing: every feature is as telling."""
        return cls(np.ones(SIZE))

    @classmethod
    def of_papers(cls, papers: Iterable[PaperText]) -> "Base":
        """Count in how many papers each feature stands: rare ones tell more (smoothed idf).

        Scaled so that papers keep a length of 1 on average.
        """
        read = [features(paper) for paper in papers]
        if not read:
            return cls.blank()
        counts = np.zeros(SIZE)
        for one in read:
            counts[one.places] += 1.0
        telling = np.log((1.0 + len(read)) / (1.0 + counts)) + 1.0
        squares = [float(((one.values * telling[one.places]) ** 2).sum()) for one in read]
        return cls(telling / max(np.sqrt(np.mean(squares)), 1e-9))
