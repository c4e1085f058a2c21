"""Inflected forms of Russian, German, French, Spanish and Portuguese words, made one.

Only endings that no English word has are touched, because a word is folded without its neighbours:
"redes neuronales" is Spanish by its ending, "a red car" is not French. Words come here in lower
case and without accents, which a Snowball stemmer of these languages needs; and it would join words
that mean different things (nation, national), which the light stem of English does not either.
"""

import re

_RUSSIAN = re.compile(r"[а-я]{4,}").fullmatch
"""Letters of Russian alone: a word with і, ї, є, ў or ј is of another language."""

_RUSSIAN_ENDING = re.compile(
    r"""(?<=[а-я]{3})(?:
        иями|ями|ами|ыми|ими|его|ого|ему|ому|иях|иям|ием|ией|
        ия|ие|ии|ию|ий|ый|ой|ей|ая|яя|ое|ее|ые|ую|юю|ых|их|ым|им|ом|ем|ям|ам|ях|ах|ов|ев|ью|ою|ею|
        [аеиоуыьюяй]
    )$""",
    re.VERBOSE,
)
_RUSSIAN_VOWEL = re.compile(r"[аеиоуыэюя]")

_INFLECTED = tuple(
    (re.compile(pattern).fullmatch, instead)
    for pattern, instead in (
        # German: Impfungen, klinischen, künstlicher, neuronale Netze, Sprachmodellen.
        (r"(\w{3,}(?:ung|keit|heit|schaft))en", ""),
        (r"(\w{2,}[a-df-z]isch|\w{2,}[dnt]lich)e[mnrs]?", ""),
        (r"(\w*netz)e[ns]?|(\w*modell)en?", ""),
        # German, French, Spanish and Portuguese: neuronale, neuronales, sociales.
        (r"(\w{4,}[inrt]al)e[mnrs]?", ""),
        # French: réseaux, neuronaux.
        (r"(\w{3,}eau)x", ""),
        (r"(\w{2,}[a-df-z])aux", "al"),
        # Spanish and Portuguese: clasificaciones, redes, ciudades, eleições, neurais.
        (r"(\w{2,}[csx]ion|red|\w{2,}[iu]dad)es", ""),
        (r"(red|\w{2,}[iu]dad)e", ""),
        (r"(\w{2,}[cs])oes", "ao"),
        (r"(\w{2,}[prt]|\w{2,}ci|\w{2,}ion)ais", "al"),
    )
)
_LIKELY = (
    *(
        stem + end
        for stem in ("isch", "lich", "netz", "al")
        for end in ("e", "em", "en", "er", "es")
    ),
    *("ungen", "keiten", "heiten", "schaften", "modelle", "modellen", "aux", "eaux"),
    *(
        "iones",
        "rede",
        "redes",
        "dade",
        "dades",
        "coes",
        "soes",
        "pais",
        "rais",
        "tais",
        "ciais",
        "ionais",
    ),
)
"""Ends of words that are worth a look; nearly no English word has one."""

_ENGLISH = frozenset(("rationale", "rationales", "wholesale", "wholesaler"))


def uninflected(word: str) -> str:
    """The word without an ending that is surely of another language than English, else the word."""
    if not word.isascii():
        return _russian(word) if _RUSSIAN(word) else word
    if not word.endswith(_LIKELY) or word in _ENGLISH:
        return word
    for ends, instead in _INFLECTED:
        if found := ends(word):
            return found[found.lastindex or 1] + instead
    return word


def _russian(word: str) -> str:
    cut = _RUSSIAN_ENDING.sub("", word)
    return cut if _RUSSIAN_VOWEL.search(cut) else word
