"""`paperround doctor`: what is configured, reachable and running, and what to do."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict

from rich.console import Console

from bot.app import App
from bot.bootstrap import build_app
from bot.errors import PaperroundError
from bot.ports import HEARERS, RUNNERS, Role
from bot.sources.apis import openalex
from bot.sources.base import Broken
from bot.tasks import doctor_checks
from bot.tasks.doctor_checks import PATIENCE_SECONDS, Finding
from config.settings import Settings
from storage import channels, install_state, sources
from storage import processes as holders

_NO_WORKER = "no worker among them: nothing is read, picked or posted"
_NO_CHAT = "nobody among them hears people: no command is answered and no vote counted"
_SHOWN = 8


async def server(app: App, *, held: bool, verb: str) -> Finding:
    """Whether a server runs, and does all there is to do; `verb` is what starts it."""
    living = [] if app.database.embedded else await app.registry.living(*Role)
    if not held and not living:
        return Finding("server", True, "does not run", f"Start it with: paperround {verb}")
    roles = Counter(Role(one.role) for one in living)
    told = ", ".join(f"{roles[role]} as {role}" for role in Role if roles[role])
    lacking, start = _lacking(roles) if living else ("", "")
    found = f"runs ({told})" if told else "runs"
    return Finding("server", not lacking, "; ".join(filter(None, (found, lacking))), start)


def _lacking(roles: Collection[Role]) -> tuple[str, str]:
    if not set(RUNNERS) & set(roles):
        return _NO_WORKER, "Start one: paperround run --role worker"
    if not set(HEARERS) & set(roles):
        return _NO_CHAT, "Start one: paperround run --role chat"
    return "", ""


async def shards(app: App) -> list[Finding]:
    """Whether living processes hear every shard of Discord; none where one process hears all."""
    if app.database.embedded or "discord" not in app.platforms:
        return []
    living = {one.name for one in await app.registry.living(*HEARERS)}
    if not living:
        return []
    async with app.database.read() as session:
        known = [
            each for each in await holders.list_known_holders(session) if each.worker in living
        ]
    if not known:
        advice = "It begins within a minute of its start; after that its log says what is wrong."
        return [Finding("shards", False, "no process that runs hears Discord", advice)]
    count = max(each.of for each in known)
    unheard = sorted(set(range(count)) - {shard for each in known for shard in each.shards})
    if not unheard:
        hearing = sum(bool(each.shards) for each in known)
        return [Finding("shards", True, f"{_number(count)} heard by {_processes(hearing)}")]
    named = ", ".join(map(str, unheard[:_SHOWN])) + (", …" if len(unheard) > _SHOWN else "")
    found = f"{len(unheard)} of {count} heard by nobody: {named}"
    return [Finding("shards", False, found, _TAKEN_UP)]


def _number(count: int) -> str:
    return "the one there is" if count == 1 else f"all {count}"


def _processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes"


_TAKEN_UP = (
    "A chat process that runs takes them up within a minute or two; if not, its log says why, at "
    "shards. More processes share them: paperround run --role chat"
)


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
    program, held = doctor_checks.program(), not app.hold(make=False)
    findings = [program, *doctor_checks.disk(app), *await _database(app)]
    if not all(one.well for one in findings if one.what == "database"):
        return findings
    serving = held or await app.served()
    verb = "demo" if await _is_demo(app) else "run"
    findings += [await _data(app), await server(app, held=held, verb=verb)]
    findings += [await doctor_checks.writing(app), doctor_checks.engine(app)]
    findings += [*await doctor_checks.platforms(app), *await shards(app)]
    if all(one.well for one in findings):
        await app.prepare(keep_sources=not held and not await app.served())
    findings += await _sources(app)
    return [
        *findings,
        await doctor_checks.clock(app),
        await doctor_checks.waiting(app),
        await doctor_checks.checkpoints(app),
        await doctor_checks.meaning(app),
        *await doctor_checks.summaries(app),
        *([await doctor_checks.rounds(app)] if serving else []),
        await _channels(app),
    ]


async def _data(app: App) -> Finding:
    if not await _is_demo(app):
        return Finding("data", True, app.database.place)
    advice = "For papers of your own, name another folder in PAPERROUND_DATA_DIR."
    return Finding("data", True, f"{app.database.place}, the demo's sample papers", advice)


async def _is_demo(app: App) -> bool:
    async with app.database.read() as session:
        return (await install_state.get(session)).demo


async def _database(app: App) -> list[Finding]:
    try:
        found, newest = await app.database.revision()
    except PaperroundError as error:
        return [Finding("database", False, str(error))]
    if found == newest:
        return [Finding("database", True, f"schema {found}"), *await doctor_checks.postgres(app)]
    try:
        await app.database.migrate()
    except PaperroundError as error:
        return [Finding("database", False, str(error))]
    made = Finding("database", True, f"schema {newest}, brought up to date now")
    return [made, *await doctor_checks.postgres(app)]


async def _sources(app: App) -> list[Finding]:
    async with app.database.read() as session:
        polled = await sources.list_polled(session)
    if not polled:
        advice = "Set PAPERROUND_ARXIV_CATEGORIES or PAPERROUND_FEEDS, or use paperround import."
        return [Finding("sources", True, "none is polled", advice)]
    found = await asyncio.gather(*(_source(app, one.kind, one.spec, one.name) for one in polled))
    cited = sum(one.kind == "cites" for one in polled)
    return [*found, *([_openalex(app, cited)] if cited else [])]


def _openalex(app: App, cited: int) -> Finding:
    """Whether the citations that are followed fit into what OpenAlex allows a day."""
    keyed = app.settings.openalex_key is not None
    allowed = openalex.CALLS_WITH_KEY if keyed else openalex.CALLS_WITHOUT_KEY
    calls = cited * (openalex.MOST_PAGES + 1)
    told = f"citations of {cited} papers, at most {calls} calls a day of {allowed:,}"
    return Finding("OpenAlex", calls <= allowed, told, "Set PAPERROUND_OPENALEX_KEY.")


async def _source(app: App, kind: str, spec: str, name: str) -> Finding:
    what = f"source {name}"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            outcome = await app.services.polling.ask(kind, spec, {})
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
