"""Acronyms that many of an install's papers define are known there, as the table's are."""

from collections.abc import Iterator

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.index.watch_index import WatchIndex
from bot.matching.phrase import know_acronyms
from bot.matching.query.expression import parse
from bot.matching.text.acronyms import acronyms
from bot.matching.text.lexicon import Lexicon
from tests.matching.paper import Text

DEFINED = [Text("A", f"Knee joint torque (KJT) in part {n}.") for n in range(5)]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    know_acronyms([])


def learned() -> Lexicon:
    lexicon = Lexicon.shipped()
    lexicon.learn(DEFINED)
    return Lexicon.loads(lexicon.dumps())


@pytest.mark.parametrize(
    ("watch", "title", "unlearned", "found"),
    [
        ("KJT", "Estimating knee joint torque from video", False, True),
        ("knee joint torque", "KJT from video", False, True),
        ("KJT", "Korean junior tennis (KJT) and knees", True, False),
        ("knee joint torque", "Korean junior tennis (KJT)", False, False),
    ],
)
def test_it_stands_for_its_long_form_and_a_papers_own_definition_decides(
    watch: str, title: str, unlearned: bool, found: bool
) -> None:
    lexicon = learned()
    before = evaluate(parse(watch), Text(title), lexicon)
    know_acronyms(lexicon.definitions.common())
    index: WatchIndex[int] = WatchIndex(lexicon)
    index.add(1, parse(watch))

    after = evaluate(parse(watch), Text(title), lexicon)

    assert (before is not None, after is not None) == (unlearned, found)
    assert (1 in index.match([Text(title)], 80)[0]) is found


def test_what_the_table_knows_is_not_learned_again_nor_overruled() -> None:
    know_acronyms(
        [
            ("RAG", "retrieval augmented generation", True),
            ("RAG", "random access graphs", True),
            ("IT", "information technology", True),
        ]
    )
    rag, _ = (acronyms().by_key["rag"][at] for at in (0, -1))

    assert acronyms().meant("RAG") == rag
    assert [sense.sure for sense in acronyms().by_key["rag"][-1:]] == [False]
    assert sum("retrieval augmented generation" in s.texts for s in acronyms().by_key["rag"]) <= 1
