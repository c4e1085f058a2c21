"""`paperround import`: papers from files."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.app import App
from bot.bootstrap import build_app
from bot.errors import SourceError
from bot.rounds.polling import BATCH, EntryCounts
from bot.sources.base import Entry, Refused
from bot.sources.files import read_file
from bot.sources.opml import is_opml
from bot.tasks import watches
from config.settings import Settings

_SHOWN = 20
_HEAD = 4_000
_IMPORTED = ("import", "files")


async def import_all(
    settings: Settings, files: Sequence[Path], channel: str | None, *, as_json: bool
) -> int:
    """Take in papers from files, and the feeds of OPML lists for a channel; the worst exit code."""
    lists = [path for path in files if _is_list(path)]
    papers = [path for path in files if path not in lists]
    codes = [await watches.take_list(settings, channel or watches.FIRST_CHANNEL, p) for p in lists]
    if papers or not lists:
        codes.append(await import_files(settings, papers, as_json=as_json))
    return max(codes)


def _is_list(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_opml(file.read(_HEAD).decode("utf-8-sig", "replace"))
    except OSError:
        return False


async def import_files(settings: Settings, files: Sequence[Path], *, as_json: bool) -> int:
    """Take in every readable entry of the files and report the rest; returns the exit code.

    0 when all was taken, 1 when anything was refused. A file that cannot be read at all is one
    refusal; the others beside it are taken.
    """
    app = build_app(settings)
    try:
        await app.prepare(keep_sources=False)
        tally = await _take(app, files, quiet=as_json)
    finally:
        await app.close()
    if as_json:
        sys.stdout.write(f"{json.dumps(asdict(tally), ensure_ascii=False)}\n")
    else:
        _report(tally)
    return 1 if tally.refused else 0


async def _take(app: App, files: Sequence[Path], *, quiet: bool) -> EntryCounts:
    console = Console(stderr=True)
    total = EntryCounts()
    waiting: list[Entry] = []
    with Progress(console=console, disable=quiet or not console.is_terminal) as progress:
        for path in progress.track(files, description="Importing"):
            waiting += _read(path, total)
            if len(waiting) >= BATCH:
                total.add(await app.services.polling.take(waiting, *_IMPORTED, shared=True))
                waiting = []
    total.add(await app.services.polling.take(waiting, *_IMPORTED, shared=True))
    return total


def _read(path: Path, tally: EntryCounts) -> Sequence[Entry]:
    try:
        fresh = read_file(path)
    except SourceError as error:
        tally.refused.append(Refused(str(path), str(error)))
        return ()
    tally.refused.extend(fresh.refused)
    tally.same += fresh.same
    return fresh.entries


def _report(tally: EntryCounts) -> None:
    console = Console(highlight=False)
    for one in tally.refused[:_SHOWN]:
        place = "" if one.why.startswith(Path(one.where).name) else f"{one.where}: "
        console.print(f"refused: {place}{one.why}", markup=False, soft_wrap=True)
    if len(tally.refused) > _SHOWN:
        console.print(f"… and {len(tally.refused) - _SHOWN} more; --json lists all of them.")
    counts = f"{tally.taken} taken, {tally.updated} updated, {tally.same} already known"
    console.print(f"{counts}, {len(tally.refused)} refused.")
