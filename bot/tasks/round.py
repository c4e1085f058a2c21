"""`paperround round`: one round now."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bot.errors import CommandError
from bot.rounds.picking import explain
from bot.rounds.scheduling.schedule import Slot
from bot.sources.paper_ids import public_id
from bot.tasks.session import OnDemand, Visit, visit
from config.settings import Settings
from storage import channels, posts
from storage.models import Channel, ChannelState, Paper


async def run_rounds(
    settings: Settings, address: str | None, *, dry_run: bool, as_json: bool
) -> int:
    """Run a round for one channel or all; returns 0, or 1 where a post could not be delivered.

    A dry run shows what would be picked from what is stored; it neither polls nor posts.
    """
    async with visit(settings) as guest:
        wanted = await _channels(guest, address)
        if not dry_run and isinstance(guest.runs, OnDemand):
            await guest.runs.poll_due()
        rounds, undelivered = await _each(guest, wanted, dry_run=dry_run, quiet=as_json)
        if not dry_run and isinstance(guest.runs, OnDemand) and guest.app.webhooks is not None:
            await guest.app.webhooks.send_due()
    if as_json:
        sys.stdout.write(f"{json.dumps({'rounds': rounds}, ensure_ascii=False)}\n")
    else:
        _report(rounds, undelivered, dry_run=dry_run)
    return 1 if undelivered else 0


async def _channels(guest: Visit, address: str | None) -> Sequence[Channel]:
    if address is not None:
        return [await guest.channel(address)]
    async with guest.app.database.read() as session:
        active = await channels.list_active(session)
    if not active:
        raise CommandError(
            "There is no channel yet. Add a watch first: "
            "paperround watch add --channel local:general mixture of experts"
        )
    return active


async def _each(
    guest: Visit, wanted: Sequence[Channel], *, dry_run: bool, quiet: bool
) -> tuple[list[dict[str, Any]], int]:
    console = Console(stderr=True)
    rounds, undelivered = [], 0
    with Progress(console=console, disable=quiet or not console.is_terminal) as progress:
        for channel in progress.track(wanted, description="Rounds"):
            if dry_run:
                picks = await _rehearse(guest, channel)
            else:
                picks, late = await _run(guest, channel)
                undelivered += late
            why = {} if picks else {"why": await _why_none(guest, channel)}
            rounds.append({"channel": channel.address, "picks": picks, **why})
    return rounds, undelivered


async def _why_none(guest: Visit, channel: Channel) -> str:
    """Why a round brings nothing, with the command that helps."""
    services = guest.app.services
    forecast = await explain.forecast(services.database, services.rounds, channel, services.now())
    reason = explain.why_none(channel, forecast)
    return f"{reason.text} {reason.to} {reason.way}".strip()


async def _rehearse(guest: Visit, channel: Channel) -> list[dict[str, Any]]:
    services = guest.app.services
    picked = await services.rounds.rehearse(channel.id or 0, services.now())
    return [
        _pick(
            one.paper,
            one.found.match.score if one.found else 0.0,
            [asdict(each) for each in one.found.match.evidence] if one.found else [],
        )
        for one in picked
    ]


async def _run(guest: Visit, channel: Channel) -> tuple[list[dict[str, Any]], int]:
    if channel.state is ChannelState.GONE:
        return [], 0
    services = guest.app.services
    post_ids = await guest.runs.run_slot(Slot(channel.id or 0, services.now()))
    async with services.database.read() as session:
        made = await posts.list_ids(session, post_ids)
    late = sum(post.posted_at is None for post, _ in made)
    return [_pick(paper, post.score, post.match.get("evidence", [])) for post, paper in made], late


def _pick(paper: Paper, score: float, evidence: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": public_id(paper.key),
        "title": paper.title,
        "score": round(score, 1),
        "evidence": list(evidence),
    }


def _report(rounds: Sequence[dict[str, Any]], undelivered: int, *, dry_run: bool) -> None:
    console = Console(highlight=False)
    for one in rounds:
        verb = "would get" if dry_run else "got"
        papers = "1 paper" if len(one["picks"]) == 1 else f"{len(one['picks'])} papers"
        why = f": {one['why']}" if "why" in one else ""
        console.print(f"{one['channel']} {verb} {papers}{why}", markup=False, soft_wrap=True)
        for pick in one["picks"]:
            console.print(f"  {pick['score']:5.1f}  {pick['title']}", markup=False, soft_wrap=True)
    if undelivered:
        console.print(f"{undelivered} posts are not delivered yet; they will be tried again.")
