"""A channel's votes in words: what stands in the picture of them, and instead of it."""

from bot.cards.stats import Stats
from bot.cards.text import one_line, shorten

_LONGEST_WORD = 24
_LONGEST_CHANNEL = 40


def describe(stats: Stats) -> str:
    """What the picture shows, in two sentences, for those who cannot see it."""
    said = [
        f"{verb} {', '.join(shown_word(word) for word, _ in words[:3])}"
        for verb, words in (("likes", stats.likes), ("dislikes", stats.dislikes))
        if words
    ]
    voted = [f"{stats.up} vote{'' if stats.up == 1 else 's'} up, {stats.down} down"]
    for share, when in ((stats.before, "before"), (stats.since, "since")):
        if share.of:
            voted.append(f"{share.percent}% of picks voted up {when} learning")
    return f"{channel_name(stats)} {' and '.join(said) or 'likes nothing yet'}. {'; '.join(voted)}."


def channel_name(stats: Stats) -> str:
    """The channel with a #, on one line and not too long."""
    return shorten(f"#{one_line(stats.channel).lstrip('#')}", _LONGEST_CHANNEL)


def shown_word(word: str) -> str:
    """A word of a taste, on one line and not too long."""
    return shorten(one_line(word), _LONGEST_WORD)


def signed(weight: float) -> str:
    """A weight as people read it: +0.62 or −0.40."""
    return f"{weight:+.2f}".replace("-", "−")
