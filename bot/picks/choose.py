"""Which of the candidates a channel sees, and in what order.

The choice maximises `sum over topics of sum over j of SPREAD**j * value of its j-th best paper`.
Each topic's term is a non-negative sum of "best k papers" functions, so the whole is monotone
and submodular, and greedy choice reaches at least 1 - 1/e of the best possible (Nemhauser,
Wolsey and Fisher 1978). As topics here divide the candidates, the gains of a topic only fall
while those of the others stay, and greedy choice is in fact optimal.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from bot.picks.pick import Candidate, Kind, Opinion, Pick
from bot.picks.taste import Taste

SPREAD = 0.93
"""What each further paper on one topic is worth beside the one before it."""

TASTE = 0.5
"""Weight of an opinion (-1..1) beside a full match score (0..1)."""

POPULARITY = 0.05
"""Weight of popularity (0..1), growing with the votes that show what it is worth here."""

EXPLORE = 0.1
"""Share of places given to learning while there are few votes."""

EXPLORE_HALVED_AT = 50
"""Votes after which that share has halved."""

BEYOND_FROM = 20
"""Votes a channel needs before it is offered papers that no watch matched."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    candidate: Candidate
    opinion: Opinion
    value: float

    def pick(self, kind: Kind) -> Pick:
        return Pick(self.candidate.id, kind, self.value, self.opinion)

    def order(self) -> tuple[float, float, float, int]:
        """Sorts best first; ties fall to the match, then to popularity, then to the older id."""
        candidate = self.candidate
        return (-self.value, -candidate.score, -candidate.popularity, candidate.id)


def choose(
    candidates: Sequence[Candidate],
    taste: Taste,
    *,
    limit: int,
    threshold: float,
    beyond: int,
    at: datetime,
    seed: int,
) -> list[Pick]:
    """Up to `limit` papers with a score (0-100) of at least `threshold`, best first.

    A share of them may be "trying" (chosen to learn; last in order, none before the first vote),
    and after `BEYOND_FROM` votes up to `beyond` papers under the threshold that taste likes
    best follow in addition. Before the first
    vote the match score alone counts. The same arguments give the same picks whatever the order of
    `candidates`. It does not remember what was shown: pass only what may still be posted.
    """
    weighed = _weigh(candidates, taste, at)
    matched = [one for one in weighed if one.candidate.score >= threshold]
    chosen = _spread(matched, max(limit, 0))
    tried = _try(matched, chosen, taste, Random(seed))  # noqa: S311 - a lottery, not a secret
    kept = chosen[: len(chosen) - len(tried)]
    return [
        *(one.pick("watch") for one in sorted(kept, key=_Weighed.order)),
        *(one.pick("trying") for one in tried),
        *(one.pick("beyond") for one in _beyond(weighed, taste, threshold, beyond)),
    ]


def _weigh(candidates: Sequence[Candidate], taste: Taste, at: datetime) -> list[_Weighed]:
    top = max((math.log1p(candidate.popularity) for candidate in candidates), default=0.0)
    trust = taste.votes / (taste.votes + BEYOND_FROM)
    popular = POPULARITY * trust / top if top > 0.0 else 0.0
    weighed = []
    for candidate in candidates:
        opinion = taste.opinion(candidate.paper, at)
        value = candidate.score / 100 + (TASTE * opinion.value if taste.votes else 0.0)
        weighed.append(
            _Weighed(candidate, opinion, value + popular * math.log1p(candidate.popularity))
        )
    return sorted(weighed, key=_Weighed.order)


def _spread(ordered: Sequence[_Weighed], limit: int) -> list[_Weighed]:
    """The greedy choice, in the order in which it was made; `ordered` is best first."""
    seen: Counter[str] = Counter()
    gains = []
    for one in ordered:
        topic = one.candidate.topic
        gains.append((max(one.value, 0.0) * SPREAD ** seen[topic], one))
        seen[topic] += bool(topic)
    best = sorted(gains, key=lambda gain: (-gain[0], gain[1].order()))
    return [one for _, one in best[:limit]]


def _try(
    matched: Sequence[_Weighed], chosen: Sequence[_Weighed], taste: Taste, random: Random
) -> list[_Weighed]:
    """What takes the last places to learn from: the papers that taste knows least about."""
    share = EXPLORE / (1 + taste.votes / EXPLORE_HALVED_AT) if taste.votes else 0.0
    places = math.floor(len(chosen) * share + random.random())
    left = [one for one in matched if one not in chosen]
    if places < 1 or len(chosen) <= places:
        return []
    return sorted(left, key=lambda one: (-one.opinion.uncertainty, one.order()))[:places]


def _beyond(
    weighed: Sequence[_Weighed], taste: Taste, threshold: float, beyond: int
) -> list[_Weighed]:
    if taste.votes < BEYOND_FROM:
        return []
    liked = [one for one in weighed if one.candidate.score < threshold and one.opinion.value > 0.0]
    return sorted(liked, key=lambda one: (-one.opinion.value, one.order()))[: max(beyond, 0)]
