"""The signs of other search boxes: what surely means something here, and what means nothing.

PubMed's tags, Web of Science's TI=, Scopus' TITLE(), Google's operators, full-width signs.
"""

import re

from bot.matching.query.categories import category_named

_FULL_WIDTH = str.maketrans("（）：－＂；，、　｜＆＃！＊", '():-";,, |&#!*')
_TAGGED = re.compile(
    r"""(?<![^\s(])(?!(?:AND|OR|NOT)\s)("[^"]*"|[^\s()"\[\]|&](?:(?!\s(?:AND|OR|NOT)\s)[^()"\[\]|&])*?)\s*
    \[(ti|title|au|author|1au|tiab|title/abstract|tw|all|all\sfields|ab|mh|mesh|mesh\sterms|majr|ot)\]""",
    re.VERBOSE | re.IGNORECASE,
)
_TAG_FIELDS = {"ti": "title:", "title": "title:", "au": "author:", "author": "author:"}
_EQUALS = re.compile(r"(?<![^\s(])(TI|AU|AB|ALL|TS|AK|TP|KP)\s?=\s?(?=[^\s=])")
_EQUALS_AS = {"TI": "ti:", "AU": "au:"}
_CALLED = re.compile(
    r"(?<![^\s(])(TITLE-ABS-KEY-AUTH|TITLE-ABS-KEY|TITLE-ABS|TITLE|ABS|KEY|ALL|AUTHOR-NAME|AUTH)\("
)
_CALLED_AS = {"TITLE": "title:(", "AUTHOR-NAME": "author:(", "AUTH": "author:("}
_BANG = re.compile(r"(?<![^\s(])!(?=\w)")
_PLUS = re.compile(r"(?<![^\s(])\+(?=[^\W\d_])")
_BUT = re.compile(r"\bBUT\s+(?=NOT\b)")
_CURLED = re.compile(r"(?<![^\s(:])‘([^‘’]{2,})’(?![^\s)])")
_CLOSE_LIST = re.compile(r"[^\W\d_]{3,}(?:,[^\W\d_]{3,})+")
_ALL_IN = re.compile(r"^\s*(allintitle|allinauthor)\s?:\s+", re.IGNORECASE)
_ARXIV = re.compile(r"(?<![^\s(])arxiv\s?:\s?([a-z-]+(?:\.[A-Za-z*-]+)?)(?=[\s)]|$)", re.IGNORECASE)
_LABELS = re.compile(r"(?<![^\s(])(cat|category):([a-z-]+(?:\.[A-Za-z-]+)?(?:,[a-z.A-Z-]+)+)")


def as_typed_here(text: str) -> str:
    """The text with the signs of other keyboards and search boxes as they are typed here.

    Full-width signs become plain ones, ``quotes'' and ‘quotes’ straight ones, heart[ti], TI=heart
    and TITLE(heart) become title:heart, !heart -heart, +heart AND heart, arxiv:cs.LG a category.
    """
    if not text.isascii():
        text = _CURLED.sub(r'"\1"', text.translate(_FULL_WIDTH))
    if "=" in text:
        text = _EQUALS.sub(lambda found: _EQUALS_AS.get(found[1], ""), text)
    if "(" in text and _CALLED.search(text):
        text = _CALLED.sub(lambda found: _CALLED_AS.get(found[1], "("), text)
    if "!" in text:
        text = _BANG.sub("-", text)
    if "+" in text and _PLUS.search(text):
        text = _PLUS.sub(lambda found: "AND " if text[: found.start()].strip() else "", text)
    if "''" in text or "``" in text:
        text = text.replace("``", ' "').replace("''", '" ')
    if ":" in text:
        text = _ALL_IN.sub(lambda found: f"{found[1][5:]}:", text)
        text = _ARXIV.sub(_category, text)
        text = _LABELS.sub(lambda found: f"{found[1]}:{found[2].replace(',', ', ')}", text)
    if "," in text and _CLOSE_LIST.fullmatch(text.strip()):
        text = text.replace(",", " | ")
    text = _BUT.sub("", text)
    return _TAGGED.sub(_untagged, text) if "[" in text else text


def _untagged(found: re.Match[str]) -> str:
    return _TAG_FIELDS.get(found[2].lower().removeprefix("1"), "") + found[1]


def _category(found: re.Match[str]) -> str:
    named = category_named(found[1].removesuffix(".*")) or (found[1] if "." in found[1] else "")
    return f"category:{named}" if named else found[0]


_START = r"(?<![^\s(])"
_NOTHING = tuple(
    (re.compile(shape), reason, instead)
    for shape, reason, instead in (
        (
            r"(?i)\s*\[(?:pt|dp|la|ta|jour|sb|ad|affil|pdat|edat|filter|publication type)\]",
            (
                "A watch knows the tags [ti], [au] and [tiab]. A source takes all of PubMed's, "
                "as in: sources add pubmed:crispr AND review[pt]"
            ),
            "",
        ),
        (
            _START + r"\*+(?=[^\W\d_]{2})",
            "A * stands behind the beginning of a word, as in: transform*",
            "",
        ),
        (
            r"(?<=[^\W\d_]{3})\*(?=[^\W\d_])[^\W\d_]*",
            "A * stands behind the beginning of a word, as in: transform*",
            "*",
        ),
        (
            r"(?<=[^\W\d_]{2})\?(?=[^\W\d_])",
            "There is no sign for one letter; British and American spelling are one anyway",
            "",
        ),
        (
            r"\s(?:NEAR(?:/\d+)?|ADJ\d*|(?:W|N|PRE|WITHIN)/\d+)\s",
            "The words of a phrase are near each other anyway: write one after another",
            " ",
        ),
        (
            r"(?:(?<=[a-z]{4})|(?<=\"))[~^]\d+(?:\.\d+)?(?=\s|$)",
            "There is no ~ and no ^: of plain words others may stand between, quoted ones stay",
            "",
        ),
        (
            _START + r"(?i:likes?|votes?|stars?|points|score)\s?(?=[<>]=?\s?\d)",
            "Upvotes are asked for as upvotes>20",
            "upvotes",
        ),
        (
            _START
            + r"(?i:year|date|after|from|published|submitteddate)"
            + r"(?::>?=?|\s?>=?\s?)(?=(?:19|20)\d\d)",
            "A day or a year is asked for as since:2026-11-01 or since:2026",
            "since:",
        ),
        (
            _START + r"(?i:doi|id|pmid):(?=\S*\d)\S+",
            (
                "A watch finds new papers by their words; those that cite one are asked for as "
                "cites:https://arxiv.org/abs/1706.03762"
            ),
            "",
        ),
        (
            _START + r"(?:journal|venue|jr|conference):(?=[^\s:])",
            'A journal is a source, as in: sources add journal:"Nature Methods"',
            "",
        ),
        (
            _START + r"(?:lang|language|filetype|site|type|publisher):[\w.]+(?=[\s)]|$)",
            "There is no field for a language, a site or a type of file",
            "",
        ),
        (
            _START + r"(?:SU|SO|PY|DT|OG|CU|WC)\s?=\s?(?=\S)",
            "Of Web of Science's fields there are TI=, AU=, AB= and TS=",
            "",
        ),
    )
)
"""What has no meaning here: where it stands, the right form in words, and what to put there."""


def means_nothing(text: str) -> tuple[str, int, str] | None:
    """Why a sign of another search box says nothing here, where, and the text without it."""
    for shape, reason, instead in _NOTHING:
        if found := shape.search(text):
            repaired = " ".join(f"{text[: found.start()]}{instead}{text[found.end() :]}".split())
            return reason, found.start(), repaired
    return None
