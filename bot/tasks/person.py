"""`paperround person`: what is kept of one person, handed over or forgotten."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rapidfuzz import process, utils
from rich.console import Console
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import App
from bot.bootstrap import build_app
from bot.errors import CommandError, NotFoundError
from bot.platforms.local.names import READER, UNNAMED, person_named
from config.settings import Settings
from storage import personal_data, shared_models
from storage.database import lock_channel
from storage.personal_data import Whose

_PLATFORMS = ("slack", "discord", "local")
_FORM = "Write who as slack:T0123/U0123, discord:USER-ID or local:NAME"

_STANDING = (
    "Reactions of theirs that still stand on posts of the last seven days are read again when the "
    "bot connects anew: they have to take those off themselves."
)


async def export(settings: Settings, who: str) -> int:
    """Print as JSON all that is kept of a person; returns 0. It may run beside a server.

    Raises NotFoundError where nothing is, for then somebody else may have been meant.
    """
    app = build_app(settings)
    try:
        await app.prepare(keep_sources=False)
        async with app.database.read() as session:
            found = await _kept(session, who)
    finally:
        await app.close()
    sys.stdout.write(json.dumps({"person": who, **found}, ensure_ascii=False, indent=2) + "\n")
    return 0


async def forget(settings: Settings, who: str, *, sure: bool) -> int:
    """Delete all that is kept of a person, and what their votes taught; returns 0.

    Unless `sure`, it only says what that would be. It may run beside a server. Raises
    NotFoundError where nothing is kept, for then somebody else may have been meant.
    """
    app = build_app(settings)
    console = Console(highlight=False)
    try:
        await app.prepare(keep_sources=False)
        async with app.database.read() as session:
            found = await _kept(session, who)
        told = ", ".join(f"{len(rows)} {name.replace('_', ' ')}" for name, rows in found.items())
        if sure:
            await _forget(app, who)
        console.print(
            f"Forgotten: {told}." if sure else f"Kept of {who}: {told}. Add --yes to delete it.",
            markup=False,
            soft_wrap=True,
        )
        if sure and not who.startswith("local:"):
            console.print(_STANDING, markup=False, soft_wrap=True)
    finally:
        await app.close()
    return 0


async def _forget(app: App, who: str) -> None:
    """One transaction: nobody sees the votes gone and what they taught still there."""
    tastes, now = app.services.rounds.tastes, app.clock()
    async with app.database.write() as session:
        whose = await _whose(session, who)
        taught = await personal_data.taught_channels(session, whose)
        for channel_id in taught:
            await lock_channel(session, channel_id)
        await personal_data.forget(session, whose)
        await shared_models.drop(session, sorted(map(tastes.pool_of, whose.workspaces)))
        for channel_id in taught:
            await tastes.forget(session, channel_id, whose.person, now)
    await app.services.upkeep.learn(now)
    await app.services.upkeep.follow(now)


async def _whose(session: AsyncSession, who: str) -> Whose:
    platform, _, rest = who.partition(":")
    place, slash, person = rest.rpartition("/")
    if platform not in _PLATFORMS or not person:
        raise CommandError(f"{who} names nobody. {_FORM}.")
    found = await personal_data.workspaces(session, platform, place if slash else None)
    if not found:
        raise NotFoundError(f"Nothing is known of {platform}{f' {place}' if place else ''} here.")
    local = platform == "local"
    return Whose(_local_id(person) if local else person, [o.id for o in found if o.id], local)


def _local_id(name: str) -> str:
    """The id of who is called so in the local chat, as their names are read there."""
    try:
        return person_named(name).id
    except ValueError:
        return name


async def _kept(session: AsyncSession, who: str) -> dict[str, Sequence[Any]]:
    whose = await _whose(session, who)
    found = await _all(session, whose)
    if not any(found.values()):
        known = await personal_data.people(session, whose)
        raise NotFoundError(_unknown(who, whose, known))
    return found


def _unknown(who: str, whose: Whose, known: Sequence[str]) -> str:
    """What to say of somebody of whom nothing is kept: whom it may be, or how ids are found."""
    said = f"Nothing is kept of {who}: nobody of this name or id did anything here."
    if not whose.local:
        return f"{said} {_IDS[who.partition(':')[0]]}"
    names = [READER if one == UNNAMED else one for one in known]
    near = process.extract(
        whose.person, names, limit=3, score_cutoff=60, processor=utils.default_process
    )
    meant = " or ".join(f"local:{name}" for name, _, _ in near)
    return f"{said} Did you mean {meant}?" if meant else said


_IDS = {
    "slack": "A person's profile has its id in the menu, under Copy member ID: U… or W….",
    "discord": "With Discord's developer mode on, their menu has Copy User ID.",
}


async def _all(session: AsyncSession, whose: Whose) -> dict[str, Sequence[Any]]:
    return {
        "votes": [
            {
                "channel": address,
                "paper": title,
                "emoji": vote.emoji,
                "at": vote.event_at.isoformat(),
                "taken_back": vote.removed,
            }
            for vote, address, title in await personal_data.votes_of(session, whose)
        ],
        "saved_papers": [
            {"paper": title, "at": at.isoformat()}
            for title, at in await personal_data.saved_by(session, whose)
        ],
        "watches": [
            {"channel": address, "watch": watch.typed, "at": watch.added_at.isoformat()}
            for watch, address in await personal_data.watches_of(session, whose)
        ],
        "zotero_libraries": [
            {"library": library.address, "at": library.added_at.isoformat()}
            for library in await personal_data.zotero_of(session, whose)
        ],
        "submitted_papers": [
            {"channel": address, "paper": title, "at": post.slot_at.isoformat()}
            for post, address, title in await personal_data.submissions_of(session, whose)
        ],
        "local_messages": [
            {"channel": one.channel, "kind": one.kind, "at": one.sent_at.isoformat(), **one.body}
            for one in await personal_data.said_by(session, whose)
        ],
        "local_reactions": [
            {
                "channel": message.channel,
                "emoji": one.emoji,
                "at": one.at.isoformat(),
                "taken_back": one.removed,
            }
            for one, message in await personal_data.reacted_by(session, whose)
        ],
    }
