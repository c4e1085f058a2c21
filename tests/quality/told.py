"""T1 through the program itself: its people as a file, and what `paperround backtest` says."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.picks.backtest.dataset import to_line
from tests.bench.results import table
from tests.quality.libraries import TEST_PEOPLE, Libraries

POLICIES = ("svm", "paperround")
_COLUMNS = {
    "p_at_k": "P@3",
    "ndcg_at_10": "nDCG@10",
    "p_at_k_second_half": "P@3 2nd half",
    "ndcg_at_10_second_half": "nDCG@10 2nd half",
    "p_at_k_first_5": "P@3 days 1-5",
}


def by_command(data: Path) -> str:
    """T1's people written to a file, and `paperround backtest FILE --policy svm paperround`.

    The product's own policy ranks by match and taste there, and its model knows only the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = write_file(data, Path(folder), TEST_PEOPLE)
        said = _backtest(file)
    header = ["policy", *_COLUMNS.values(), "s a channel"]
    return table(
        header,
        [
            [
                one["policy"],
                *(f"{one[name]:.3f}" for name in _COLUMNS),
                f"{one['seconds_per_channel']:.4f}",
            ]
            for one in said
        ],
    )


def write_file(data: Path, folder: Path, people: int) -> Path:
    """The streams of the first of T1's people, as a file that `paperround backtest` reads."""
    world = Libraries.read(data / "citeulike_a")
    file = folder / "t1.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for person in world.test()[:people]:
            channel = world.channel(person)
            lines.writelines(f"{to_line(channel, n)}\n" for n in range(len(channel.days)))
    return file


def _backtest(file: Path) -> list[dict[str, Any]]:
    program = Path(sys.executable).with_name("paperround")
    command = [str(program), "backtest", str(file), "--json", "--policy", *POLICIES]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
