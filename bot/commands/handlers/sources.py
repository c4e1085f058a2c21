"""Where a channel's papers come from: sources, and papers handed in by people."""

import asyncio
from collections.abc import Sequence

from bot.cards.richtext import Line, bold, line, slash
from bot.commands.context import Scene
from bot.commands.lookup import choose, find_meant
from bot.commands.replies import announced, count, paper_span, say
from bot.errors import CommandError, SourceError
from bot.ports import Reply
from bot.sources.opml import Outline, find_fault, read_opml, write_opml
from bot.sources.paper_ids import find_arxiv
from bot.sources.registry import LONGEST_NAME, recognise, typed_as
from bot.text import moment, quoted
from storage import sources
from storage.models import Source, SourceHealth

_SHOWN = 10
_HEALTH = {
    SourceHealth.NEW: "not asked yet",
    SourceHealth.FRESH: "had something new",
    SourceHealth.QUIET: "answered, nothing new",
    SourceHealth.BROKEN: "broken",
}


async def list_(scene: Scene, _: None) -> Reply:
    """The sources that the channel reads, and those that it could."""
    known = await _known(scene)
    if not known:
        return say("No source is read here yet. For example: ", slash("sources add cs.LG"))
    rows = [
        line(f"{number}. ", bold(source.name), "" if on else " (switched off here)")
        for number, (source, on) in enumerate(known, 1)
    ]
    return Reply(lines=(*rows, line("How they are: ", slash("sources status"))))


async def add(scene: Scene, typed: str) -> Reply:
    """Read one more source; a known one that was switched off is taken up again."""
    kind, spec, name = recognise(typed)
    here = await _known(scene)
    before = {source.id for source, on in here if on}
    for source, on in here:
        if (source.kind, source.spec) != (kind, spec):
            continue
        if on and source.health is SourceHealth.BROKEN:
            # Whoever adds it again has mended it, or hopes so: it is asked at once.
            return say(await scene.rounds.add_source(scene.channel, kind, spec, source.name))
        return await _switch_on(scene, source, on=on)
    held = await scene.rounds.add_source(scene.channel, kind, spec, name)
    # A page is added as the feed that it announces, and a feed under its own title.
    called = next(
        (one.name for one, on in await _known(scene) if on and one.id not in before), name
    )
    return announced(scene, "added the source ", bold(called), ".", lines=[line(held)])


async def remove(scene: Scene, which: str) -> Reply:
    """Stop reading a source here; other channels keep it."""
    known = [source for source, on in await _known(scene) if on]
    chosen = choose(which, known, lambda source: (source.name, source.spec), verb="sources remove")
    async with scene.database.write() as session:
        await sources.choose(session, scene.channel, chosen, on=False)
    effect = line("This channel no longer reads ", bold(chosen.name), ".")
    return announced(scene, "removed the source ", bold(chosen.name), ".", lines=[effect])


async def status(scene: Scene, _: None) -> Reply:
    """How the last poll of each source went, and since when a broken one is broken."""
    read = [source for source, on in await _known(scene) if on]
    if not read:
        return say("No source is read here yet. For example: ", slash("sources add cs.LG"))
    return Reply(lines=tuple(_state(scene, source) for source in read))


async def export(scene: Scene, _: None) -> Reply:
    """The sources that the channel reads as OPML: those by name in the words that add them."""
    read = [source for source, on in await _known(scene) if on and source.kind != "import"]
    listed = [Outline(source.name, typed_as(source.kind, source.spec)) for source in read]
    told = f"{count(len(listed), 'source')}. Another channel takes them with "
    file = ("sources.opml", write_opml("Paperround", listed))
    return Reply(lines=(line(told, slash("import"), " and the file's text."),), file=file)


async def take_list(scene: Scene, text: str) -> Reply:
    """Read every source of an OPML list here; each is asked at the next poll."""
    added, here, refused = await _added(scene, await asyncio.to_thread(read_opml, text))
    also = f", {here} read here already" if here else ""
    lines = [line(f"Took in {count(len(added), 'source')}{also}.")]
    if fault := await asyncio.to_thread(find_fault, text):
        lines.append(line(f"The list is not whole: {fault}. What could be read of it was taken."))
    lines += [line(f"Refused {quoted(what)}: {why}") for what, why in refused[:_SHOWN]]
    if not added:
        return Reply(lines=tuple(lines), failed=bool(refused))
    lines.append(line("How they are, once they were asked: ", slash("sources status")))
    summary = f"added {count(len(added), 'source')} from a list."
    return announced(scene, summary, lines=lines)


async def _added(
    scene: Scene, feeds: Sequence[Outline]
) -> tuple[list[str], int, list[tuple[str, str]]]:
    """What became of a list's feeds: names of the added, how many were known, what was refused."""
    on_here = {(source.kind, source.spec) for source, on in await _known(scene) if on}
    added: list[str] = []
    refused: list[tuple[str, str]] = []
    known = 0
    async with scene.database.write() as session:
        left = await sources.room_for(session, scene.channel)
        for feed in feeds:
            try:
                kind, spec, name = recognise(feed.url)
            except SourceError as error:
                refused.append((feed.url, str(error)))
                continue
            if (kind, spec) in on_here:
                known += 1
            elif left <= len(added):
                refused.append((feed.url, "this workspace reads as many sources as it may"))
            else:
                called = feed.title[:LONGEST_NAME] if kind == "feed" and feed.title else name
                source = await sources.add(session, kind=kind, spec=spec, name=called)
                await sources.choose(session, scene.channel, source, on=True)
                added.append(called)
    return added, known, refused


async def submit(scene: Scene, named: str) -> Reply:
    """Post a paper of the person's choice, once; one that is stored needs no network."""
    async with scene.database.read() as session:
        meant = await find_meant(session, scene.channel, named, scene.links_to)
    # What only comes near is for a person to choose, not to be posted before everybody.
    if meant is not None and meant.surely:
        await scene.rounds.submit_known(scene.channel, meant.paper, scene.person)
        return say("Posted ", paper_span(meant.paper), ".")
    arxiv_id = find_arxiv(named)
    if arxiv_id is None:
        raise CommandError(
            f"{quoted(named)} is no arXiv link or id, nor a paper known here. For example: "
            "submit https://arxiv.org/abs/1706.03762"
        )
    entry = await scene.rounds.fetch(arxiv_id)
    paper = await scene.rounds.submit(scene.channel, entry, scene.person)
    return say("Posted ", paper_span(paper), ".")


async def delete(scene: Scene, named: str) -> Reply:
    """Take down a paper that was posted here, for everybody to see who did it."""
    async with scene.database.read() as session:
        meant = await find_meant(session, scene.channel, named, scene.links_to)
    # What only comes near is for a person to choose, not to be deleted for everybody.
    if meant is None or not meant.surely:
        raise CommandError(
            f"No paper known here is {quoted(named)}. Give its link, its arXiv id or words of its "
            "title, for example: delete https://arxiv.org/abs/1706.03762"
        )
    await scene.rounds.delete(scene.channel, meant.paper)
    effect = line("The paper does not come again here; votes on it still count.")
    return announced(scene, "deleted the post of ", paper_span(meant.paper), ".", lines=[effect])


async def _known(scene: Scene) -> list[tuple[Source, bool]]:
    async with scene.database.read() as session:
        return list(await sources.list_channel(session, scene.channel))


async def _switch_on(scene: Scene, source: Source, *, on: bool) -> Reply:
    if on:
        return say(bold(source.name), " is read here already.")
    async with scene.database.write() as session:
        await sources.choose(session, scene.channel, source, on=True)
    effect = line("This channel reads ", bold(source.name), " again.")
    return announced(scene, "took up the source ", bold(source.name), " again.", lines=[effect])


def _state(scene: Scene, source: Source) -> Line:
    said = _HEALTH[source.health]
    asked = f", last asked {moment(source.polled_at, scene.zone)}" if source.polled_at else ""
    if source.health is not SourceHealth.BROKEN:
        return line(bold(source.name), f": {said}{asked}")
    since = f" since {moment(source.broken_since, scene.zone)}" if source.broken_since else ""
    rests = "" if source.enabled else "; it is not asked any more, until it is added again"
    reason = source.reason or "no reason given"
    return line(bold(source.name), f": {said}{since}: {reason}{asked}{rests}")
