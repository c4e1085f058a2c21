"""Expressions that matching cannot tell apart are the same; others are not."""

import pytest

from bot.commands.sameness import folded, folded_text
from bot.matching.expression import parse

SAME = [
    ("graph networks", "Graph Network"),
    ("mixture of experts", "mixture-of-experts"),
    ("GraphRAG", "graphrag"),
    ("LLMs", "LLM"),
    ("speech OR audio", "audio OR speech"),
    ("speech AND audio -music", "audio AND speech NOT music"),
    ('"Graph Networks"', '"graph  networks"'),
    ("author:Hinton", "author:hinton"),
]

OTHER = [
    ("graph networks", '"graph networks"'),
    ('"graph networks"', '"graph network"'),
    ("graph networks", "title:graph networks"),
    ("RAG", "rag"),
    ("LoRA", "lora"),
    ("speech OR audio", "speech AND audio"),
    ("speech", "speech -audio"),
    ("author:hinton", "source:hinton"),
    ("graph networks", "networks graph"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_matching_folds_is_the_same(one: str, other: str) -> None:
    assert folded(parse(one)) == folded(parse(other))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_matches_otherwise_is_not_the_same(one: str, other: str) -> None:
    assert folded(parse(one)) != folded(parse(other))


def test_a_stored_text_that_no_longer_parses_is_itself() -> None:
    assert folded_text('"open') == '"open'
