"""The words that a token without its outer punctuation is made of."""

import re

from bot.matching.vocabulary import words

_PARTS = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*[+#]*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_FROM_TO = re.compile(r"^([a-z]{3,})2([a-z]{3,})$")
_SUPERVISED_OTHERWISE = words("self semi weakly un")


def split(core: str) -> list[str]:
    """Return the words of a token: at hyphens and other signs, and "text2image" in three.

    "non-linear" is one word, as "nonlinear" is: whoever watches *linear* does not mean it.
    """
    parts = _parts(core)
    if len(parts) > 1 and _turns(parts[0].lower(), parts[1].lower()):
        parts[:2] = [parts[0] + parts[1].lower()]
    return parts


def _turns(prefix: str, word: str) -> bool:
    """Tell a prefix that makes a word another one; most leave it what it is: self-attention."""
    return prefix == "non" or (word == "supervised" and prefix in _SUPERVISED_OTHERWISE)


def _parts(core: str) -> list[str]:
    if core.isascii() and core.replace("-", "a").isalnum():
        parts = [part for part in core.split("-") if part]
    else:
        parts = [part for run in _PARTS.findall(core) for part in _split_wide(run)]
    if len(parts) == 1 and "2" in core and (crossing := _FROM_TO.match(core.lower())):
        return [crossing[1], "to", crossing[2]]
    return parts


def _split_wide(run: str) -> list[str]:
    """Return one part a character for scripts written without spaces, else the run itself."""
    if run.isascii() or not _WIDE.search(run):
        return [run]
    return [part for part in re.split(f"({_WIDE.pattern})", run) if part]
