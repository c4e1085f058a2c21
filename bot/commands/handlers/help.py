"""Help, from the same table that the parser reads."""

from typing import Any

from bot.cards.richtext import Line, bold, line, slash
from bot.commands.context import Scene
from bot.commands.parser import find_verb
from bot.commands.replies import joined, support_lines
from bot.commands.verbs import FAMILIES, Verb
from bot.ports import Reply


async def help_(scene: Scene, words: str) -> Reply:
    """Everything that can be typed and who helps beyond that, or one verb with an example."""
    wanted = " ".join(word for word in words.split() if word.lower() not in _AROUND)
    if wanted:
        return Reply(lines=tuple(one_verb(wanted)))
    return Reply(lines=(*all_verbs(), *support_lines(scene.context.support)))


_AROUND = frozenset(("me", "us", "please", "with", "on", "about", "command", "commands", "all"))


def all_verbs() -> list[Line]:
    """A line for each verb, by families."""
    lines: list[Line] = []
    for family, verbs in FAMILIES.items():
        lines.append(line(bold(family)))
        lines.extend(line(slash(verb.usage), f": {verb.help}") for verb in verbs)
    return lines


def one_verb(words: str) -> list[Line]:
    """How a verb is written, what it does, and an example; raises CommandError for no verb."""
    verb = find_verb(words)
    who = " The channel reads who did it." if verb.shared else ""
    return [
        line(slash(verb.usage)),
        line(f"{verb.help}{who}"),
        line("For example: ", slash(verb.example)),
        *_choices(verb),
    ]


def _choices(verb: Verb[Any]) -> list[Line]:
    named = [slash(f"{verb.words} {choice}") for choice in verb.argument.choices]
    return [line("Usual: ", *joined(named))] if named else []
