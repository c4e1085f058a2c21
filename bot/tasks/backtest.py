"""`paperround backtest`: how good several policies' picks would have been."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from bot.bootstrap import build_app
from bot.errors import ExpressionError, NotFoundError
from bot.matching.evaluate import LEAST
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from bot.picks.backtest.dataset import BacktestError, ReplayedChannel, ReplayedPaper
from bot.picks.backtest.replay import POLICIES, PolicyResult, backtest, read_channels
from bot.picks.shared_model import SharedModel
from bot.rounds.learning.stats import read_history
from bot.tasks.backtest_base import base_of
from bot.tasks.session import read_address
from config.settings import Settings
from storage import channels

OURS = "paperround"

_COLUMNS = {
    "p_at_k": "P@k",
    "ndcg_at_10": "nDCG@10",
    "p_at_k_second_half": "P@k\n2nd half",
    "ndcg_at_10_second_half": "nDCG@10\n2nd half",
    "p_at_k_first_5": "P@k\nfirst 5",
}


def read_file(path: Path) -> list[ReplayedChannel]:
    """The channels of a file; raises BacktestError that names the file, the line and the fault."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            found = read_channels(lines)
    except OSError as error:
        raise BacktestError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BacktestError(f"{path} is not UTF-8: {error.reason}.") from error
    except BacktestError as error:
        raise BacktestError(f"{path.name}, {error}.") from error
    if not found:
        raise BacktestError(f"{path.name} holds no day of any channel.")
    return found


def compare(
    replayed: Sequence[ReplayedChannel],
    policies: Sequence[str],
    *,
    full_feedback: bool,
    seed: int,
    as_json: bool,
    meaning: str,
) -> int:
    """Replay the channels and print how each policy did: a table, or JSON.

    No policy at all means every one that can run here. `meaning` names the sentence model that
    our own policy reads texts with. Raises BacktestError for one that is unknown or cannot.
    """
    names = _runnable(policies)
    results = _results(
        replayed, names, full_feedback=full_feedback, seed=seed, quiet=as_json, meaning=meaning
    )
    if as_json:
        sys.stdout.write(f"{json.dumps([_finite(one.as_json()) for one in results])}\n")
    else:
        _report(results, replayed, full_feedback=full_feedback)
    return 0


def sort_out(words: Sequence[str], policies: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Files and policies: after `--policy NAME`, further words may name further policies."""
    more = [word for word in words if policies and word in POLICIES]
    return [Path(word) for word in words if word not in more], [*policies, *more]


def _runnable(policies: Sequence[str]) -> Sequence[str]:
    for name in policies:
        if name not in POLICIES:
            raise BacktestError(f"No policy is called {name}: there are {', '.join(POLICIES)}.")
    if find_spec("sklearn") is not None:
        return policies or POLICIES
    if "svm" in policies:
        raise BacktestError("The policy svm needs scikit-learn: install paperround[bench].")
    if not policies:
        sys.stderr.write("svm is left out: it needs scikit-learn, install paperround[bench].\n")
    return policies or [name for name in POLICIES if name != "svm"]


def _results(
    replayed: Sequence[ReplayedChannel],
    policies: Sequence[str],
    *,
    full_feedback: bool,
    seed: int,
    quiet: bool,
    meaning: str,
) -> list[PolicyResult]:
    console = Console(stderr=True)
    found: list[PolicyResult] = []
    with Progress(console=console, disable=quiet or not console.is_terminal) as progress:
        base = _base(replayed, meaning, progress) if OURS in policies else None
        for name in policies:
            bar = progress.add_task(name, total=len(replayed))
            found += backtest(
                replayed,
                [name],
                full_feedback=full_feedback,
                seed=seed,
                progress=_moving(progress, bar),
                # Our own policy gets none: the taste alone reads the watches' words better.
                matcher=_Matcher(replayed) if name == "match" else None,
                shared=base,
            )
    return found


def _base(replayed: Sequence[ReplayedChannel], meaning: str, progress: Progress) -> SharedModel:
    """What our own policy reads texts with, a bar telling how far that is."""
    bar = progress.add_task("reading texts", total=None)
    return base_of(
        replayed, meaning, lambda done, of: progress.update(bar, completed=done, total=of)
    )


def _moving(progress: Progress, bar: TaskID) -> Callable[[str, int, int], None]:
    def move(_name: str, done: int, _of: int) -> None:
        progress.update(bar, completed=done)

    return move


class _Matcher:
    """Scores of papers, 0-100, by the best of a channel's watches; each channel's index is kept."""

    def __init__(self, replayed: Sequence[ReplayedChannel]) -> None:
        self._lexicon = Lexicon.shipped()
        entries = (entry for one in replayed for day in one.days for entry in day.entries)
        self._lexicon.learn({entry.id: entry for entry in entries}.values())
        self._indexes = {one.watches: self._index(one) for one in replayed}

    def __call__(self, watches: Sequence[str], entries: Sequence[ReplayedPaper]) -> Sequence[float]:
        found = self._indexes[tuple(watches)].match(entries, LEAST)
        return [max((match.score for match in each.values()), default=0.0) for each in found]

    def _index(self, channel: ReplayedChannel) -> WatchIndex[str]:
        index: WatchIndex[str] = WatchIndex(self._lexicon)
        for text in channel.watches:
            try:
                index.add(text, parse(text))
            except ExpressionError as error:
                sys.stderr.write(f"{channel.name}: the watch {text!r} is left out: {error}\n")
        return index


def _finite(value: object) -> object:
    """The same with null for what has no value, for JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _report(
    results: Sequence[PolicyResult], replayed: Sequence[ReplayedChannel], *, full_feedback: bool
) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("policy", no_wrap=True)
    for name in (*_COLUMNS.values(), "s a\nchannel"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in results:
        cells = [_cell(one, measure) for measure in _COLUMNS]
        table.add_row(one.policy, *cells, f"{one.seconds.mean():.3f}")
    console = Console(highlight=False)
    console.print(table)
    console.print(_caption(replayed, full_feedback=full_feedback), soft_wrap=True)


def _cell(result: PolicyResult, measure: str) -> str:
    """A mean over its interval, which one channel does not have; a dash of nothing wanted."""
    mean, (low, high) = result.mean(measure), result.interval(measure)
    if math.isnan(mean):
        return "–"
    alone = len(result.seconds) == 1
    return _short(mean) if alone else f"{_short(mean)}\n{_short(low)}–{_short(high)}"


def _short(share: float) -> str:
    """A share of 1 as tables in papers have it: ".354", and "1.00" for all."""
    return f"{share:.3f}".removeprefix("0")[:4]


def _caption(replayed: Sequence[ReplayedChannel], *, full_feedback: bool) -> str:
    count = sum(len(one.days) for one in replayed)
    days = "1 day" if count == 1 else f"{count} days"
    told = "every vote told" if full_feedback else "votes told on shown papers only"
    if len(replayed) == 1:
        return f"1 channel, {days}, {told}."
    intervals = "under each mean its 95 % interval over channels"
    return f"{len(replayed)} channels, {days}, {told}; {intervals}."


async def read_install(settings: Settings, address: str) -> list[ReplayedChannel]:
    """A channel of this install, as it was posted and voted; raises NotFoundError."""
    ref = read_address(address)
    app = build_app(settings)
    try:
        await app.prepare(keep_sources=False)
        async with app.database.read() as session:
            channel = await channels.find(session, str(ref))
            if channel is None:
                raise NotFoundError(f"{ref} is not known here.")
            history = await read_history(session, channel)
    finally:
        await app.close()
    if not any(day.votes for day in history.days):
        raise BacktestError(f"Nobody has voted in {ref} yet: there is nothing to replay.")
    return [history]
