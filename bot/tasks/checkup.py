"""`paperround doctor`: what is configured, reachable and migrated, and what to do."""

import asyncio
import json
import sys
from dataclasses import asdict

from rich.console import Console

from bot.app import App, build_app
from bot.errors import PaperroundError
from bot.sources.source import Broken
from bot.tasks import soundness
from bot.tasks.soundness import PATIENCE_SECONDS, Finding
from config.settings import Settings
from storage import channels, sources


async def examine(settings: Settings, *, as_json: bool) -> int:
    """Print every finding; returns 0 when all is well and 1 when something needs a hand."""
    app = build_app(settings, patient=False)
    try:
        findings = await _look(app)
    finally:
        await app.close()
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in findings], ensure_ascii=False) + "\n")
    else:
        _report(findings)
    return 0 if all(one.well for one in findings) else 1


async def _look(app: App) -> list[Finding]:
    findings = [_folder(app), soundness.disk(app), _running(app), *await _database(app)]
    if not all(one.well for one in findings if one.what == "database"):
        return findings
    findings.append(await soundness.writing(app))
    findings += [soundness.engine(app), *await soundness.platforms(app)]
    if all(one.well for one in findings):
        await app.prepare(keep_sources=app.lock.is_locked)
    findings += await _sources(app)
    return [
        *findings,
        await soundness.clock(app),
        await soundness.waiting(app),
        await _channels(app),
    ]


def _folder(app: App) -> Finding:
    where = app.lock.lock_file
    return Finding("data", True, f"kept beside {where}")


def _running(app: App) -> Finding:
    if app.hold():
        return Finding("server", True, "not running; start it with: paperround run")
    return Finding("server", True, "another process serves this data")


async def _database(app: App) -> list[Finding]:
    shown = app.database.place
    try:
        found, newest = await app.database.revision()
    except PaperroundError as error:
        return [Finding("database", False, str(error), "Correct PAPERROUND_DATABASE_URL.")]
    if found == newest:
        return [Finding("database", True, f"{shown}, schema {found}")]
    try:
        await app.database.migrate()
    except PaperroundError as error:
        return [Finding("database", False, str(error), "Upgrade Paperround.")]
    return [Finding("database", True, f"{shown}, schema {newest}, brought up to date now")]


async def _sources(app: App) -> list[Finding]:
    async with app.database.read() as session:
        polled = await sources.list_polled(session)
    if not polled:
        advice = "Set PAPERROUND_ARXIV_CATEGORIES or PAPERROUND_FEEDS, or use paperround import."
        return [Finding("sources", True, "none is polled", advice)]
    return list(
        await asyncio.gather(*(_source(app, one.kind, one.spec, one.name) for one in polled))
    )


async def _source(app: App, kind: str, spec: str, name: str) -> Finding:
    what = f"source {name}"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            outcome = await app.crew.polling.ask(kind, spec, {})
    except TimeoutError:
        return Finding(what, False, "did not answer in time", "Check the network and its URL.")
    if isinstance(outcome, Broken):
        return Finding(what, False, outcome.reason, "Check the network and its URL.")
    return Finding(what, True, "answers")


async def _channels(app: App) -> Finding:
    async with app.database.read() as session:
        active = await channels.list_active(session)
    advice = "" if active else "Add a watch: paperround watch add --channel local:general diffusion"
    return Finding("channels", True, f"{len(active)} active", advice)


def _report(findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for one in findings:
        mark = "[green]ok[/]  " if one.well else "[red]bad[/] "
        console.print(mark, end=" ")
        console.print(f"{one.what}: {one.found}", markup=False, soft_wrap=True)
        if one.advice:
            console.print(f"       {one.advice}", markup=False, soft_wrap=True)
