"""Slack's names of reactions, and the characters that the rest of the program knows."""

from rich.emoji import Emoji

_TONE = "::skin-tone-"
_SEEDED = {"👍": "+1", "👎": "-1", "🔖": "bookmark"}

SEEDED = tuple(_SEEDED.values())
"""The reactions that the bot may put on a post so that people need only tap them."""


def neutral_emoji(name: str) -> str:
    """The character of a reaction, whatever its skin tone; a workspace's own one keeps its name."""
    bare = name.partition(_TONE)[0]
    spelled = f":{bare}:"
    character = Emoji.replace(spelled)
    return bare if character == spelled else character
