"""The kinds of identity that a paper can have, and when two sets of them exclude each other."""

from collections.abc import Iterable

NAMESPACES = ("arxiv", "doi", "pmid", "pmc", "openreview", "acl", "pii", "id", "url", "title")
"""The kinds of identity, strongest first; the last three are unsure, see `is_sure`."""

_SURE = NAMESPACES[:7]


def is_sure(name: str) -> bool:
    """Whether a name is given by a registry (a DOI, an arXiv id, …), not by a feed or a site."""
    return name.partition(":")[0] in _SURE


def contradict(names: Iterable[str], others: Iterable[str], shared: str) -> bool:
    """Whether two sets of names are those of different papers although both hold `shared`.

    So it is where a kind of name that is sure and stronger than `shared` stands on both sides, with
    no value in common: a link to a journal's page never makes one paper of two DOIs.
    """
    strength = NAMESPACES.index(shared.partition(":")[0])
    for namespace in _SURE[:strength]:
        left, right = _of_kind(names, namespace), _of_kind(others, namespace)
        if left and right and left.isdisjoint(right):
            return True
    return False


def _of_kind(names: Iterable[str], namespace: str) -> set[str]:
    start = f"{namespace}:"
    return {name for name in names if name.startswith(start)}
