"""arXiv's subject classes, such as cs.LG, by the shape of their names."""

import re

from bot.sources.identity import ARCHIVES

_CATEGORY = re.compile(
    rf"(?P<archive>{ARCHIVES})(?:\.(?P<subject>[a-z]{{2}}|[a-z-]{{3,12}}))?", re.IGNORECASE
)
_ABBREVIATION = 2
DIVIDED = frozenset(
    (
        "astro-ph",
        "cond-mat",
        "cs",
        "econ",
        "eess",
        "math",
        "nlin",
        "physics",
        "q-bio",
        "q-fin",
        "stat",
    )
)
"""Archives with classes of their own; alone, such a name means all of them."""


def find_category(text: str) -> str | None:
    """The class in its own spelling ("CS.lg" is "cs.LG"), or None for what cannot be one.

    Known by shape, not from a list: that a class exists only arXiv can say.
    """
    match = _CATEGORY.fullmatch(text.strip())
    if match is None:
        return None
    archive, subject = match["archive"].lower(), match["subject"]
    if subject is None:
        return archive
    if archive not in DIVIDED:
        return None
    return f"{archive}.{subject.upper() if len(subject) == _ABBREVIATION else subject.lower()}"
