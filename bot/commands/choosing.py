"""One thing out of a numbered list, named by its number or by what it says."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from rapidfuzz import fuzz, process

from bot.commands.quoting import quoted
from bot.errors import NotFoundError

Item = TypeVar("Item")

_NUMBER = re.compile(r"#?([0-9]{1,6})")
_NEAR = 50


def choose(
    which: str, items: Sequence[Item], names: Callable[[Item], tuple[str, ...]], *, verb: str
) -> Item:
    """The item with this number (from 1) or, letter case aside, one of whose `names` it is.

    Raises NotFoundError, which names the nearest item and how to say it with `verb`.
    """
    number = _NUMBER.fullmatch(which)
    if number and 1 <= int(number[1]) <= len(items):
        return items[int(number[1]) - 1]
    for item in items:
        if which.casefold() in (name.casefold() for name in names(item)):
            return item
    raise NotFoundError(_missing(which, [names(item)[0] for item in items], verb))


def _missing(which: str, names: Sequence[str], verb: str) -> str:
    if not names:
        return f"There is no {quoted(which)} here: the list is empty."
    near = process.extractOne(which.casefold(), names, scorer=fuzz.WRatio, score_cutoff=_NEAR)
    start = f"There is no {quoted(which)} among the {len(names)} here."
    if near is None:
        return f"{start} For example: {verb} 1"
    name, _, place = near
    return f'{start} Did you mean "{verb} {place + 1}", which is {quoted(name)}?'
