"""`paperround workspace`: all that is kept of a workspace or server, deleted."""

from dataclasses import asdict

from rich.console import Console
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.bootstrap import build_app
from bot.errors import CommandError, NotFoundError
from config.settings import Settings
from storage import channels, workspaces
from storage.models import Workspace

_FORM = "Write which as slack:T0123 or discord:SERVER-ID."


async def forget(settings: Settings, which: str, *, sure: bool) -> int:
    """Delete all that is kept of a workspace; returns 0. It may run beside a server.

    Unless `sure`, it only says what that would be. Raises NotFoundError for one that is not known.
    """
    app = build_app(settings)
    console = Console(highlight=False)
    try:
        await app.prepare(keep_sources=False)
        async with app.database.write() as session:
            workspace = await _find(session, which)
            held = await workspaces.holdings(session, workspace)
            if sure:
                await workspaces.forget(session, workspace, app.clock())
        told = ", ".join(f"{number} {name}" for name, number in asdict(held).items())
        console.print(
            f"Forgotten: {told}." if sure else f"Kept of {which}: {told}. Add --yes to delete it.",
            markup=False,
            soft_wrap=True,
        )
    finally:
        await app.close()
    return 0


async def _find(session: AsyncSession, which: str) -> Workspace:
    platform, colon, place = which.partition(":")
    if platform not in ("slack", "discord") or not colon or not place or "/" in place:
        raise CommandError(f"{which!r} names no workspace. {_FORM}")
    found = await channels.find_workspace(session, platform, place)
    if found is None:
        raise NotFoundError(f"Nothing is kept of {which}. {_FORM}")
    return found
