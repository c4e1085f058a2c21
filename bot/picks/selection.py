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

from bot.matching.types import PaperText
from bot.picks.relevance import LEAST, STRICT, relevance
from bot.picks.taste import Taste
from bot.picks.types import Candidate, Kind, Opinion, Pick, Verdict

SPREAD = 0.93
"""What each further paper on one topic is worth beside the one before it."""

TASTE = 2.0
"""Weight of an opinion (-1..1) beside a full match score (0..1).

Fitted on 40 development people of T1 (tests/quality): ungated, any more weight on the score of
their one-word watches only loses (P@3 of the second half .346 without, .319 with as much);
among papers that matched, weights of 0.5 to 5 pick equally well.
"""

POPULARITY = 0.06
"""Weight of popularity (0..1), growing with the votes; a thirtieth of taste's, fitted likewise."""

TRUSTED_FROM = 20
"""Votes at which popularity has half its weight."""

EXPLORE = 0.1
"""Share of places given to learning while there are few votes."""

EXPLORE_HALVED_AT = 50
"""Votes after which that share has halved."""

BEYOND_FROM = 5
"""Votes a channel needs before it is offered papers that no watch matched."""

FLOOR = 20
"""How strongly votes may speak against a paper (0-100) before it is held back, unless set."""


_NONE = Opinion(0.0, 1.0)
"""What a taste without votes says of any paper here; the watches' words have no say alone."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A candidate with what taste says of it (-1..1), and the blend that orders it."""

    candidate: Candidate
    liking: float
    value: float

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
    floor: float = FLOOR,
) -> list[Pick]:
    """Up to `limit` papers that `judge` lets through, best first.

    A share of them may be "trying" (chosen to learn; last in order, none before the first vote),
    and after `BEYOND_FROM` votes up to `beyond` papers that no watch wants and taste likes best
    follow in addition. Before the first vote relevance alone counts. The same arguments give the
    same picks whatever the order of `candidates`. It does not remember what was shown: pass only
    what may still be posted.
    """
    weighed = _weigh(candidates, taste, threshold, at)
    verdicts = {
        one.candidate.id: judge(one.candidate, one.liking, threshold=threshold, floor=floor)
        for one in weighed
    }
    matched = [one for one in weighed if verdicts[one.candidate.id] == "pick"]
    chosen = _spread(matched, max(limit, 0))
    places = min(_places_to_try(len(chosen), taste.votes, seed), len(matched) - len(chosen))
    kept = chosen[: len(chosen) - places]
    left = [one for one in matched if one not in chosen] if places else []
    tried = _least_known(left, taste, at)[:places]
    others = [one for one in weighed if verdicts[one.candidate.id] == "unmatched"]
    picked: list[tuple[Kind, list[_Weighed]]] = [
        ("watch", sorted(kept, key=_Weighed.order)),
        ("trying", tried),
        ("beyond", _liked(others)[: _beyond_now(beyond, taste.votes)]),
    ]
    return [
        Pick(one.candidate.id, kind, one.value, _opinion(one.candidate.paper, taste, at))
        for kind, some in picked
        for one in some
    ]


def judge(candidate: Candidate, liking: float, *, threshold: float, floor: float) -> Verdict:
    """Whether a paper may be picked for its watches; `liking` (-1..1) is the taste's opinion.

    What people like passes though it is in passing; `floor` (0-100) is how strongly votes may
    speak against a paper that is not held back for it.
    """
    score = _counted(candidate, threshold)
    value = relevance(score, candidate.nearness)
    about = candidate.nearness is None or value + TASTE * max(liking, 0.0) >= LEAST
    near = candidate.open and threshold <= STRICT and value >= LEAST
    if not score and not near:
        return "unmatched"
    if liking < -floor / 100:
        return "disliked"
    return "pick" if about or candidate.every else "passing"


def _weigh(
    candidates: Sequence[Candidate], taste: Taste, threshold: float, at: datetime
) -> list[_Weighed]:
    """Every candidate with its blend, best first."""
    top = max((math.log1p(candidate.popularity) for candidate in candidates), default=0.0)
    trust = taste.votes / (taste.votes + TRUSTED_FROM)
    popular = POPULARITY * trust / top if top > 0.0 else 0.0
    leaning = TASTE if taste.votes else 0.0
    likings = _likings(candidates, taste, at)
    weighed = [
        _Weighed(
            candidate,
            liking,
            relevance(_counted(candidate, threshold), candidate.nearness)
            + leaning * liking
            + popular * math.log1p(max(candidate.popularity, 0.0)),
        )
        for candidate, liking in zip(candidates, likings, strict=True)
    ]
    return sorted(weighed, key=_Weighed.order)


def _counted(candidate: Candidate, threshold: float) -> float:
    """The match score as far as it counts: not below the threshold."""
    return candidate.score if candidate.score >= threshold else 0.0


def _opinion(paper: PaperText, taste: Taste, at: datetime) -> Opinion:
    return taste.opinion(paper, at) if taste.votes else _NONE


def _likings(candidates: Sequence[Candidate], taste: Taste, at: datetime) -> list[float]:
    """What taste says of each; before the first vote it has no say, and nothing need be read."""
    if not taste.votes:
        return [0.0] * len(candidates)
    reads = [taste.shared.read(candidate.paper) for candidate in candidates]
    likings: list[float] = taste.values(reads, at).tolist()
    return likings


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


def _places_to_try(chosen: int, votes: int, seed: int) -> int:
    """How many of the chosen places go to learning: a share on average, never all of them."""
    share = EXPLORE / (1 + votes / EXPLORE_HALVED_AT) if votes else 0.0
    lot = Random(seed).random()  # noqa: S311 - a lottery, not a secret
    return max(min(math.floor(chosen * share + lot), chosen - 1), 0)


def _least_known(left: Sequence[_Weighed], taste: Taste, at: datetime) -> list[_Weighed]:
    """Candidates not chosen, those first of which taste is least sure."""
    unsure = {one.candidate.id: taste.opinion(one.candidate.paper, at).uncertainty for one in left}
    return sorted(left, key=lambda one: (-unsure[one.candidate.id], one.order()))


def _beyond_now(beyond: int, votes: int) -> int:
    """How many papers that no watch matched a channel gets."""
    return max(beyond, 0) if votes >= BEYOND_FROM else 0


def _liked(others: Sequence[_Weighed]) -> list[_Weighed]:
    """Those that taste likes, best first."""
    liked = [one for one in others if one.liking > 0.0]
    return sorted(liked, key=lambda one: (-one.liking, one.order()))
