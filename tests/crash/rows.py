"""What was tried so far, a line for each kill, which outlives the run."""

import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.crash.plan import Counts, points
from tests.crash.points import Kill


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one kill."""

    kill: Kill
    met: bool
    lost: int = 0
    doubled: int = 0
    trouble: str = ""


class Rows:
    """The plan of each stage and what came of its kills; kept in a file, where one is named."""

    def __init__(self, path: Path | None, *, share: str) -> None:
        """`share` says which kills are tried; rows of another share are no part of the table."""
        self._path = path
        self._share = share
        self._plans: dict[str, dict[str, Any]] = {}
        self._found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(line))

    def planned(self, stage: str) -> list[Kill] | None:
        """The kills of a stage that are left to try; None where it has no plan yet."""
        if stage not in self._plans:
            return None
        tried = {_kill(row["kill"]) for row in self._found[stage]}
        return [kill for kill in map(_kill, self._plans[stage]["kills"]) if kill not in tried]

    def plan(self, stage: str, counts: Counts, kills: Sequence[Kill]) -> None:
        """Keep what is to be tried."""
        plan = {"points": len(points(counts)), "crossings": counts.total(), "share": self._share}
        self._keep({"stage": stage, **plan, "kills": [astuple(kill) for kill in kills]})

    def add(self, stage: str, found: Found) -> None:
        """Keep what came of a kill."""
        came = {"met": found.met, "lost": found.lost, "doubled": found.doubled}
        trouble = {"trouble": found.trouble} if found.trouble else {}
        kill = {"stage": stage, "kill": astuple(found.kill)}
        self._keep({**kill, **came, **trouble, "commit": _commit()})

    def row(self, stage: str) -> list[object]:
        """A stage in the table: its plan, what was tried of it, and of which code."""
        plan, found = self._plans[stage], self._found[stage]
        sums = [sum(each[what] for each in found) for what in ("met", "lost", "doubled")]
        unmended = sum("trouble" in each for each in found)
        commits = ", ".join(Counter(each["commit"] for each in found))
        size = [plan["points"], plan["crossings"], len(plan["kills"]), len(found)]
        return [stage, *size, *sums, unmended, commits]

    @property
    def faults(self) -> int:
        """How many kills lost or doubled something, or were not recovered from."""
        every = [each for found in self._found.values() for each in found]
        return sum(bool(each["lost"] or each["doubled"] or "trouble" in each) for each in every)

    @property
    def stages(self) -> list[str]:
        """Those that were planned, in that order."""
        return list(self._plans)

    def _keep(self, line: dict[str, Any]) -> None:
        self._take(line)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _take(self, line: dict[str, Any]) -> None:
        if "kill" in line:
            self._found[line["stage"]].append(line)
            return
        if line["share"] != self._share:
            known = f"{self._path} has rows of another share ({line['share']})"
            raise SystemExit(f"{known}: name another file.")
        self._plans[line["stage"]] = line


def _kill(stored: Sequence[Any]) -> Kill:
    return Kill(*stored)


@cache
def _commit() -> str:
    """The code under trial, with a plus where it was changed since."""
    asked = ["git", "describe", "--always", "--dirty=+", "--exclude", "*"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
