"""The command suggestions: better watches out of the votes, taken or refused by number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.cards.richtext import italic, line, slash
from bot.cards.suggestion import suggestion_line
from bot.commands.context import Scene
from bot.commands.handlers.watches import add, known, understand
from bot.commands.lookup import choose
from bot.commands.replies import announced, say
from bot.errors import CommandError
from bot.ports import Reply
from storage import suggestions, watches

if TYPE_CHECKING:
    from bot.rounds.picking.suggestions import Suggestion

_CHOICE = re.compile(r"(?P<what>take|refuse)\s+(?P<which>.+)", re.IGNORECASE)
_SHOWN = 10


async def suggestions_(scene: Scene, typed: str | None) -> Reply:
    """List what is suggested, take or refuse one, or turn the weekly one on or off."""
    word = (typed or "").lower()
    if word in ("on", "off"):
        return await _switch(scene, on=word == "on")
    found = (await scene.rounds.suggestions(scene.channel))[:_SHOWN]
    if not word:
        return _list(found)
    chosen = _CHOICE.fullmatch((typed or "").strip())
    if chosen is None:
        raise CommandError(
            "Write take or refuse and a number, on or off; for example: suggestions take 1"
        )
    if not found:
        return _list(found)
    one = choose(chosen["which"], found, _names, verb=f"suggestions {chosen['what'].lower()}")
    return await (_take if chosen["what"].lower() == "take" else _refuse)(scene, one)


def _names(one: Suggestion) -> tuple[str, ...]:
    return (one.text or one.watch,)


def _list(found: list[Suggestion]) -> Reply:
    from bot.rounds.picking.suggester import choices_of  # noqa: PLC0415 - brings the index along

    if not found:
        return say(
            "Nothing to suggest: no other watch would have served the votes of this channel better."
        )
    rows = [line(f"{number}. ", *suggestion_line(one)) for number, one in enumerate(found, 1)]
    ways = line(
        "Take one: ",
        slash("suggestions take 1"),
        ", or hear no more of it: ",
        slash("suggestions refuse 1"),
        ".",
    )
    return Reply(lines=(*rows, ways), choices=choices_of(found[0]) if len(found) == 1 else ())


async def _switch(scene: Scene, *, on: bool) -> Reply:
    async with scene.changing() as channel:
        channel.suggests = on
    said = "lets a better watch be suggested here once a week." if on else "ended suggestions here."
    return announced(
        scene, said, lines=[line("They can be read at any time: ", slash("suggestions"))]
    )


async def _take(scene: Scene, one: Suggestion) -> Reply:
    """The new watch comes and the old one goes, in one step."""
    async with scene.database.write() as session:
        live = await watches.list_channel(session, scene.channel_id)
        old = next((watch for watch in live if watch.text == one.watch), None)
        if one.text:
            asked = understand(one.text, scene.rounds.lexicon)
            await add(session, scene, asked, known(each.text for each in live))
        if old is not None:
            await watches.remove(session, old, scene.now)
    came = ("watches ", italic(one.text)) if one.text else ("no longer watches ", italic(one.watch))
    instead = (" instead of ", italic(one.watch)) if one.text and one.watch else ()
    back = (
        [line("Take the old one back with ", slash(f"watch {one.watch}"), ".")] if one.watch else []
    )
    return announced(scene, *came, *instead, " here.", lines=[line("Done."), *back])


async def _refuse(scene: Scene, one: Suggestion) -> Reply:
    async with scene.database.write() as session:
        await suggestions.note(session, scene.channel_id, one.key, refused=True)
    return announced(
        scene, "refused a suggestion here.", lines=[line("That is never suggested here again.")]
    )
