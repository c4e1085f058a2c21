"""Measures what a team gets before any vote: `python -m tests.quality.relevance` (T3).

Eight channels watch the Daily Papers of eight judged days. Each day is taken alone; a channel gets
the day's best five of what a policy lets through. The product's own index, model and `choose` are
measured beside what it did before, meaning alone, BM25, and arxiv-sanity-lite's SVM with the
watches as seeds. Weight and limit were chosen on these very days, by cross-validation.
"""

import gzip
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from bot.meaning.encoder import Floats, pack, text_of, unpack
from bot.meaning.model import DEFAULT, find_model, usual_centre
from bot.meaning.process import ModelProcess
from bot.picks.backtest.dataset import ReplayedPaper
from bot.picks.features import shares_a_word
from bot.picks.relevance import centred, nearness, needed, similarities, wanted_by
from bot.picks.selection import choose
from bot.picks.taste import Taste
from bot.picks.types import Candidate
from tests.bench.results import QUALITY_PAGE, table, write_section
from tests.shared import SHARED

COMMAND = "python -m tests.quality.relevance"
A_DAY = 5
THRESHOLD = 80
NEW = 200
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)

Order = Sequence[int]
"""Places of a day's papers, best first, at most `A_DAY` of them."""


@dataclass(frozen=True)
class Judged:
    """The judged days: papers of each day, watches of each channel, and grades of both."""

    channels: Mapping[str, tuple[str, ...]]
    days: Mapping[str, tuple[ReplayedPaper, ...]]
    grades: Mapping[tuple[str, str], int]

    @classmethod
    def read(cls, data: Path) -> "Judged":
        channels = json.loads((data / "relevance" / "channels.json").read_text())
        with gzip.open(data / "hf_daily_papers" / "papers.jsonl.gz", "rt") as lines:
            papers = {row["id"]: row for row in map(json.loads, lines)}
        days: dict[str, list[ReplayedPaper]] = {}
        grades: dict[tuple[str, str], int] = {}
        for text in (data / "relevance" / "grades.jsonl").read_text().splitlines():
            row = json.loads(text)
            one = papers[row["id"]]
            title, abstract = " ".join(one["title"].split()), one.get("summary") or ""
            days.setdefault(row["day"], []).append(ReplayedPaper(row["id"], title, abstract))
            grades |= {(row["id"], channel): grade for channel, grade in row["grades"].items()}
        return cls(
            {name: tuple(texts) for name, texts in channels.items()},
            {day: tuple(some) for day, some in days.items()},
            grades,
        )

    def grade(self, paper: ReplayedPaper, channel: str) -> int:
        return self.grades.get((paper.id, channel), 0)


class World:
    """What all policies read: match scores and vectors, as an install has them."""

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self._encoder = ModelProcess(find_model(DEFAULT))
        self._vectors: dict[str, Floats] = {}

    @cached_property
    def watches(self) -> dict[str, list[Floats]]:
        """Each channel's watches as vectors, a row a phrase."""
        return {
            name: [self.encode(wanted_by(text).texts) for text in texts]
            for name, texts in self.judged.channels.items()
        }

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors as they come back from storage."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        for text, row in zip(unknown, self._encoder.encode(unknown), strict=True):
            self._vectors[text] = unpack([pack(row)])[0]
        return np.array([self._vectors[text] for text in texts])

    def papers(self, day: str) -> Floats:
        """A day's papers less what they have in common."""
        some = self.judged.days[day]
        rows = self.encode([text_of(paper.title, paper.abstract) for paper in some])
        centre = (rows.sum(axis=0) + NEW * usual_centre(self._encoder.name)) / (len(rows) + NEW)
        return centred(rows, centre.astype(np.float32))

    def scores(self, day: str, channel: str) -> np.ndarray:
        """The match score of each paper and watch (papers x watches), 0-100."""
        index: WatchIndex[int] = WatchIndex(Lexicon.shipped())
        texts = self.judged.channels[channel]
        for key, text in enumerate(texts):
            index.add(key, parse(text))
        out = np.zeros((len(self.judged.days[day]), len(texts)))
        for place, found in enumerate(index.match(self.judged.days[day], THRESHOLD)):
            for key, score in found.scores():
                out[place, key] = score
        return out

    def near(self, day: str, channel: str) -> np.ndarray:
        """How near each paper is to each watch (papers x watches)."""
        return similarities(self.papers(day), self.watches[channel])

    def close(self) -> None:
        self._encoder.close()


def ours(world: World, day: str, channel: str) -> Order:
    """The product's picks of a channel without a vote."""
    return _picked(offered(world, day, channel))


def offered(world: World, day: str, channel: str) -> list[Candidate]:
    """A day's papers as the product offers them to a channel, by their places in the day."""
    scores, near = world.scores(day, channel), world.near(day, channel)
    how, texts = nearness(near), world.judged.channels[channel]
    candidates = []
    for place, paper in enumerate(world.judged.days[day]):
        matched, nearest = int(scores[place].argmax()), int(near[place].argmax())
        score = float(scores[place, matched])
        said = shares_a_word(texts[nearest], f"{paper.title} {paper.abstract}")
        candidates.append(
            Candidate(
                place,
                paper,
                score,
                texts[matched if score else nearest],
                nearness=float(how[place]),
                open=bool(how[place] >= needed(0.0)) and said,
            )
        )
    return candidates


def before(world: World, day: str, channel: str) -> Order:
    """The picks of a channel that knows match scores alone."""
    scores, texts = world.scores(day, channel), world.judged.channels[channel]
    best = scores.argmax(axis=1)
    return _picked(
        [
            Candidate(place, paper, float(scores[place, best[place]]), texts[best[place]])
            for place, paper in enumerate(world.judged.days[day])
        ]
    )


def _picked(candidates: Sequence[Candidate]) -> Order:
    chosen = choose(
        candidates, Taste(), limit=A_DAY, threshold=THRESHOLD, beyond=0, at=NOON, seed=0
    )
    return [pick.id for pick in chosen]


def gated(least: float) -> Callable[[World, str, str], Order]:
    """Match score at 80 and the nearest watch at `least`, ordered by the latter."""

    def order(world: World, day: str, channel: str) -> Order:
        near = world.near(day, channel).max(axis=1)
        passes = (world.scores(day, channel) >= THRESHOLD).any(axis=1) & (near > least)
        return _best(np.where(passes, near, -np.inf))

    return order


def alone(least: float) -> Callable[[World, str, str], Order]:
    """Meaning alone: the nearest watch at `least`."""

    def order(world: World, day: str, channel: str) -> Order:
        near = world.near(day, channel).max(axis=1)
        return _best(np.where(near > least, near, -np.inf))

    return order


def bm25(world: World, day: str, channel: str) -> Order:
    """BM25 of the watches' words, k1 = 1.2, b = .75; what has none of them is left out."""
    texts = [_words(f"{one.title} {one.abstract}") for one in world.judged.days[day]]
    wanted = _words(" ".join(world.judged.channels[channel]))
    length = np.mean([len(words) for words in texts])
    values = np.zeros(len(texts))
    for word in set(wanted):
        held = sum(word in words for words in texts)
        idf = np.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
        for place, words in enumerate(texts):
            times = words.count(word)
            values[place] += idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(words) / length))
    return _best(np.where(values > 0, values, -np.inf))


def svm(world: World, day: str, channel: str) -> Order:
    """LinearSVC(C=.01, balanced) on tf-idf(1,2): the watches against the day's papers."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    every = [f"{one.title} {one.abstract}" for some in world.judged.days.values() for one in some]
    texts = [f"{one.title} {one.abstract}" for one in world.judged.days[day]]
    watches = world.judged.channels[channel]
    read = TfidfVectorizer(
        ngram_range=(1, 2), stop_words="english", sublinear_tf=True, max_features=20_000
    ).fit([*every, *watches])
    labels = [1] * len(watches) + [0] * len(texts)
    machine = LinearSVC(C=0.01, class_weight="balanced", max_iter=10_000, random_state=0)
    machine.fit(read.transform([*watches, *texts]), labels)
    return _best(machine.decision_function(read.transform(texts)))


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.casefold()).split()


def _best(values: np.ndarray) -> Order:
    order = np.argsort(-values, kind="stable")[:A_DAY]
    return [place for place in order.tolist() if np.isfinite(values[place])]


@dataclass(frozen=True)
class Result:
    """What a policy's picks came to, all 0-1 but `picks`.

    `recall` is the share of wanted papers that were picked; `daily` the mean of that over days and
    channels that want any.
    """

    picks: int
    wanted: float
    wrong: float
    recall: float
    daily: float
    ndcg: float


def measure(world: World, policy: Callable[[World, str, str], Order]) -> Result:
    """A policy's picks over all days and channels."""
    discount = 1 / np.log2(np.arange(2, A_DAY + 2))
    picks, right, wrong, there, ndcg, daily = 0, 0, 0, 0, [], []
    for day, papers in world.judged.days.items():
        for channel in world.judged.channels:
            grades = np.array([world.judged.grade(paper, channel) for paper in papers])
            got = grades[list(policy(world, day, channel))]
            hits, wanted = got == 2, int((grades == 2).sum())
            picks, right, wrong = picks + len(got), right + hits.sum(), wrong + (got == 0).sum()
            there += wanted
            if wanted:
                ndcg.append(hits @ discount[: len(got)] / discount[:wanted].sum())
                daily.append(hits.sum() / wanted)
    return Result(
        picks, right / picks, wrong / picks, right / there, float(np.mean(daily)), np.mean(ndcg)
    )


POLICIES: dict[str, Callable[[World, str, str], Order]] = {
    "BM25 of the watches' words": bm25,
    "SVM, watches as seeds": svm,
    "score at 80 (ours before)": before,
    "score at 80, nearest watch > .20": gated(0.2),
    "meaning alone, nearest watch > .35": alone(0.35),
    "paperround": ours,
}


def judged(data: Path) -> str:
    """T3: what eight teams want of eight days, before any vote; five picks a day at most."""
    world = World(Judged.read(data))
    rows = []
    for name, policy in POLICIES.items():
        one = measure(world, policy)
        shares = (one.wanted, one.wrong, one.recall, one.daily, one.ndcg)
        rows.append([name, str(one.picks), *(f"{share:.3f}" for share in shares)])
    world.close()
    header = ["policy", "picks", "wanted", "wrong", "recall", "recall, mean of days", "nDCG@5"]
    wanted = sum(
        min(A_DAY, sum(world.judged.grade(paper, name) == 2 for paper in papers))
        for papers in world.judged.days.values()
        for name in world.judged.channels
    )
    every = sum(grade == 2 for grade in world.judged.grades.values())
    return (
        f"{table(header, rows)}\n\nWanted: of the picks, those that the team clearly wants; wrong: "
        f"those it would leave out. Five places a day hold at most {wanted} of the {every} wanted "
        "papers. Weight and limit of paperround, and the limits of the two simple rules, were "
        "chosen on these days."
    )


def main() -> None:
    """Measure and write the section."""
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout")
    body = f"{judged.__doc__}\n\n{judged(SHARED)}"
    write_section(
        QUALITY_PAGE,
        "T3 what a team wants of a day",
        body,
        command=COMMAND,
        today=datetime.now(UTC).date(),
    )


if __name__ == "__main__":
    main()
