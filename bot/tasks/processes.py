"""What `paperround doctor` says of the processes: who runs, and what none of them does."""

from collections import Counter
from collections.abc import Collection

from bot.app import App
from bot.role import HEARERS, RUNNERS, Role
from bot.tasks.soundness import Finding
from storage import shards as holders

_NO_WORKER = "no worker among them: nothing is read, picked or posted"
_NO_CHAT = "nobody among them hears people: no command is answered and no vote counted"
_SHOWN = 8


async def server(app: App, *, held: bool, verb: str) -> Finding:
    """Whether a server runs, and does all there is to do; `verb` is what starts it."""
    living = [] if app.database.embedded else await app.roster.living(*Role)
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
    living = {one.name for one in await app.roster.living(*HEARERS)}
    if not living:
        return []
    async with app.database.read() as session:
        known = [each for each in await holders.list_known(session) if each.worker in living]
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
