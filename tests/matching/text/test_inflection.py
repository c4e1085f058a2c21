"""Forms of a word in other languages find each other, and English words are left alone."""

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.text.inflection import uninflected
from bot.matching.text.lexicon import Lexicon
from tests.matching.paper import Text

LEXICON = Lexicon.shipped()

SAME = {
    "нейронная сеть": "Обучение нейронных сетей",
    "нейронные сети": "Нейронная сеть для изображений",
    "машинное обучение": "Методы машинного обучения",
    "глубокое обучение": "О глубоком обучении в медицине",
    "квантовый компьютер": "Квантовыми компьютерами сегодня",
    "языковая модель": "Большие языковые модели",
    "теория": "К теориям познания",
    "рак": "Лечение рака",
    "neuronales Netz": "Neuronale Netze für Bilder",
    "neuronale Netze": "Ein neuronales Netz für Bilder",
    "künstliche Intelligenz": "Anwendungen der künstlichen Intelligenz",
    "klinische Forschung": "Zu klinischen Forschungen",
    "Impfung": "Impfungen gegen Grippe",
    "Sprachmodelle": "Mit großen Sprachmodellen",
    "réseau de neurones": "Les réseaux de neurones profonds",
    "calcul neuronal": "Des calculs neuronaux",
    "red neuronal": "Redes neuronales convolucionales",
    "clasificación": "Clasificaciones de imágenes",
    "ciudad": "Las ciudades y el clima",
    "eleição municipal": "Eleições municipais no Brasil",
    "rede neural": "Redes neurais profundas",
}


@pytest.mark.parametrize(("watch", "title"), SAME.items())
def test_forms_of_a_word_find_each_other(watch: str, title: str) -> None:
    found = evaluate(parse(watch), Text(title), LEXICON)

    assert found is not None
    assert found.score == 100


OTHERS = {
    "квантовый компьютер": "Количество компьютеров",
    "обучение": "Научный обзор",
    "модель": "О моде",
    "національна мова": "Про національні мовами",
    "national": "Nations of the world",
    "réseau": "Une réserve",
    "red": "Rediscovering old data",
}


@pytest.mark.parametrize(("watch", "title"), OTHERS.items())
def test_other_words_stay_apart(watch: str, title: str) -> None:
    assert evaluate(parse(watch), Text(title), LEXICON) is None


ENGLISH = """
rationale wholesale female scales finale morale prevalence pastiche cliche decades arcade fischer
faux portraits mosaics models networks foes shoes canoes garden dimension
"""


@pytest.mark.parametrize("word", ENGLISH.split())
def test_english_words_are_left_alone(word: str) -> None:
    assert uninflected(word) == word
