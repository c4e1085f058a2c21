"""Measures taste on real preferences: `python -m tests.quality.taste [T1|T1C|T1V|T2] …`, or all.

T1 is 200 people's libraries as channels, T2 a curator over half a year. The product's own
`Taste` and `SharedModel` are measured, beside peers on the same streams in the same run. Steps,
prior and likeness were chosen on people outside T1's 200; the shares of authors, categories and
team, which T1 lacks, on the first half of T2's days.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.picks.backtest.dataset import Day, ReplayedChannel
from bot.picks.backtest.policies import Paperround, Policy, Svm, Vectors
from bot.picks.backtest.replay import MEASURES, PolicyResult, backtest, replay, run
from bot.picks.shared_model import SharedModel
from bot.picks.taste import Taste
from tests.bench.results import QUALITY_PAGE, table, write_section
from tests.quality import curator, gated
from tests.quality.libraries import Libraries
from tests.quality.meanings import meaning_of
from tests.quality.metrics import paired_interval
from tests.quality.peers import Cosine, MeaningRocchio, OnlineLogistic, Rocchio
from tests.quality.told import by_command
from tests.quality.votes import cost
from tests.shared import SHARED

COMMAND = "python -m tests.quality.taste"
NAMES = ("P@3", "nDCG@10", "P@3 2nd half", "nDCG@10 2nd half", "P@3 days 1-5")
OURS = "paperround"
TIMED = (
    "Seconds are those of ordering each day's papers and of learning what was liked and voted on, "
    "wall clock. Untimed for all: reading texts into vectors, which an install does "
    "once for all channels; judging the order. svm and paperround take turns, a channel each."
)
SEEN = (
    "The shares of authors, categories and team in a paper's vector are the best of six by P@10 on "
    "the first half of these days; the second half is held out. The known days' votes are told "
    "beforehand, untimed."
)


def libraries(data: Path) -> str:
    """T1 alone: every policy on the 200 people's streams, no other channel's votes."""
    world = Libraries.read(data / "citeulike_a")
    channels = [world.channel(person) for person in world.test()]
    vectors = Vectors(world.entries)
    meaning = meaning_of(world.entries, channels)
    shared = SharedModel.of_papers(world.entries, meaning=meaning, remember=len(world.entries))
    results = [
        *backtest(channels, ("random", "popularity"), progress=_say),
        _peer("cosine to the seeds, no votes", channels, lambda one: Cosine(one, vectors)),
        _peer("Rocchio", channels, lambda one: Rocchio(one, vectors)),
        _peer("online logistic regression", channels, lambda one: OnlineLogistic(one, vectors)),
        _peer("Rocchio on meaning", channels, lambda one: MeaningRocchio(one, shared)),
        *_in_turn(channels, {"svm": lambda one: Svm(one, vectors), OURS: _ours(shared)}),
    ]
    parts = [
        _table(results),
        TIMED,
        _gains(results[-1], results[-2]),
        _size(channels, shared),
        gated.measure(channels, shared),
    ]
    return "\n\n".join(parts)


def shared(data: Path) -> str:
    """T1 with a shared model that knows other people's votes, on papers it has no vote for.

    Streams hold only papers of a random half; it reads all texts, and the libraries of
    people outside the 200 as far as they lie in the other half.
    """
    world = Libraries.read(data / "citeulike_a")
    channels = [world.channel(person, only=world.half) for person in world.test()]
    test = set(world.test())
    liked = [
        [world.entries[paper] for paper in papers[~world.half[papers]].tolist()]
        for person, papers in enumerate(world.people)
        if person not in test
    ]
    meaning = meaning_of(world.entries, channels)
    alone = SharedModel.of_papers(world.entries, meaning=meaning, remember=len(world.entries))
    together = alone.pooled([np.array([alone.place(paper) for paper in some]) for some in liked])
    results = [
        replay(name, channels, _ours(shared), progress=_say)
        for name, shared in (("alone", alone), ("with the shared base", together))
    ]
    return f"{_table(results)}\n\n{_gains(results[1], results[0])}"


def curated(data: Path) -> str:
    """T2: one curator's days in real order, 10 shown a day, votes on shown papers only."""
    channel, known = curator.read(data)
    entries = [entry for day in (*known, *channel.days) for entry in day.entries]
    vectors, meaning = Vectors(entries), meaning_of(entries)
    shared = SharedModel.of_papers(entries, meaning=meaning, remember=len(entries))
    makers: dict[str, Callable[[ReplayedChannel], Policy]] = {
        "Rocchio": lambda one: Rocchio(one, vectors),
        "Rocchio on meaning": lambda one: MeaningRocchio(one, shared),
        "online logistic regression": lambda one: OnlineLogistic(one, vectors),
        "svm, anew every 10 days": lambda one: Svm(one, vectors, every=10),
        OURS: _ours(shared),
    }
    rows = [
        [name, *_over_time(_taught(make, known), channel, full_feedback=False)]
        for name, make in makers.items()
    ]
    rows += [
        [f"{name}, all labels", *_over_time(_taught(makers[name], known), channel, True)]
        for name in ("online logistic regression", OURS)
    ]
    header = ["policy", "P@10", "first half", "second half", "last 50 days", "nDCG@10", "s"]
    return f"{table(header, rows)}\n\n{SEEN}"


def _ours(shared: SharedModel) -> Callable[[ReplayedChannel], Policy]:
    return lambda channel: Paperround(channel, shared, None)


def _taught(
    make: Callable[[ReplayedChannel], Policy], known: Sequence[Day]
) -> Callable[[ReplayedChannel], Policy]:
    """A policy that was told all votes of the known days beforehand."""

    def taught(channel: ReplayedChannel) -> Policy:
        policy = make(channel)
        for day in known:
            policy.learn(day, range(len(day.entries)))
        return policy

    return taught


def _over_time(
    make: Callable[[ReplayedChannel], Policy], channel: ReplayedChannel, full_feedback: bool
) -> list[str]:
    """P@10 over all days, halves and the end; nDCG@10 over all days; seconds."""
    days = channel.days
    parts = [slice(None), slice(len(days) // 2), slice(len(days) // 2, None), slice(-50, None)]
    policy = make(channel)
    daily, spent = run(policy, channel, full_feedback)
    shown = [f"{daily[part, 0].mean():.3f}" for part in parts]
    return [*shown, f"{np.nanmean(daily[:, 1]):.3f}", f"{spent:.1f}"]


def _peer(
    name: str, channels: Sequence[ReplayedChannel], make: Callable[[ReplayedChannel], Policy]
) -> PolicyResult:
    return replay(name, channels, make, progress=_say)


def _in_turn(
    channels: Sequence[ReplayedChannel], makers: Mapping[str, Callable[[ReplayedChannel], Policy]]
) -> list[PolicyResult]:
    """Each policy's result, the policies taking turns so that a busy host slows them alike."""
    parts: dict[str, list[PolicyResult]] = {name: [] for name in makers}
    for number, channel in enumerate(channels):
        for name, make in makers.items():
            parts[name].append(replay(name, [channel], make))
        _say(" and ".join(makers), number + 1, len(channels))
    return [
        PolicyResult(
            name,
            np.concatenate([one.measured for one in some]),
            np.concatenate([one.seconds for one in some]),
        )
        for name, some in parts.items()
    ]


def _table(results: Sequence[PolicyResult]) -> str:
    rows = [
        [one.policy, *(f"{one.mean(name):.3f}" for name in MEASURES), f"{one.seconds.mean():.4f}"]
        for one in results
    ]
    return table(["policy", *NAMES, "s a channel"], rows)


def _gains(ours: PolicyResult, theirs: PolicyResult) -> str:
    """Paired gains with their 95 % bootstrap intervals over channels."""
    rows = []
    for name, measure in zip(NAMES, range(len(MEASURES)), strict=True):
        pair = np.stack([ours.measured[:, measure], theirs.measured[:, measure]])
        pair = pair[:, ~np.isnan(pair).any(axis=0)]
        rows.append([name, paired_interval(pair[0], pair[1])])
    ratio = theirs.seconds.mean() / ours.seconds.mean()
    gains = table([f"{ours.policy} less {theirs.policy}", "95 % interval"], rows)
    return f"{gains}\n\n{theirs.policy} takes {ratio:.1f} times the time of {ours.policy}."


def _size(channels: Sequence[ReplayedChannel], shared: SharedModel) -> str:
    """How large the stored taste of a channel is after every vote of its first days."""
    sizes = []
    for channel in channels[:20]:
        taste = Taste(words=channel.watches, shared=shared)
        for day in channel.days:
            for entry in day.entries[: day.k]:
                vote = day.votes[entry.id]
                taste.learn(entry, person="voter", before=0, after=vote, at=day.at)
        sizes.append(len(taste.dumps()))
    return f"A stored taste takes {np.mean(sizes) / 1024:.0f} KB ({max(sizes) / 1024:.0f} at most)."


def _say(policy: str, done: int, of: int) -> None:
    print(f"\r{policy}: {done} of {of}", end="\n" if done == of else "", file=sys.stderr)


SECTIONS: dict[str, tuple[tuple[str, Callable[[Path], str]], ...]] = {
    "T1": (("T1 taste, alone", libraries), ("T1 taste, shared base", shared)),
    "T1C": (("T1 taste, by command", by_command),),
    "T1V": (("Taste, one vote", cost),),
    "T2": (("T2 taste, a curator over time", curated),),
}


def main(chosen: Sequence[str]) -> None:
    """Measure and write the sections asked for."""
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout")
    for task in chosen or list(SECTIONS):
        for name, measure in SECTIONS[task]:
            body = f"{measure.__doc__.splitlines()[0]}\n\n{measure(SHARED)}"
            write_section(
                QUALITY_PAGE,
                name,
                body,
                command=f"{COMMAND} {task}",
                today=datetime.now(UTC).date(),
            )


if __name__ == "__main__":
    main(sys.argv[1:])
