"""One thing out of a numbered list, named by its number or by what it says."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from rapidfuzz import fuzz, process

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
        return f'There is no "{which}" here: the list is empty.'
    near = process.extractOne(which.casefold(), names, scorer=fuzz.WRatio, score_cutoff=_NEAR)
    number = near[2] + 1 if near else 1
    return (
        f'There is no "{which}" among the {len(names)} here. '
        f'Did you mean "{verb} {number}", which is {names[number - 1]}?'
        if near
        else f'There is no "{which}" among the {len(names)} here. For example: {verb} 1'
    )
