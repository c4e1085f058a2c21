"""`paperround deliveries`: posts that are on their way, stuck or given up; retry or drop them."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from bot.bootstrap import build_app
from bot.errors import CommandError, NotFoundError
from bot.tasks.session import Visit, read_address, visit
from config.settings import Settings
from storage import posts
from storage.database import Database
from storage.models import Channel, ChannelState, Paper, Post, PostState

LEFT = "left"
"""The state shown of a post whose last sender stopped without noting whether it arrived."""

SHOWN = timedelta(days=30)
"""Posts that were picked longer ago and given up are not listed."""

_BY_HAND = "dropped by whoever runs this install"
_TROUBLED = (PostState.FAILED, PostState.SENDING)

Row = tuple[Post, Paper, Channel]


async def show(settings: Settings, address: str | None, *, failed: bool, as_json: bool) -> int:
    """List posts that are not delivered, oldest slot first; returns 0.

    `failed` leaves out what is merely on its way. It may run beside a server.
    """
    app = build_app(settings)
    try:
        await app.prepare(keep_sources=False)
        now = app.clock()
        rows = await _rows(app.database, address, now, failed=failed)
    finally:
        await app.close()
    told = [_told(*row, now) for row in rows]
    if failed:
        told = [one for one in told if one["state"] != PostState.SENDING]
    if as_json:
        sys.stdout.write(json.dumps({"deliveries": told}, ensure_ascii=False) + "\n")
    else:
        _report(told, failed=failed)
    return 0


async def act(settings: Settings, action: str, post_ids: Sequence[int]) -> int:
    """Retry or drop posts by their ids; returns 0, or 1 where one was refused or is not there yet.

    Each is done once, whoever else works on it: the change and its condition are one statement.
    """
    if not post_ids:
        raise CommandError(
            f"Say which: paperround deliveries {action} ID. Without {action} it lists them."
        )
    console, all_well = Console(highlight=False), True
    does = _retry if action == "retry" else _drop
    async with visit(settings) as guest:
        for post_id in post_ids:
            well, said = await does(guest, post_id)
            console.print(f"{post_id}: {said}", markup=False, soft_wrap=True)
            all_well = all_well and well
    return 0 if all_well else 1


async def _rows(
    database: Database, address: str | None, now: datetime, *, failed: bool
) -> Sequence[Row]:
    place = str(read_address(address)) if address is not None else None
    states = _TROUBLED if failed else posts.OPEN
    async with database.read() as session:
        given_up = await posts.list_states(
            session, posts.GIVEN_UP, address=place, since=now - SHOWN
        )
        return [*given_up, *await posts.list_states(session, states, address=place)]


def _told(post: Post, paper: Paper, channel: Channel, now: datetime) -> dict[str, Any]:
    """A delivery as JSON has it; times are UTC."""
    retry = post.retry_at if post.state is PostState.FAILED else None
    return {
        "id": post.id,
        "channel": channel.address,
        "title": paper.title,
        "state": _state(post, now),
        "reason": post.reason,
        "attempts": post.attempts,
        "picked_at": post.picked_at.isoformat(),
        "retry_at": retry.isoformat() if retry else None,
    }


def _state(post: Post, now: datetime) -> str:
    left = post.lease_until is None or post.lease_until <= now or post.reason is not None
    return LEFT if post.state is PostState.SENDING and left else post.state.value


def _report(told: Sequence[dict[str, Any]], *, failed: bool) -> None:
    console = Console(highlight=False)
    if not told:
        console.print("No delivery failed." if failed else "Everything picked is delivered.")
        return
    for one in told:
        title = f"{one['id']:>6}  {one['state']:<8} {one['channel']}  {one['title']}"
        console.print(title, markup=False, soft_wrap=True)
        if why := _why(one):
            console.print(f"        {why}", markup=False, soft_wrap=True)


def _why(one: dict[str, Any]) -> str:
    parts = [one["reason"] or ""]
    if one["state"] == LEFT:
        parts.append("it may have arrived; the channel is asked before it is sent again")
    if one["state"] == PostState.UNKNOWN:
        parts.append(
            "it may have arrived and is not sent again; look in the channel, then retry or drop"
        )
    if one["retry_at"]:
        parts.append(f"tried {one['attempts']} times, next {one['retry_at'][:19]} UTC")
    return "; ".join(part for part in parts if part)


async def _retry(guest: Visit, post_id: int) -> tuple[bool, str]:
    _, _, channel = await _find(guest, post_id)
    if channel.state is ChannelState.GONE:
        return False, f"{channel.name} cannot be posted to: {channel.state_reason}"
    now = guest.app.clock()
    async with guest.app.database.write() as session:
        free = await posts.release(session, post_id, now)
    post, _, _ = await _find(guest, post_id)
    if not free and post.state is not PostState.DUE:
        return False, _held(post)
    await guest.runs.run_post(post_id, again=f":{now.isoformat()}")
    post, _, _ = await _find(guest, post_id)
    if post.state is PostState.POSTED:
        return True, "posted"
    return False, f"not posted yet: {post.reason or 'it is being sent'}"


async def _drop(guest: Visit, post_id: int) -> tuple[bool, str]:
    async with guest.app.database.write() as session:
        done = await posts.drop(session, post_id, guest.app.clock(), _BY_HAND)
    post, _, _ = await _find(guest, post_id)
    return (True, "dropped") if done else (False, _held(post))


async def _find(guest: Visit, post_id: int) -> Row:
    async with guest.app.database.read() as session:
        found = await posts.find(session, post_id)
    if found is None:
        raise NotFoundError(f"There is no delivery {post_id}: paperround deliveries lists them.")
    return found


def _held(post: Post) -> str:
    """Why a post is left alone."""
    if post.state is PostState.POSTED:
        return f"it was posted on {post.posted_at:%Y-%m-%d at %H:%M} UTC"
    if post.state is PostState.DROPPED:
        return f"it was dropped before: {post.reason}"
    until = f" after {post.lease_until:%H:%M:%S} UTC" if post.lease_until else ""
    return f"somebody is at it; look again{until}"
