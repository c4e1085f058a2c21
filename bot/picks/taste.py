"""What a channel's votes taught: one small linear model a person, and their sum for the channel.

A vote is one correcting step of one person's model (`bot.picks.model`), whatever came before; no
model is ever retrained. The last `WINDOW` votes are kept beside the models and applied in the
order of their times, so a vote that is changed, taken back or late leaves the state that the
standing votes alone would have given, to the bit. What one person says of a paper is cut to
-1..1 before people are added up, so a single one is outvoted by three who vote once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.matching.types import PaperText
from bot.picks.codec import TasteFormatError
from bot.picks.features import interest_of
from bot.picks.model import CastVote, SummedModel, spoken
from bot.picks.shared_model import SharedModel
from bot.picks.taste_state import Stored, restore, store
from bot.picks.types import Opinion
from bot.picks.vectors import Floats, PaperVector, decisive, speaks
from bot.picks.vote_log import WINDOW, Ledger

__all__ = ["WINDOW", "Taste", "TasteFormatError"]

PRIOR = 0.1
"""What each watch's own words say, before any vote, of a paper that holds nothing else."""

PRIOR_HALVED_AT = 5
"""Votes at which that counts for half."""

SILENCE = 0.1
"""How far below neutral a paper that nobody votes on is put, and how fast, at most."""

NAMES = 256
"""Features whose words are stored."""

_DAY = 86_400.0


class Taste:
    """The taste of one channel.

    `half_life_days` is after how long a vote counts for half; `words` are the channel's watches,
    whose wanted parts stand for its taste beside the votes; `shared` is what channels share. It
    knows no storage and no clock, keeps no name of a person, and is not thread-safe.
    """

    def __init__(
        self,
        *,
        half_life_days: float = 90.0,
        words: Sequence[str] = (),
        shared: SharedModel | None = None,
    ) -> None:
        if not half_life_days > 0.0:
            raise ValueError(f"half_life_days must be above 0, not {half_life_days}")
        self._half_life = half_life_days
        self._words = tuple(words)
        self._shared = shared or SharedModel.blank()
        self._votes = 0
        self._names: dict[int, str] = {}
        self._ledger = Ledger.empty(self._shared.dimensions)
        self.carried = False
        """Whether this was learned on another shared model: a replay of the votes is due."""
        self.partial = False
        """Whether vectors of voted papers were missing, so that a replay is due later."""
        self._sum: SummedModel | None = None

    @cached_property
    def _prior(self) -> tuple[Floats, Floats]:
        """What the watches' words say: read when it is asked, for before a vote nobody does."""
        reads = [self._shared.interest(interest_of(text)) for text in self._words]
        return spoken(reads, PRIOR, self._shared.dimensions)

    @property
    def shared(self) -> SharedModel:
        """What reads papers for this taste."""
        return self._shared

    @property
    def votes(self) -> int:
        """How many votes count now, up and down; a vote taken back does not."""
        return self._votes

    def learn(
        self, paper: PaperText, *, person: str, before: int, after: int, at: datetime
    ) -> bool:
        """Change a person's vote on a shown paper from `before` to `after`, each -1, 0 or +1.

        `at` dates the vote for order and decay. Pass the same time for a paper's every change,
        best the time it was posted: then a replay of the votes that stand gives this state,
        whatever was clicked in between. False says that the vote was older than the window and
        so only corrected by a step; a replay would differ a little, so make one when convenient.
        """
        if before not in (-1, 0, 1) or after not in (-1, 0, 1):
            raise ValueError(f"a vote is -1, 0 or +1, not {before} or {after}")
        if before == after:
            return True
        vote = self._cast(paper, person, after, at)
        self._votes += abs(after) - abs(before)
        known = self._ledger.take_out(vote)
        self._sum = None
        self._name(vote.read)
        if known and not after:
            return True
        in_time = self._ledger.put_in(vote)
        self._sum = None
        return in_time and (known or not before)

    def replay(self, votes: Iterable[tuple[PaperText, str, int, datetime]]) -> None:
        """Learn votes that stand, each a paper, a person, -1 or +1 and a time, in any order.

        On a taste without votes this gives what learning them one by one gave where every `learn`
        returned True.
        """
        for vote in sorted((self._cast(*vote) for vote in votes), key=lambda one: one.order):
            self._votes += 1
            self._name(vote.read)
            self._ledger.put_in(vote)
            self._sum = None

    def shown(self, paper: PaperText, *, viewers: int, at: datetime) -> None:
        """Note that none of `viewers` (at least 1) voted on a paper: weak evidence against it.

        It weighs less the more saw it, as each then feels less asked; all silence together says
        at most `SILENCE`. Call it once a paper, when votes are no longer expected.
        """
        read, lives = self._shared.read(paper), self._lives(at)
        self._ledger.silent.silence(read, -SILENCE, SILENCE / max(viewers, 1), lives)
        self._sum = None

    def values(self, reads: Sequence[PaperVector], at: datetime) -> NDArray[np.float64]:
        """The `value` of each paper's opinion, without the words and in one go.

        Papers come as the shared model reads them (`shared.read`), once for all channels.
        """
        return self._added().values(reads, self._lives(at))

    def opinion(self, paper: PaperText, at: datetime) -> Opinion:
        """What the channel would think of a paper at a time."""
        read = self._shared.read(paper)
        parts = self._added().parts(read, self._lives(at))
        value = float(self.values([read], at)[0])
        unsure = self._ledger.now().uncertainty(read)
        return Opinion(value, unsure, decisive(read, parts), decisive(read, -parts))

    def favourites(
        self, n: int
    ) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
        """The `n` words liked and the `n` disliked most with their weights, strongest first.

        Weights compare within one taste only. Words come from papers that were voted on.
        """
        heart = self._heart()
        named = [(word, float(heart[place])) for place, word in self._names.items() if speaks(word)]
        ranked = sorted(named, key=lambda one: (-one[1], one[0]))
        likes = tuple(one for one in ranked if one[1] > 0.0)[:n]
        dislikes = tuple(one for one in reversed(ranked) if one[1] < 0.0)[:n]
        return likes, dislikes

    def leave_out(self, person: str) -> None:
        """Take a person out, with all that their votes taught.

        What others' votes did meanwhile does not depend on them, save for how much room there
        was. A person who came so late that they share a model takes all of that model along.
        """
        self._votes -= self._ledger.leave_out(_number(person))
        self._sum = None

    def fade_by(self, half_life_days: float) -> None:
        """Let votes fade by this half-life from the newest of them on."""
        if half_life_days != self._half_life:
            self._ledger.age_anew(self._half_life / half_life_days)
            self._half_life = half_life_days
            self._sum = None

    def dumps(self) -> bytes:
        """The state to store: some tens of kilobytes at most, the shared model not included."""
        self._names = self._felt()
        state = self._half_life, self._words, self._votes, self._names, self._ledger
        return store(Stored(*state, self._shared.version))

    @classmethod
    def loads(
        cls, blob: bytes, shared: SharedModel | None = None, *, words: Sequence[str] | None = None
    ) -> "Taste":
        """The taste that `dumps` stored; raises TasteFormatError if it cannot be read.

        One learned on another shared model is carried over, which is not exact (`carried`).
        `words` are the watches as they are now, where they may have changed.
        """
        shared = shared or SharedModel.blank()
        stored = restore(blob)
        watched = stored.words if words is None else words
        taste = cls(half_life_days=stored.half_life, words=watched, shared=shared)
        taste._votes, taste._names, taste._ledger = stored.votes, stored.names, stored.ledger
        taste.carried = stored.shared != shared.version
        if taste.carried:
            taste._ledger.carry(shared)
        return taste

    def _cast(self, paper: PaperText, person: str, value: int, at: datetime) -> CastVote:
        read = self._shared.read(paper)
        return CastVote(self._lives(at), read.digest, _number(person), value, read)

    def _lives(self, at: datetime) -> float:
        """A time in half-lives since 1970."""
        return at.timestamp() / (_DAY * self._half_life)

    def _added(self) -> SummedModel:
        if self._sum is None:
            left = 1.0 / (1.0 + self._votes / PRIOR_HALVED_AT)
            people, silent = self._ledger.now(), self._ledger.silent
            self._sum = SummedModel.of((people, silent), self._prior, left)
        return self._sum

    def _heart(self) -> Floats:
        """How much each place is liked, over all people, weighed by how telling it is."""
        return self._added().felt() * self._shared.telling

    def _name(self, read: PaperVector) -> None:
        """Remember a paper's words, for there are `SIZE` places at most."""
        self._names.update(zip(read.places.tolist(), read.words, strict=True))

    def _felt(self) -> dict[int, str]:
        """The words that are kept for long: of too many those that are felt about most."""
        if len(self._names) <= NAMES:
            return self._names
        places = np.array(sorted(self._names))
        strength = np.abs(self._heart()[places])
        strongest = places[np.argsort(-strength, kind="stable")[:NAMES]]
        return {place: self._names[place] for place in sorted(strongest.tolist())}


def _number(person: str) -> int:
    """A digest for a person, so that no name is stored; 0 and 1 are taken."""
    return int.from_bytes(blake2b(person.encode(), digest_size=6).digest(), "big") + 2
