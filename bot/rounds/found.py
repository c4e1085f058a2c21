"""Which watch matches which paper, and how well, for all channels: columns, not objects."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_NOBODY = 0
_FIELDS = [("watch", "i4"), ("paper", "i4"), ("score", "f8"), ("revision", "i4")]

Rows = NDArray[Any]
"""Matches: `watch`, `paper`, `score` and the `revision` of the lexicon that they were found by."""


class _Part(NamedTuple):
    """Rows sorted by channel: those of `channels[i]` are `starts[i]` to `starts[i + 1]`."""

    channels: NDArray[np.int32]
    starts: NDArray[np.int64]
    rows: Rows


class Found:
    """All matches of a window, at 20 bytes each, where objects in dicts took some 400.

    Matches come in parts, which are joined as they grow, so there are few. What is dropped is
    crossed out and leaves when its part is next made anew.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(part.rows["watch"])) for part in self._parts)

    def add(
        self,
        channels: Sequence[int],
        watches: Sequence[int],
        papers: NDArray[Any],
        scores: Sequence[float],
        revision: int,
    ) -> None:
        """Take matches in, column by column, all found by one `revision` of the lexicon.

        One of a watch and paper that is here already is not replaced.
        """
        rows = np.empty(len(channels), _FIELDS)
        rows["watch"], rows["paper"], rows["score"] = watches, papers, scores
        rows["revision"] = revision
        self._parts.append(_part(np.array(channels, np.int32), rows))
        while len(self._parts) > 1 and len(self._parts[-2].rows) <= 2 * len(self._parts[-1].rows):
            newer, older = self._parts.pop(), self._parts.pop()
            channel = np.concatenate([_channel(older), _channel(newer)])
            self._parts.append(_part(channel, np.concatenate([older.rows, newer.rows])))

    def of_channel(self, channel: int) -> Rows:
        """The matches of a channel's watches, in no order."""
        slices = [part.rows[_place(part, channel)] for part in self._parts]
        found: Rows = np.concatenate(slices) if slices else np.empty(0, _FIELDS)
        kept: Rows = found[found["watch"] != _NOBODY]
        return kept

    def drop_watch(self, channel: int, watch: int) -> None:
        """Forget what a watch matched."""
        for part in self._parts:
            mine = part.rows[_place(part, channel)]["watch"]
            mine[mine == watch] = _NOBODY

    def forget(self, papers: Iterable[int]) -> None:
        """Forget all matches of these papers."""
        gone = np.array(sorted(papers), np.int32)
        kept = [_without(part, gone) for part in self._parts] if len(gone) else self._parts
        self._parts = [part for part in kept if len(part.rows)]


def _part(channel: NDArray[np.int32], rows: Rows) -> _Part:
    """Rows of these channels, sorted; without what was crossed out."""
    kept = rows["watch"] != _NOBODY
    channel, rows = channel[kept], rows[kept]
    order = np.argsort(channel, kind="stable")
    channels, starts = np.unique(channel[order], return_index=True)
    return _Part(channels, np.append(starts, len(order)), rows[order])


def _channel(part: _Part) -> NDArray[np.int32]:
    return np.repeat(part.channels, np.diff(part.starts))


def _place(part: _Part, channel: int) -> slice:
    at = int(np.searchsorted(part.channels, channel))
    if at == len(part.channels) or part.channels[at] != channel:
        return slice(0, 0)
    return slice(int(part.starts[at]), int(part.starts[at + 1]))


def _without(part: _Part, gone: NDArray[np.int32]) -> _Part:
    papers = part.rows["paper"]
    if gone[-1] < papers.min() or gone[0] > papers.max():
        return part
    kept = ~np.isin(papers, gone)
    return part if kept.all() else _part(_channel(part)[kept], part.rows[kept])
