"""`paperround doctor`: what is configured, reachable and migrated, and what to do."""

import asyncio
import json
import sys
from dataclasses import asdict

from rich.console import Console

from bot.app import App, build_app
from bot.errors import PaperroundError
from bot.sources.source import Broken
from bot.tasks import processes, soundness
from bot.tasks.soundness import PATIENCE_SECONDS, Finding
from config.settings import Settings
from storage import channels, install, sources

_NAMED = 5
_ADD_A_WATCH = "Add a watch: paperround watch add --channel local:general diffusion"


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
    program, held = soundness.program(), not app.hold()
    findings = [program, *soundness.disk(app), *await _database(app)]
    if not all(one.well for one in findings if one.what == "database"):
        return findings
    serving = held or await app.served()
    verb = "demo" if await _is_demo(app) else "run"
    findings += [await _data(app), await processes.server(app, held=held, verb=verb)]
    findings += [await soundness.writing(app), soundness.engine(app)]
    findings += [*await soundness.platforms(app), *await processes.shards(app)]
    if all(one.well for one in findings):
        await app.prepare(keep_sources=not held and not await app.served())
    findings += await _sources(app)
    return [
        *findings,
        await soundness.clock(app),
        await soundness.waiting(app),
        await soundness.checkpoints(app),
        *([await soundness.rounds(app)] if serving else []),
        await _channels(app),
    ]


async def _data(app: App) -> Finding:
    if not await _is_demo(app):
        return Finding("data", True, app.database.place)
    advice = "For papers of your own, name another folder in PAPERROUND_DATA_DIR."
    return Finding("data", True, f"{app.database.place}, the demo's sample papers", advice)


async def _is_demo(app: App) -> bool:
    async with app.database.read() as session:
        return (await install.get(session)).demo


async def _database(app: App) -> list[Finding]:
    try:
        found, newest = await app.database.revision()
    except PaperroundError as error:
        return [Finding("database", False, str(error))]
    if found == newest:
        return [Finding("database", True, f"schema {found}"), *await soundness.postgres(app)]
    try:
        await app.database.migrate()
    except PaperroundError as error:
        return [Finding("database", False, str(error))]
    made = Finding("database", True, f"schema {newest}, brought up to date now")
    return [made, *await soundness.postgres(app)]


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
        gone = await channels.list_gone(session)
    if not gone:
        return Finding("channels", True, f"{len(active)} active", "" if active else _ADD_A_WATCH)
    named = ", ".join(f"{each.address} ({each.state_reason})" for each in gone[:_NAMED])
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    found = f"{len(active)} active; {len(gone)} cannot be posted to: {named}{more}"
    return Finding("channels", True, found, "Invite the bot there again; until then they get none.")


def _report(findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for one in findings:
        mark = "[red]bad[/] " if not one.well else "note" if one.advice else "[green]ok[/]  "
        console.print(mark, end=" ")
        console.print(f"{one.what}: {one.found}", markup=False, soft_wrap=True)
        if one.advice:
            console.print(f"       {one.advice}", markup=False, soft_wrap=True)
