"""What a channel's votes taught: sums of votes, one seat a person, small and order-free.

A person's seat holds the sum of the feature vectors they voted on, signed by the vote. Adding,
changing and taking back a vote are the same step, an addition, so the order of events does not
matter and nothing is retrained. What the channel likes is the sum of its people's mean vectors,
where a person with n votes speaks with a voice of `VOICE * n / (n + VOICE - 1)`: 1 for one
vote, never more than `VOICE`, however many votes follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.matching.paper import PaperText
from bot.picks.base import Base
from bot.picks.blob import TasteFormatError, pack, unpack
from bot.picks.features import SIZE, Features, features, phrase
from bot.picks.pick import Opinion
from bot.picks.seat import Seat

__all__ = ["Taste", "TasteFormatError"]

VOICE = 4.0
"""The most that one person can count for, in people who voted once."""

DOWN = 1.0
"""Weight of a vote down beside a vote up."""

PRIOR = 0.5
"""Weight of the watches' own words, in people who voted once; it does not decay."""

DOUBT = 1.0
"""Voices at which a taste is trusted by half."""

STEEP = 2.0
"""How fast likeness becomes opinion."""

SILENCE = 0.1
"""Weight of a shown paper without a vote, before it shrinks with how many saw it."""

SEATS = 64
"""People with a seat of their own; all later ones share one."""

ENTRIES = 4096
"""Feature sums kept over all seats; beyond it the weakest are forgotten."""

NAMES = 256
"""Features whose words are remembered."""

_SILENT = 0
_CROWD = 1
_DAY = 86_400.0
_REBASE = 64
_TELLING = 0.01
_SAID = 2
_PULL = {1: 1.0, 0: 0.0, -1: -DOWN}


@dataclass(frozen=True, slots=True)
class _View:
    """All seats together at one time: what is liked, how much is known, how many voices."""

    at: float
    heart: NDArray[np.float64]
    known: NDArray[np.float64]
    voices: float


class Taste:
    """The taste of one channel.

    `half_life_days` is after how long a vote counts for half; `words` are the channel's watches
    and stand for its taste until votes do; `base` is what the install shares. It knows no
    storage and no clock, keeps no vote and no name of a person, and is not thread-safe.
    """

    def __init__(
        self,
        *,
        half_life_days: float = 90.0,
        words: Sequence[str] = (),
        base: Base | None = None,
    ) -> None:
        if not half_life_days > 0.0:
            raise ValueError(f"half_life_days must be above 0, not {half_life_days}")
        self._half_life = half_life_days
        self._prior = tuple(words)
        self._base = base or Base.blank()
        self._epoch: int | None = None
        self._votes = 0
        self._seats: dict[int, Seat] = {}
        self._names: dict[int, str] = {}
        self._view: _View | None = None

    @property
    def votes(self) -> int:
        """How many votes count now, up and down; a vote taken back does not."""
        return self._votes

    def learn(
        self, paper: PaperText, *, person: str, before: int, after: int, at: datetime
    ) -> None:
        """Change a person's vote on a shown paper from `before` to `after`, each -1, 0 or +1.

        `at` dates the vote for its decay. Pass the same time for a paper's every change, best
        the time it was posted: then a vote taken back is taken back wholly, and a replay of
        the votes that still stand gives this state whatever was clicked in between.
        """
        if before not in (-1, 0, 1) or after not in (-1, 0, 1):
            raise ValueError(f"a vote is -1, 0 or +1, not {before} or {after}")
        if before == after:
            return
        weight = self._weight(at)
        more = abs(after) - abs(before)
        self._votes += more
        pull = _PULL[after] - _PULL[before]
        self._add(self._seat_of(person), more * weight, pull * weight, features(paper))

    def shown(self, paper: PaperText, *, viewers: int, at: datetime) -> None:
        """Note that nobody of `viewers` (at least 1) voted on a paper: weak evidence against it.

        Its weight is `SILENCE / viewers`, for the more people see a paper, the less each feels
        asked. All silence together speaks with one person's voice. Call it once a paper.
        """
        weight = self._weight(at) * SILENCE / max(viewers, 1)
        self._add(_SILENT, weight, -weight, features(paper))

    def opinion(self, paper: PaperText, at: datetime) -> Opinion:
        """What the channel would think of a paper at a time."""
        view = self._seen_at(self._lives(at))
        read = features(paper)
        seen = read.values * self._base.telling[read.places]
        parts = seen * view.heart[read.places] / (float(np.linalg.norm(seen)) or 1.0)
        value = float(np.tanh(STEEP * parts.sum() / (view.voices + DOUBT)))
        known = view.known[read.places]
        covered = float((read.values**2 * known / (known + 1.0)).sum())
        likes, dislikes = _words(read, parts), _words(read, -parts)
        return Opinion(value, 1.0 - covered, likes, dislikes)

    def favourites(self, n: int) -> tuple[tuple[tuple[str, float], ...], ...]:
        """The `n` words liked and the `n` disliked most with their weights, strongest first.

        Weights compare within one taste only. Words come from papers that were voted on.
        """
        view = self._view or self._seen_at(float(self._epoch or 0))
        heart = view.heart * self._base.telling
        named = [(word, float(heart[place])) for place, word in self._names.items()]
        ranked = sorted(named, key=lambda one: (-one[1], one[0]))
        likes = tuple(one for one in ranked if one[1] > 0.0)[:n]
        dislikes = tuple(one for one in reversed(ranked) if one[1] < 0.0)[:n]
        return likes, dislikes

    def dumps(self) -> bytes:
        """The state to store: at most some tens of kilobytes, the base not included."""
        facts = {
            "half_life": self._half_life,
            "words": self._prior,
            "epoch": self._epoch,
            "votes": self._votes,
            "names": [[place, word] for place, word in self._names.items()],
        }
        return pack(facts, self._seats)

    @classmethod
    def loads(cls, blob: bytes, base: Base | None = None) -> "Taste":
        """The taste that `dumps` stored; raises TasteFormatError if it cannot be read."""
        facts, seats = unpack(blob)
        try:
            taste = cls(half_life_days=facts["half_life"], words=facts["words"], base=base)
            taste._epoch, taste._votes = facts["epoch"], facts["votes"]
            taste._names = {int(place): str(word) for place, word in facts["names"]}
        except (KeyError, TypeError, ValueError) as error:
            raise TasteFormatError("this taste is damaged; rebuild it from the votes") from error
        taste._seats = seats
        return taste

    def _lives(self, at: datetime) -> float:
        """A time in half-lives since 1970."""
        return at.timestamp() / (_DAY * self._half_life)

    def _weight(self, at: datetime) -> float:
        """What a vote of that time weighs in the epoch's units; moves the epoch on if it must."""
        lives = self._lives(at)
        if self._epoch is None:
            self._epoch = int(lives)
        elif lives > self._epoch + _REBASE:
            moved = int(lives) - self._epoch
            for seat in self._seats.values():
                seat.scale(0.5**moved)
            self._epoch += moved
        return float(2.0 ** max(lives - self._epoch, -_REBASE))

    def _seat_of(self, person: str) -> int:
        """The number of a person's seat: a digest, so that no name is stored."""
        own = int.from_bytes(blake2b(person.encode(), digest_size=6).digest(), "big") + 2
        return own if own in self._seats or len(self._seats) < SEATS else _CROWD

    def _add(self, key: int, count: float, pull: float, read: Features) -> None:
        """Add a paper to a seat, remember its words, and forget what no longer fits."""
        seat = self._seats.setdefault(key, Seat())
        seat.add(count, read.places.astype(np.uint16), pull * read.values)
        self._names.update(zip(read.places.tolist(), read.words, strict=True))
        self._view = None
        if not seat.count:
            del self._seats[key]
        if sum(len(one.places) for one in self._seats.values()) > ENTRIES * 5 // 4:
            self._forget_sums()
        if len(self._names) > NAMES * 2:
            self._forget_names()

    def _forget_sums(self) -> None:
        """Keep the `ENTRIES` strongest sums over all seats, each in its seat's mean."""
        sizes = np.concatenate([np.abs(one.sums) / one.count for one in self._seats.values()])
        bar = float(np.partition(sizes, -ENTRIES)[-ENTRIES])
        for one in self._seats.values():
            one.keep(bar * one.count)

    def _forget_names(self) -> None:
        """Keep the `NAMES` words that weigh most."""
        heart = np.abs(self._seen_at(float(self._epoch or 0)).heart * self._base.telling)
        strongest = sorted(self._names, key=lambda place: (-float(heart[place]), place))[:NAMES]
        self._names = {place: self._names[place] for place in sorted(strongest)}

    def _seen_at(self, lives: float) -> _View:
        """The seats' mean vectors, added with their voices; kept until the next vote."""
        if self._view is None or self._view.at != lives:
            self._view = self._look(lives)
        return self._view

    def _look(self, lives: float) -> _View:
        heart, known, voices = np.zeros(SIZE), np.zeros(SIZE), PRIOR * bool(self._prior)
        for words in self._prior:
            read = phrase(words)
            heart[read.places] += PRIOR / len(self._prior) * read.values
        now = 2.0 ** ((self._epoch or 0) - lives)
        for seat in self._seats.values():
            count = seat.count * now
            voice = VOICE * count / (count + VOICE - 1.0)
            share = voice / seat.count * seat.sums
            heart[seat.places] += share
            known[seat.places] += np.abs(share)
            voices += voice
        return _View(lives, heart * self._base.telling, known, voices)


def _words(read: Features, parts: NDArray[np.float64]) -> tuple[str, ...]:
    """At most two words that weigh most for an opinion, neither within the other."""
    chosen: list[str] = []
    for place in np.argsort(-parts, kind="stable")[:8].tolist():
        word = read.words[place]
        apart = not any(word in one or one in word for one in chosen)
        if parts[place] > _TELLING and apart and len(chosen) < _SAID:
            chosen.append(word)
    return tuple(chosen)
