"""All kills of one stage, several in one trial, and those again alone that need it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from tests.crash.plan import ORDER
from tests.crash.points import Kill
from tests.crash.rows import Found
from tests.crash.stage import Outcome, Stage


async def try_all(
    stage: Stage, kills: Sequence[Kill], tell: Callable[[Found], None], *, alone: bool = False
) -> None:
    """Try every kill; `tell` hears what came of each as soon as it is known."""
    trials = [[kill] for kill in kills] if alone else stage.scenario.trials(kills)
    await asyncio.gather(*(_try(stage, trial, tell) for trial in trials))


async def _try(stage: Stage, kills: Sequence[Kill], tell: Callable[[Found], None]) -> None:
    outcome = await stage.try_kills(kills)
    if not outcome.wrong:
        for kill in outcome.met:
            tell(Found(kill, met=True))
        missed = [kill for kill in kills if kill not in outcome.met]
        await _each(lambda kill: _tell_alone(stage, kill, tell), missed)
        return
    say(stage, outcome)
    founds = await asyncio.gather(*(_alone(stage, kill) for kill in kills))
    if not any(_is_wrong(found) for found in founds):
        # Each alone does no harm, but all of them did.
        founds[-1] = _found(kills[-1], outcome)
    for found in founds:
        tell(found)


async def _each(do: Callable[[Kill], Awaitable[None]], kills: Sequence[Kill]) -> None:
    await asyncio.gather(*map(do, kills))


async def _tell_alone(stage: Stage, kill: Kill, tell: Callable[[Found], None]) -> None:
    tell(await _alone(stage, kill))


async def _alone(stage: Stage, kill: Kill) -> Found:
    """One kill in a trial of its own; what was missed, or only took too long, is tried again.

    Work in the background comes and goes, so the last time it is wherever the point is crossed.
    """
    anywhere = [replace(kill, scene=scene, number=1) for scene in ORDER]
    for kills in ([kill], [kill], anywhere):
        outcome = await stage.try_kills(kills)
        if outcome.wrong:
            say(stage, outcome)
        if outcome.doubled or (not outcome.trouble and (outcome.met or outcome.lost)):
            break
    return _found(kill, outcome)


def _found(kill: Kill, outcome: Outcome) -> Found:
    # What did not come to its end has lost nothing yet.
    lost = 0 if outcome.trouble else outcome.lost.total()
    return Found(kill, bool(outcome.met), lost, outcome.doubled.total(), outcome.trouble)


def _is_wrong(found: Found) -> bool:
    return bool(found.lost or found.doubled or found.trouble)


def say(stage: Stage, outcome: Outcome) -> None:
    """Print what went wrong."""
    print(f"{stage.name}: {'; '.join(map(str, outcome.met))}", flush=True)
    if outcome.trouble:
        print(f"  {outcome.trouble}", flush=True)
        return
    for what, facts in (("lost", outcome.lost), ("doubled", outcome.doubled)):
        for line, count in sorted(facts.items()):
            print(f"  {what} {count} x {line[:160]}", flush=True)
