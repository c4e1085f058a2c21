import pytest

from bot.sources.author_names import people


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (["Alpha, M., Beta, A., Gamma, K. K."], ["M. Alpha", "A. Beta", "K. K. Gamma"]),
        (["Naka, A.; Shababo, B."], ["A. Naka", "B. Shababo"]),
        (["Engel, Michael S."], ["Michael S. Engel"]),
        (["Ada Example, Bo Sample"], ["Ada Example", "Bo Sample"]),
        (["Ada B. Post, Bo Bag and Cy Round"], ["Ada B. Post", "Bo Bag", "Cy Round"]),
        (["Example A, Sample B, et al."], ["Example A", "Sample B"]),
        (["et al."], []),
        (["ada@example.org (Ada Post)"], ["Ada Post"]),
        (["Ada Post <ada@example.org>"], ["Ada Post"]),
        (["ada@example.org"], []),
        (["Smith, J., Jr., Doe, A."], ["J. Smith", "A. Doe"]),
        (
            ["de Araujo, Mayara R.", "Castro Paz, Jose Luis"],
            ["Mayara R. de Araujo", "Jose Luis Castro Paz"],
        ),
        (["Ada Post, Bo Bag", "Cy Round"], ["Ada Post", "Bo Bag", "Cy Round"]),
        (
            ["van der Berg, A., Müller, J.-P., & Li, X."],
            ["A. van der Berg", "J.-P. Müller", "X. Li"],
        ),
        (["李飞飞, 王伟"], ["李飞飞", "王伟"]),
        (["Authors: Ada Post, Bo Bag"], ["Ada Post", "Bo Bag"]),
        (["ATLAS Collaboration"], ["ATLAS Collaboration"]),
        (["Unknown"], []),
    ],
)
def test_an_author_line_is_the_people_in_it(stated, expected):
    assert people(stated) == expected


def test_affiliations_in_parentheses_are_nobody():
    line = "Ada Post (CERN, Geneva), Bo Bag (MIT)"

    assert people([line], listed=True) == ["Ada Post", "Bo Bag"]
