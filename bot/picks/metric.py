"""Which directions of meaning tell channels apart, learned from what each of them liked.

As in linear discriminant analysis (Fisher 1936; Rao 1948), but without labels: texts are whitened
by their spread, stretched along each direction by how far apart channels' means lie there, and
turned back. What channels agree on stops telling papers apart; what divides them tells more.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FEWEST_LIKED = 5
"""Papers that a channel must have liked to be counted."""

DOUBT = 300.0
"""Channels after which what was learned counts for half; before, papers lie as their texts say.

Chosen on people outside T1's 200 (tests/quality): pools of 16 channels must not lose by it.
"""

_LEAST = 1e-6

Dense = NDArray[np.float32]
_Exact = NDArray[np.float64]


def learn_metric(spread: Dense, groups: Sequence[Dense]) -> Dense:
    """The matrix to multiply a text's place by (dimensions by dimensions).

    `spread` is the covariance of all texts' places, `groups` the places of what each channel
    liked (papers by dimensions). Only channels' means are read. Equal input gives an equal result.
    """
    dimensions = len(spread)
    means = [group.mean(axis=0) for group in groups if len(group) >= FEWEST_LIKED]
    if not means or not dimensions:
        return np.eye(dimensions, dtype=np.float32)
    apart = np.cov(np.array(means, dtype=np.float64).T, bias=True).reshape(dimensions, dimensions)
    whiten, back = _powers(spread.astype(np.float64))
    told = whiten @ apart @ whiten
    told *= dimensions / max(float(np.trace(told)), _LEAST)
    believed = (len(means) * told + DOUBT * np.eye(dimensions)) / (len(means) + DOUBT)
    return np.asarray(whiten @ believed @ back, dtype=np.float16).astype(np.float32)


def _powers(spread: _Exact) -> tuple[_Exact, _Exact]:
    """The spread to the power of -1/2 and of 1/2, directions without any spread held off zero."""
    sizes, turn = np.linalg.eigh(spread)
    sizes = np.maximum(sizes, max(_LEAST * float(sizes.max()), _LEAST**2))
    return (turn * sizes**-0.5) @ turn.T, (turn * sizes**0.5) @ turn.T
