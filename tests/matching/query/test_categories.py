import pytest

from bot.matching.query.categories import CATEGORIES, strange_categories
from bot.matching.query.expression import parse


@pytest.mark.parametrize(
    "typed",
    [
        "category:cs.LG",
        "category:CS.lg",
        "category:cs",
        "category:quant-ph",
        "robots -category:q-bio",
    ],
)
def test_what_arxiv_has_is_not_strange(typed: str) -> None:
    assert strange_categories(parse(typed)) == {}


@pytest.mark.parametrize(
    ("typed", "name", "near"),
    [
        ("category:cs.ZZ", "cs.ZZ", None),
        ("robots category:cs.LGG", "cs.LGG", "cs.LG"),
        ("robots -category:quantph", "quantph", "quant-ph"),
        ("a1 OR (b1 AND category:stats.ML)", "stats.ML", "stat.ML"),
        ("category:cooking", "cooking", None),
    ],
)
def test_a_strange_category_comes_with_those_near_it(
    typed: str, name: str, near: str | None
) -> None:
    found = strange_categories(parse(typed))

    assert list(found) == [name]
    assert found[name] == () if near is None else found[name][0].startswith(near)
    assert set(found[name]) <= set(CATEGORIES)
