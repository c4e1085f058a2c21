"""Slack's names of reactions, and the characters that the rest of the program knows."""

from rich.emoji import Emoji

_TONE = "::skin-tone-"
_TONES = {str(number): chr(0x1F3FB + number - 2) for number in range(2, 7)}
"""Slack's tones 2 to 6 are Unicode's five."""

_SEEDED = {"👍": "+1", "👎": "-1", "🔖": "bookmark"}

SEEDED = tuple(_SEEDED.values())
"""The reactions that the bot may put on a post so that people need only tap them."""


def neutral_emoji(name: str) -> str:
    """The character of a reaction with its skin tone; a workspace's own one keeps its name."""
    bare, _, tone = name.partition(_TONE)
    spelled = f":{bare}:"
    character = Emoji.replace(spelled)
    return bare if character == spelled else character + _TONES.get(tone, "")
