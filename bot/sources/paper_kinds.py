"""What an entry is by its title and its type: a paper, a correction, a retraction, front matter."""

import re
from collections.abc import Iterable
from typing import NamedTuple

PAPER, CORRECTION, RETRACTION, FRONT = "paper", "correction", "retraction", "front"

_WHO = r"(?:(?:author|publisher|editorial|editor)(?:'s|’s)?\s+)?"
_NAMED = r"(?:to|for|of)\s*(?::|[“\"'‘«(]|.*\bet al\b)"
_CORRECTION = re.compile(
    rf"^{_WHO}(?:correction|amendment)s?(?:\s+(?:notice|note))?\s*(?::|{_NAMED})"
    rf"|^{_WHO}correction$"
    rf"|^\W*{_WHO}(?:corrigend(?:um|a)|errat(?:um|a)|addend(?:um|a))\b"
    r"|^(?:editorial )?expression of concern\b",
    re.IGNORECASE,
)
_RETRACTION = re.compile(
    r"^(?:notice of )?(?:partial )?(?:retraction|withdrawal)\s*(?:note|notice|statement)\b"
    rf"|^(?:retraction|withdrawal)\s*(?::|{_NAMED})"
    r"|^(?:retraction|withdrawal)$|^notice of (?:retraction|withdrawal)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    rf"^(?:notice of )?{_WHO}(?:partial )?(?:retraction|withdrawal|correction|corrigendum|erratum"
    r"|addendum)s?\s*(?:note|notice|statement)?\s*(?:to|for|of)?\s*[:\u2014\u2013-]?\s*",
    re.IGNORECASE,
)
_GONE = r"(?:retracted|withdrawn)(?:\s+(?:article|paper|chapter))?"
_RETRACTED = re.compile(
    rf"^\W*{_GONE}\s*[\])]?\s*[:\]\u2014\u2013-]\s*"
    rf"|^[\[(]{_GONE}[\])]\s*|\s*[\[(]{_GONE}[\])]\s*\.?$",
    re.IGNORECASE,
)
_THING = r"(?:paper|article|manuscript|submission|preprint|work)"
_WITHDRAWN = re.compile(
    rf"^\W*(?:this {_THING}?\s*(?:has been|was|is)(?: been)? (?:withdrawn|retracted)"
    rf"|(?:{_THING} )?withdrawn\b|retracted\b)"
    r"|\bhas been (?:withdrawn|retracted) by (?:the )?(?:arxiv|author|submitter|publisher|editor)"
    rf"|\bthe authors? (?:have|has) withdrawn (?:this|their|the) {_THING}",
    re.IGNORECASE,
)
_COVER = (
    r"(?:inside |outside |front |back )*cover"
    r"(?: (?:image|picture|feature|art|story|page|profile))?"
)
_REVIEWERS = (
    r"(?:(?:list of|acknowledge?ments? (?:of|to)|thanks to) )?(?:our )?(?:peer )?"
    r"(?:reviewers|referees)(?: (?:list|acknowledge?ment|index))?(?: (?:for |in )?\d{4})?"
)
_FRONT_TITLES = "|".join(
    (
        r"issue information|(?:table of )?contents(?: list)?|toc|front\s?matter|back\s?matter",
        r"masthead|editorial (?:board|advisory board|information)|(?:in )?this issue|in brief",
        r"aims (?:and|&) scope|(?:author|subject|volume|title|keyword|annual)?\s*ind(?:ex|ices)",
        r"(?:information|instructions|guidelines|guide|notes?) (?:for|to) (?:authors|contributors)",
        r"upcoming events?",
        r"subscription (?:information|page)|announcements?|calendar(?: of events)?",
        r"publisher's note|impressum|titelblatt|inhaltsverzeichnis|sommaire|title page|committees?",
        r"copyright page|(?:publication|society) information|forthcoming (?:papers|articles)",
        r"advertisements?|blank page",
        _COVER,
        _REVIEWERS,
    )
)
_FRONT = re.compile(
    rf"^(?:the\s+)?(?:(?:journal|graphical|full|complete)\s+)?(?:{_FRONT_TITLES})"
    r"(?:\s*$|\s*[:(\u2014\u2013,.|]|\s+[-]\s|\s+(?:vol|no\.|\d))"
    r"|^volume\s+[\d-]+\s*(?:,\s*issue\s+\d+\s*)?:\s*(?:contents|index|front|editorial|title)"
    r"|^(?:cover|issue) (?:image|picture|art|caption)\b.{0,60}$",
    re.IGNORECASE,
)
_TYPES = tuple(
    (kind, re.compile(shape, re.IGNORECASE))
    for kind, shape in (
        (RETRACTION, r"\bretraction(?: of publication| note| notice)?\b|\bwithdrawal\b"),
        (
            CORRECTION,
            r"\b(?:erratum|corrigendum|correction|addendum)\b|expression of concern",
        ),
        (FRONT, r"^(?:front|back) ?matter$|^(?:issue|cover|toc|index)\b|editorial board|contents"),
    )
)


class Known(NamedTuple):
    """What an entry is, whether the paper itself was retracted, and the title it is about.

    `about` is the title of the paper that a notice corrects or retracts; "" where none is named.
    """

    kind: str
    retracted: bool
    about: str = ""


def kind_of(title: str, types: Iterable[str] = (), text: str = "") -> Known:
    """What an entry is by its title, the types that its publisher gives it, and its abstract."""
    title = " ".join(title.split())
    if _RETRACTED.search(title):
        return Known(PAPER, retracted=True)
    by_title = RETRACTION if _RETRACTION.search(title) else None
    by_title = by_title or (CORRECTION if _CORRECTION.search(title) else None)
    if by_title:
        return Known(by_title, retracted=False, about=_about(title))
    if _FRONT.search(title):
        return Known(FRONT, retracted=False)
    for said in types:
        if re.fullmatch(r"retracted (?:publication|article|paper)", said, re.IGNORECASE):
            return Known(PAPER, retracted=True)
        found = next((kind for kind, shape in _TYPES if shape.search(said)), None)
        if found:
            return Known(found, retracted=False, about=_about(title))
    return Known(PAPER, retracted=bool(_WITHDRAWN.search(text)))


def without_mark(title: str) -> str:
    """The title of a retracted paper without "RETRACTED:" before or after it."""
    return _RETRACTED.sub("", title).strip() or title


def _about(title: str) -> str:
    rest = _NOTICE.sub("", title, count=1).strip(" .“”\"'‘’«»")
    return rest if rest != title and len(rest.split()) > 1 else ""
