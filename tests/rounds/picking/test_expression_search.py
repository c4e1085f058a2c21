"""Expressions asked at the same time are answered by one pass, each as if it were alone."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from bot.rounds.picking import expression_search
from bot.rounds.picking.expression_search import ExpressionSearch
from storage.models import Paper

LEXICON = Lexicon.shipped()


def _papers(*titles: str) -> list[Paper]:
    return [Paper(id=number, key=title, title=title) for number, title in enumerate(titles, 1)]


PAPERS = _papers("Speech codecs", "Neural speech codecs at scale", "Robot arms", "Speech of robots")


async def _alone(text: str, papers: Sequence[Paper], threshold: float) -> list[tuple[int, float]]:
    found = await ExpressionSearch(lambda: LEXICON).find(parse(text), papers, threshold)
    return [(paper.id or 0, match.score) for paper, match in found]


async def test_what_is_asked_together_finds_what_each_finds_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asks = [
        ("speech codecs", PAPERS, 80.0),
        ("robots", PAPERS[2:], 60.0),
        ("speech codecs", PAPERS[:1], 60.0),
        ("nothing of it", PAPERS, 80.0),
    ]
    alone = [await _alone(*ask) for ask in asks]
    search, passes = ExpressionSearch(lambda: LEXICON), []
    real = expression_search._pass
    monkeypatch.setattr(
        expression_search, "_pass", lambda *given: passes.append(given) or real(*given)
    )

    together = await asyncio.gather(*(search.find(parse(t), p, least) for t, p, least in asks))

    assert [[(p.id, m.score) for p, m in found] for found in together] == alone
    assert len(passes) == 1


async def test_what_is_asked_again_and_again_finds_what_it_finds_alone() -> None:
    search = ExpressionSearch(lambda: LEXICON)
    texts = [
        "speech codecs",
        "robots -speech",
        "speech codecs",
        "author:Nobody OR robots",
        "codecs",
    ]

    for text in texts * 3:
        found = await search.find(parse(text), PAPERS, 60)

        assert [(p.id, m.score) for p, m in found] == await _alone(text, PAPERS, 60)


async def test_words_of_another_lexicon_are_read_anew_and_let_go_when_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expression_search, "IDLE_SECONDS", 0.0)
    lexicon = LEXICON
    search = ExpressionSearch(lambda: lexicon)
    await search.find(parse("robots"), PAPERS, 60)
    before = search._index
    lexicon = Lexicon.shipped()
    await search.find(parse("robots"), PAPERS, 60)

    assert search._index is not before
    while search._index is not None:
        await asyncio.sleep(0)


async def test_an_ask_during_a_pass_is_answered_by_the_next() -> None:
    search = ExpressionSearch(lambda: LEXICON)
    first = asyncio.create_task(search.find(parse("speech codecs"), PAPERS, 80))
    await asyncio.sleep(0)

    later = await search.find(parse("robot arms"), PAPERS, 80)

    assert [paper.title for paper, _ in later] == ["Robot arms"]
    assert len(await first) == 2
