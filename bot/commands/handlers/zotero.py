"""The commands saved zotero, saved push and library zotero: papers into Zotero libraries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cards.richtext import Line, bold, line, slash
from bot.commands.context import Scene
from bot.commands.replies import announced, count, say
from bot.errors import CommandError
from bot.ports import Reply
from storage import votes
from storage.zotero import channel_owner, person_owner

if TYPE_CHECKING:
    from bot.rounds.zotero.push import Owner, PushReport, ZoteroPush

_GIVEN = re.compile(
    r"(?P<key>[A-Za-z0-9]{24})"
    r"(?:\s+group\s+(?:\S*/groups/)?(?P<group>[0-9]{1,12})(?:/\S*)?)?"
    r"(?:\s+collection\s+(?P<collection>[2-9A-NP-Z]{8}))?",
    re.IGNORECASE,
)
_SHOWN = 5


async def saved_zotero(scene: Scene, typed: str | None) -> Reply:
    """Connect the person's own Zotero library, let it go, or say how it stands."""
    zotero, owner = _zotero(scene), _person(scene)
    if typed is None:
        return _stands(await zotero.report(owner.name), "saved zotero YOUR-KEY")
    if typed.lower() == "off":
        return _let_go(gone=await zotero.disconnect(owner.name))
    given = _given(typed, "saved zotero")
    address = await zotero.connect(
        owner,
        given["key"],
        scene.person.id,
        group=given["group"] or "",
        collection=(given["collection"] or "").upper(),
    )
    told = line("Connected to ", bold(address), ". To bring your saved papers there: ")
    return Reply(lines=(line(*told, slash("saved push")),))


async def push(scene: Scene, _: None) -> Reply:
    """Bring the person's saved papers into their Zotero library."""
    zotero, owner = _zotero(scene), _person(scene)
    async with scene.database.read() as session:
        kept = await votes.list_saved(session, scene.channel.workspace_id, scene.person.id)
    report = await zotero.push(owner.name, [paper.id or 0 for paper in kept])
    return _stands(report, "saved zotero YOUR-KEY")


async def library_zotero(scene: Scene, typed: str | None) -> Reply:
    """Let what the channel likes go into a Zotero group, end that, or say how it stands."""
    zotero, owner = _zotero(scene), _channel(scene)
    if typed is None:
        return _stands(await zotero.report(owner.name), "library zotero YOUR-KEY group 123")
    if typed.lower() == "off":
        gone = await zotero.disconnect(owner.name)
        if not gone:
            return _let_go(gone=False)
        lines = _let_go(gone=True).lines
        return announced(scene, "ended what goes from here to Zotero.", lines=lines)
    given = _given(typed, "library zotero")
    if not given["group"]:
        raise CommandError(
            "Name the group as well, by the number in its address, for example: "
            "library zotero YOUR-KEY group 123"
        )
    address = await zotero.connect(
        owner,
        given["key"],
        scene.person.id,
        group=given["group"],
        collection=(given["collection"] or "").upper(),
    )
    told = [line("What is liked here goes there once a day. The key is kept sealed.")]
    return announced(
        scene, "lets what is liked here go to Zotero, ", bold(address), ".", lines=told
    )


def _person(scene: Scene) -> Owner:
    from bot.rounds.zotero.push import Owner  # noqa: PLC0415 - brings the HTTP client along

    workspace_id = scene.channel.workspace_id
    return Owner(person_owner(workspace_id, scene.person.id), workspace_id)


def _channel(scene: Scene) -> Owner:
    from bot.rounds.zotero.push import Owner  # noqa: PLC0415 - brings the HTTP client along

    owner = channel_owner(scene.channel_id)
    return Owner(owner, scene.channel.workspace_id, scene.channel_id)


def _zotero(scene: Scene) -> ZoteroPush:
    if scene.context.zotero is None:
        raise CommandError(
            "Keys are kept only sealed, and this install has no key to seal them with: whoever "
            "hosts it sets PAPERROUND_ENCRYPTION_KEY. Until then, for example: saved export ris"
        )
    return scene.context.zotero


def _given(typed: str, verb: str) -> re.Match[str]:
    found = _GIVEN.fullmatch(typed.strip())
    if found is None:
        # What was typed may hold a key, so it is not said again.
        raise CommandError(
            "That cannot be read. A key has 24 letters and digits; make one with write access at "
            f"zotero.org/settings/keys. Write {verb} <key>, then group <number> for a group's "
            "library and collection <its 8 letters> for a collection."
        )
    return found


def _let_go(*, gone: bool) -> Reply:
    if not gone:
        return say("No Zotero library is connected.")
    return say("The key is forgotten. What is in Zotero stays there.")


def _stands(report: PushReport | None, example: str) -> Reply:
    if report is None:
        return say(
            "No Zotero library is connected. Make a key with write access at "
            "zotero.org/settings/keys, then type ",
            slash(example),
            ". Only you see that, and the key is kept sealed.",
        )
    now = f"{count(report.sent, 'paper')} brought now, " if report.sent else ""
    first = line("Zotero, ", bold(report.address), f": {now}{report.there} there in all.")
    return Reply(lines=(first, *_open(report)))


def _open(report: PushReport) -> Sequence[Line]:
    lines = [line(f"Not taken: {each.title}: {each.reason}") for each in report.failed[:_SHOWN]]
    more = len(report.failed) - _SHOWN
    if more > 0:
        lines.append(line(f"… and {more} more were not taken."))
    if report.left:
        lines.append(line(f"{count(report.left, 'paper')} still to come; tried again every day."))
    if report.trouble:
        lines.append(line(report.trouble))
    return lines
