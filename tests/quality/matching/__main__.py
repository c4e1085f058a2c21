"""Is a match what people want? `python -m tests.quality.matching [M1 M2 M3 M3S] [--examples N]`.

Our score beside the scorers people use, each at its own best threshold, and ours at the default one
too; the table goes to tests/quality/RESULTS.md.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from tests.bench.results import QUALITY_PAGE, table, write_section
from tests.quality.matching.compare import Standing, choices, micro, reporting_half, standing
from tests.quality.matching.judged import TASKS, Judged
from tests.quality.matching.ours import THRESHOLD, Ours, score
from tests.quality.matching.scorers import BASELINES, bm25
from tests.quality.matching.verdict import verdict
from tests.quality.metrics import paired_interval


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the tasks named on the command line, print their sections and keep them."""
    asked = _parsed(arguments)
    for name in asked.tasks or TASKS:
        task = TASKS[name]()
        ours = score(task)
        body = _report(task, ours)
        print(f"{name}\n{body}\n", flush=True)
        if asked.write:
            command = f"python -m tests.quality.matching {name}"
            today = datetime.now(UTC).date()
            write_section(QUALITY_PAGE, f"Matching {name}", body, command=command, today=today)
        for line in _examples(task, ours, asked.examples):
            print(line)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.quality.matching", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, []], metavar="M1|M2|M3|M3S")
    parser.add_argument("--examples", type=int, default=0, help="wrong decisions to print")
    parser.add_argument("--no-write", dest="write", action="store_false")
    return parser.parse_args(arguments)


def _report(task: Judged, ours: Ours) -> str:
    ties = bm25(task)
    own = standing("Paperround", task, ours.scores, ties)
    default = standing("Paperround at the default", task, ours.scores, ties, THRESHOLD)
    others, notes = [], [_without_choice(task, ours)]
    for name, scorer in BASELINES.items():
        scores = scorer(task)
        others.append(standing(name, task, scores, ties))
        if task.name == "M1" and name.endswith("atio"):
            right = micro(choices(scores, task.wanted, 85.0))
            notes.append(f"{name} at 85: {right[0]:.2f}/{right[1]:.2f}")
    return "\n\n".join(
        [
            f"{len(task.topics):,} topics × {len(task.papers):,} papers: {task.filter}.",
            _standings_table([own, default, *others]),
            verdict(task.name, own, default, others),
            "Over all topics, micro-averaged precision/recall: " + "; ".join(notes) + ".",
            _HOW,
        ]
    )


_HOW = (
    "Precision, recall and F1 are macro-averages over the reporting half of the topics (by sha256 "
    "of their text), a topic that matches nothing counting as 0; the other half chose every "
    "scorer's threshold, ours among them, but for the line that says what ours does at 80, a "
    "channel's default. nDCG@10 and MAP are over all topics and papers. The interval is of the "
    "paired difference in F1 to ours at its own best, by bootstrap over topics."
)


def _without_choice(task: Judged, ours: Ours) -> str:
    found = choices(ours.scores, task.wanted, THRESHOLD)
    right = micro(found)
    silent = sum(choice.chosen == 0 for choice in found)
    return (
        f"ours at 80: {right[0]:.2f}/{right[1]:.2f} "
        f"({silent} topics match nothing, {len(ours.refused)} are no valid watch)"
    )


def _standings_table(standings: Sequence[Standing]) -> str:
    header = ("Scorer", "at", "precision", "recall", "F1", "ours − it, F1 (95 %)", "silent")
    ranks = ("nDCG@10", "MAP", "MAP, ties by BM25")
    return table([*header, *ranks], (_row(standings[0], each) for each in standings))


def _row(ours: Standing, its: Standing) -> list[str]:
    mean = its.mean
    ahead = "" if its is ours else str(paired_interval(ours.f1, its.f1, rounds=2000))
    chosen = [f"{value:.3f}" for value in (mean.precision, mean.recall, mean.f1)]
    ranked = [f"{value:.3f}" for value in (its.ndcg10, its.map_, its.map_ties)]
    return [its.name, f"{its.threshold:.3g}", *chosen, ahead, f"{mean.silent:.0%}", *ranked]


def _examples(task: Judged, ours: Ours, most: int) -> Iterator[str]:
    """Wrong decisions on topics of the half that is not reported, so that no one tunes on it."""
    half = ~reporting_half(task.topics)[:, None]
    chosen = ours.scores >= THRESHOLD
    rng = np.random.default_rng(0)
    for kind, wrong in (("unwanted", chosen & ~task.wanted), ("missed", ~chosen & task.wanted)):
        pairs = np.argwhere(wrong & half)
        for row, place in rng.permutation(pairs)[:most]:
            match = ours.matches.get((row, place))
            title = " ".join(task.papers[place].title.split())
            why = "; ".join(map(str, match.evidence)) if match else "no match from 60 up"
            yield f"{kind}: {task.topics[row]!r} | {title} | {why}"


if __name__ == "__main__":
    main()
