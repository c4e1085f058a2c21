"""Writes one named section of a results page, and leaves the others as they stand.

A section lives between two comment markers, so that each program replaces its own table and
nobody edits figures by hand. Does not lock: two programs writing one page at the same moment
may lose a section, which running one of them again restores.
"""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
BENCH_PAGE = TESTS / "bench" / "RESULTS.md"
QUALITY_PAGE = TESTS / "quality" / "RESULTS.md"

_INTRO = "Written by the programs named under each heading; run them again rather than edit.\n"


def write_section(
    page: Path, name: str, body: str, *, command: str, today: date, machine: str = ""
) -> None:
    """Put `body` (Markdown) in the section `name` of `page`, under the command that made it.

    `name` is both heading and key; a new one goes to the end. `machine` defaults to `machine()`.
    Raises ValueError for a name that would break its marker.
    """
    if not re.fullmatch(r"[\w ,:-]+", name) or "--" in name:
        raise ValueError(f"a section's name is words, digits and single hyphens, got {name!r}")
    facts = f"`{command}` · {today.isoformat()} · {machine or describe_machine()}"
    section = _section(name, f"## {name}\n\n{facts}\n\n{body.strip()}\n")
    before = page.read_text(encoding="utf-8") if page.exists() else f"# Results\n\n{_INTRO}"
    _replace(page, _merged(before, name, section))


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table whose first column is text and whose others are right-aligned figures."""
    lines = [_line(header), _line([":--", *["--:"] * (len(header) - 1)])]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def describe_machine() -> str:
    """One line on what the figures were measured with: processor, cores, Python and system.

    Holds no host name, user or path.
    """
    return (
        f"{_processor()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    )


def _processor() -> str:
    """The processor's trade name where Linux tells it; platform.processor() is often empty."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _section(name: str, text: str) -> str:
    return f"<!-- begin {name} -->\n{text}<!-- end {name} -->\n"


def _merged(page: str, name: str, section: str) -> str:
    old = re.compile(
        rf"<!-- begin {re.escape(name)} -->\n.*?<!-- end {re.escape(name)} -->\n", re.DOTALL
    )
    if old.search(page):
        return old.sub(lambda _: section, page, count=1)
    return f"{page.rstrip()}\n\n{section}"


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"


def _replace(page: Path, text: str) -> None:
    # Written beside and renamed, so that a reader or a crash never sees half a page.
    draft = page.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(page)
