"""The rows of the table that were measured so far, which outlive the run."""

import json
from pathlib import Path


class Rows:
    """One row for each platform and database; kept in a file, where one is named."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        known = path is not None and path.exists()
        self._kept: dict[str, list[object]] = json.loads(path.read_text()) if known else {}

    def __contains__(self, combination: tuple[str, str]) -> bool:
        return ", ".join(combination) in self._kept

    def add(self, platform: str, database: str, row: list[object]) -> None:
        """Keep a row."""
        self._kept[f"{platform}, {database}"] = row
        if self._path is not None:
            self._path.write_text(json.dumps(self._kept, indent=1))

    @property
    def rows(self) -> list[list[object]]:
        """All of them, in the order in which they were measured."""
        return list(self._kept.values())
