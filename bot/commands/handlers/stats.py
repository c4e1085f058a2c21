"""What the votes here taught, in words and as a picture."""

import asyncio
from collections.abc import Sequence

from bot.cards.richtext import Line, Span, bold, italic, line
from bot.cards.stats import Bar, Share, Stats, Weighed, describe, shown_word, signed
from bot.commands.context import Scene
from bot.commands.replies import count, say
from bot.ports import Picture, Reply


async def stats(scene: Scene, _: None) -> Reply:
    """What the channel likes and dislikes, its votes over time, and the share of picks voted up."""
    found = await scene.rounds.stats(scene.channel)
    if not found.votes:
        return say(_no_votes(found))
    picture = Picture("stats.png", await asyncio.to_thread(_drawn, found), describe(found))
    return Reply(lines=tuple(told(found)), picture=picture)


def _drawn(found: Stats) -> bytes:
    from bot.cards.chart import draw  # noqa: PLC0415 - brings a renderer, seldom needed

    return draw(found)


def told(found: Stats) -> list[Line]:
    """Everything that the picture shows, in lines; days or weeks without a vote are passed over."""
    return [
        line(bold(f"Votes in {found.channel}"), f": {_counted(found)}"),
        *_words("Likes ", found.likes),
        *_words("Dislikes ", found.dislikes),
        *_over_time(found),
        *_share("Picks voted up before learning: ", "first", found.before),
        *_share("Picks voted up since: ", "later", found.since),
    ]


def _no_votes(found: Stats) -> str:
    posted = f"{count(found.posts, 'paper')} came here so far. " if found.posts else ""
    return (
        f"Nobody has voted here yet. {posted}Put 👍 or 👎 on a post: the next picks follow, and "
        "this shows what the channel likes."
    )


def _counted(found: Stats) -> str:
    people = "1 person" if found.people == 1 else f"{found.people} people"
    posts = f"{found.voted} of {count(found.posts, 'post')}"
    return f"{found.up} up and {found.down} down, by {people} on {posts}."


def _words(opening: str, words: Sequence[Weighed]) -> list[Line]:
    said: list[str | Span] = [opening]
    for word, weight in words:
        said += [italic(shown_word(word)), f" {signed(weight)}", ", "]
    return [line(*said[:-1])] if words else []


def _over_time(found: Stats) -> list[Line]:
    bars = [_bar(bar) for bar in found.bars if bar.up or bar.down]
    return [line(f"By {found.step}: {', '.join(bars)}")] if bars else []


def _bar(bar: Bar) -> str:
    votes = [f"+{bar.up}"] * bool(bar.up) + [f"−{bar.down}"] * bool(bar.down)
    return f"{bar.start.day} {bar.start:%b} {' '.join(votes)}"


def _share(opening: str, which: str, share: Share) -> list[Line]:
    if not share.of:
        return []
    told = f", {share.up} of the {which} {share.of} with votes."
    return [line(opening, bold(f"{share.percent}%"), told)]
