"""Categories and sources as keys under which watches for them are found."""

from bot.matching.names import name_words
from bot.matching.paper import PaperText
from bot.matching.tree import Named


def label_key(leaf: Named) -> tuple[str, ...]:
    """Return the key of a category or source that a watch names."""
    words = name_words(leaf.name)
    return ("source", "".join(words)) if leaf.field == "source" else ("category", *words)


def label_keys(paper: PaperText) -> set[tuple[str, ...]]:
    """Return the keys that a paper answers to: of its source, and of categories at all levels."""
    keys: set[tuple[str, ...]] = {("source", "".join(name_words(paper.source)))}
    for category in paper.categories:
        words = name_words(category)
        keys.update(("category", *words[: i + 1]) for i in range(len(words)))
    return keys
