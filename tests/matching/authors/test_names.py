import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.authors.name_index import AuthorKeys
from bot.matching.authors.names import best_author, same_person
from tests.matching.paper import Text

SAME = [
    ("Yann LeCun", "Yann LeCun", 100),
    ("LeCun, Y.", "Yann LeCun", 90),
    ("Y. LeCun", "Yann LeCun", 90),
    ("LeCun Y", "Yann LeCun", 90),
    ("Yann LeCun", "LeCun, Yann", 100),
    ("yann lecun", "Yann A. LeCun", 100),
    ("Yann LeCun", "Y. LeCun", 90),
    ("lecun", "Yann LeCun", 100),
    ("Wei Wang", "Wang Wei", 95),
    ("Jose Garcia", "José García", 100),
    ("Xiao-Ming Li", "Xiaoming Li", 100),
    ("Aaron van den Oord", "Aäron van den Oord", 100),
    ("Oord", "Aäron van den Oord", 100),
    ("Martin Luther King Jr.", "Martin Luther King", 100),
    ("Erdős, Pál", "Pal Erd\\H{o}s", 100),
    ("O'Neil, Cathy", "Cathy O’Neil", 100),
    ("Tibshirani, Robert, Jr.", "Robert Tibshirani", 100),
    ("Robert Tibshirani", "Robert Tibshirani, Jr.", 100),
    ("van der Maaten, L.", "Laurens van der Maaten", 90),
    ("Jean-Baptiste Alayrac", "J.-B. Alayrac", 90),
    ("Alayrac JB", "Jean-Baptiste Alayrac", 90),
    ("Hinton GE", "Geoffrey E. Hinton", 90),
    ("Wei LI", "Wei Li", 100),
    ("Fei-Fei Li", "Li Fei-Fei", 95),
    ("Quoc Le", "Le, Quoc V.", 100),
    ("Bin Yu", "Bin Yu", 100),
    ("Hans Müller", "Hans Mueller", 100),
    ("Hans Mueller", "H. Müller", 90),
    ("Dr. Jane Doe", "Jane Doe (MIT)", 100),
    ("Андрей Карпатый", "Карпатый Андрей", 95),
    ("李飞飞", "李飞飞", 100),
    ("محمد علي", "محمد علي", 100),
    ("Madonna", "Madonna", 100),
    ("Jean Baptiste Alayrac", "Alayrac, Jean-Baptiste", 100),
    ("Maria Garcia-Lopez", "Garcia Lopez, Maria", 100),
    ("Le Cun, Yann", "Yann LeCun", 100),
    ("Yann Le Cun", "LeCun, Yann", 100),
    ("Y. LeCun", "Yann Le Cun", 90),
    ("Delattre, Sylvain", "Sylvain De Lattre", 100),
]
OTHERS = [
    ("Yann LeCun", "Yann Dubois"),
    ("Yann LeCun", "Yoshua LeCun"),
    ("LeCun, Y.", "Antoine LeCun"),
    ("Michael I. Jordan", "Michael B. Jordan"),
    ("Yann", "Yann LeCun"),
    ("Wei Wang", "Wei Wu"),
    ("Wei Wang", "Wang"),
    ("Wei Wang", ""),
    ("Y. LeCun", "LeCun Antoine"),
    ("Jin Kim", "Jin-Hwa Kim"),
    ("Jean-Baptiste Alayrac", "Jean Alayrac"),
    ("Bin Yu", "Wei Yu"),
    ("Di Wu", "Hao Wu"),
    ("Quoc Le", "Quoc Tran"),
    ("Le Wang", "Lewang Chen"),
    ("Van Nguyen", "Quoc Vannguyen"),
    ("Hinton GE", "Sean Hinton"),
    ("Xue Li", "Xu Li"),
    ("李飞", "李飞飞"),
    ("Yann LeCun Jr.", "Yann Dubois Jr."),
]


@pytest.mark.parametrize(("wanted", "written", "score"), SAME)
def test_one_person_is_found_however_written(wanted: str, written: str, score: float) -> None:
    assert same_person(wanted, written) == score


@pytest.mark.parametrize(("wanted", "written"), OTHERS)
def test_another_person_is_not(wanted: str, written: str) -> None:
    assert same_person(wanted, written) == 0


def test_of_several_authors_the_surest_is_meant() -> None:
    assert best_author("Wei Wang", ["Li Wu", "W. Wang", "Wei Wang"]) == ("Wei Wang", 100)
    assert best_author("Wei Wang", []) == ("", 0)


parts = st.sampled_from(["li", "fei", "fei-fei", "l", "Le", "Bin", "Müller", "GE"])
names = st.lists(parts, min_size=1, max_size=4).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(names, names)
def test_the_index_looks_at_every_author_that_may_be_meant(wanted: str, written: str) -> None:
    keys = AuthorKeys()
    keys.add(7, wanted)

    looked_at = list(keys.candidates([Text("Graphs", "", [written])]))

    assert looked_at or not same_person(wanted, written)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_may_stand_for_a_name(wanted: str, written: str) -> None:
    assert 0 <= same_person(wanted, written) <= 100


PEOPLE = [
    ("García Márquez", "Lucía Garcia-Marquez", True),
    ("García Márquez", "Gabriel García Márquez", True),
    ("García Márquez", "García Márquez, G.", True),
    ("Gabriel García Márquez", "G. García-Márquez", True),
    ("Gabriel García Márquez", "Gabriel García", True),
    ("Gabriel García Márquez", "Pedro García Márquez", False),
    ("García Márquez", "Lucía Márquez", False),
    ("García Márquez", "Pedro García López", False),
    ("López Obrador", "Andrés Manuel López Obrador", True),
    ("Wei Wang", "Jun Wei Wang", False),
    ("ATLAS Collaboration", "The ATLAS Collaboration", True),
    ("ATLAS", "ATLAS Collaboration", True),
    ("The CMS Collaboration", "The ATLAS Collaboration", False),
    ("Al-Rfou", "Rami Al-Rfou", True),
    ("Rami al-Rfou", "Rami Al-Rfou'", True),
    ("AlRfou", "Rami Al-Rfou", True),
    ("Ahmed Al-Rfou", "Rami Al-Rfou", False),
    ("van der Maaten", "Laurens van der Maaten", True),
]


@pytest.mark.parametrize(("wanted", "written", "same"), PEOPLE)
def test_two_surnames_groups_and_articles_are_read_in_every_usual_form(
    wanted: str, written: str, *, same: bool
) -> None:
    assert (same_person(wanted, written) > 0) is same
