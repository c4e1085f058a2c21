"""The rows of the table that were measured so far, which outlive the run."""

import json
from pathlib import Path


class Rows:
    """One row for each platform and database; kept in a file, where one is named."""

    def __init__(self, path: Path | None, *, share: str) -> None:
        """`share` says which kills are tried; rows of another share are no part of the table."""
        self._path = path
        known = json.loads(path.read_text()) if path is not None and path.exists() else {}
        if known and known["share"] != share:
            raise SystemExit(f"{path} has rows of another share ({known['share']}): name another.")
        self._share = share
        self._kept: dict[str, list[object]] = known.get("rows", {})

    def __contains__(self, combination: tuple[str, str]) -> bool:
        return ", ".join(combination) in self._kept

    def add(self, platform: str, database: str, row: list[object]) -> None:
        """Keep a row."""
        self._kept[f"{platform}, {database}"] = row
        if self._path is not None:
            kept = {"share": self._share, "rows": self._kept}
            self._path.write_text(json.dumps(kept, indent=1))

    @property
    def faults(self) -> int:
        """How much was lost, doubled or did not recover, in all rows."""
        return sum(int(str(each)) for row in self._kept.values() for each in row[-3:])

    @property
    def rows(self) -> list[list[object]]:
        """All of them, in the order in which they were measured."""
        return list(self._kept.values())
