"""Filters on what sources tell beside words: upvotes, code, and a paper's day.

What they ask may come true later: whoever matches a changed paper again finds it then.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import cast

from bot.matching.query.ast import And, Expression, FactFilter, Not, Or
from bot.matching.types import PaperText

PATTERN = r"""upvotes?\s?(?:[<>＜＞]=?|[≥≤=:]|=[<>])\s?[^\s()"|]*
    |has\s?:\s?(?:code|project|abstract)\b|has:[^\s:()"|]+
    |cites?\s?:\s?(?:https?:|arxiv|doi|\d|[a-z-]+/\d)(?:[^\s()"|]|\([^\s()"|]*\))*|cites:[^\s()"|]+
    |(?:author|au|orcid)\s?:\s?"?(?:https?://orcid\.org/)?\d{4}-?\d{4}-?\d{4}-?\d{3}[\dx](?!\w)"?
    |since\s?:\s?\d[^\s()"|]*(?:\s(?:day|week|month|year)s?\b)?|since:[^\s:()"|]+"""
"""Where a filter stands in the text of a watch, right or wrong (verbose, without case)."""

ANY_PAPER: tuple[str, ...] = ("any",)
"""The key under which watches wait that no word, name or label is rare enough to speak for."""

_UPVOTES = re.compile(r"upvotes?\s?:?\s?(>=|=>|≥|>|<=|=<|≤|<|=)?\s?(\d{1,9})", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,4})\s?(d|w|m|y)[a-z]*", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_HAS = ("code", "project", "abstract")
_SIGNS = {"=>": ">=", "≥": ">=", None: ">=", "=": ">=", ">": ">", ">=": ">="}


def read_filter(text: str) -> FactFilter | None:
    """The filter that a text such as "upvotes>20", "has:code" or "since:7d" is; None if none."""
    text = text.translate(_PLAIN_SIGNS).rstrip(",;")
    if found := _UPVOTES.fullmatch(text):
        sign = _SIGNS.get(found[1])
        return FactFilter("upvotes", f"{sign}{int(found[2])}") if sign else None
    field, _, value = text.partition(":")
    value = value.strip().casefold()
    if field.strip().casefold() in ("cite", "cites"):
        return FactFilter("cites", name) if (name := _cited(value)) else None
    if found := _ORCID.search(value):
        return FactFilter("orcid", "-".join(found.groups()).upper())
    if field.strip().casefold() == "has":
        return FactFilter("has", value) if value in _HAS else None
    return _since(value)


def _cited(value: str) -> str:
    """The identity of the paper that a link, an arXiv id or a DOI names; "" for none."""
    if found := _ARXIV_DOI.search(value) or _ARXIV.search(value):
        return f"arxiv:{found[1]}"
    found = _DOI.search(value)
    return f"doi:{found[0].rstrip('.,;')}" if found else ""


_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.([\w.-]+?(?:/\d{7})?)(?:v\d+)?$")
_ARXIV = re.compile(
    r"(?:^|arxiv:|arxiv\.org/(?:abs|pdf|html)/|/papers/)"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?/?(?:[?#].*)?$"
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s?#\"<>]+")
_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dx])")


_PLAIN_SIGNS = str.maketrans("＜＞", "<>")


def _since(value: str) -> FactFilter | None:
    if span := _SPAN.fullmatch(value):
        return FactFilter("since", f"{int(span[1])}{span[2]}") if int(span[1]) else None
    if found := _DAY.fullmatch(value):
        try:
            day = date(*(int(part or 1) for part in found.groups()))
        except ValueError:
            return None
        return FactFilter("since", day.isoformat())
    return None


def right_form(text: str) -> tuple[str, str]:
    """What is wrong with a filter that cannot be read, and how it might have been meant, or ""."""
    name = re.match(r"[a-z]+", text, re.IGNORECASE)
    kind = name[0].casefold() if name else ""
    if kind.startswith("cite"):
        return "A link to a paper on arXiv or with a DOI comes after cites:", ""
    if kind == "has":
        return "A watch can ask for has:code, has:project or has:abstract", ""
    if kind == "since":
        return "A day or a span comes after since:, as in since:2026-11-01 or since:7d", ""
    found = _UPVOTES.fullmatch(text.translate(_PLAIN_SIGNS))
    if found is None:
        return "A number comes after upvotes>, as in upvotes>20", ""
    sign = ">=" if found[1] == "<" else ">"
    reason = "Fewer upvotes are asked for by leaving out those with more"
    return reason, f"-upvotes{sign}{found[2]}"


def filter_notes(tree: Expression, *, negated: bool = False) -> Iterator[str]:
    """Yields what each filter of a tree was understood as, as a sentence."""
    if isinstance(tree, FactFilter):
        yield f"-{tree}: no {_meant(tree)}." if negated else f"{tree}: only {_meant(tree)}."
        if tree.field == "upvotes" and not negated:
            yield "A paper that gets its upvotes later comes then, while it is recent."
    elif isinstance(tree, Not):
        yield from filter_notes(tree.part, negated=not negated)
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from filter_notes(part, negated=negated)


def _meant(tree: FactFilter) -> str:
    if tree.field == "upvotes":
        return f"papers with {_number(tree.value)} upvotes"
    if tree.field == "has":
        return f"papers whose source gives {_A[tree.value]}"
    if tree.field == "cites":
        return f"papers that cite {tree.value.partition(':')[2]}, as OpenAlex tells once a day"
    if tree.field == "orcid":
        return f"papers by the person with the ORCID {tree.value}"
    if span := _SPAN.fullmatch(tree.value):
        days = int(span[1]) * _DAYS[span[2]]
        age = f"{days} days" if days > 1 else "a day"
        return f"papers that were at most {age} old when they came in"
    day = date.fromisoformat(tree.value)
    return f"papers of {day.day} {day:%b %Y} and later"


_A = {"code": "its code", "project": "its project's page", "abstract": "an abstract"}


def _number(value: str) -> str:
    return f"at least {value[2:]}" if value.startswith(">=") else f"more than {value[1:]}"


def holds(tree: FactFilter, paper: PaperText) -> bool:
    """Whether a paper fulfils a filter; what is not known of it, it does not."""
    if tree.field == "upvotes":
        least = int(tree.value[2:]) if tree.value.startswith(">=") else int(tree.value[1:]) + 1
        return _upvotes(paper) >= least
    if tree.field == "has":
        return bool(_known(paper, tree.value if tree.value == "abstract" else f"{tree.value}_url"))
    if tree.field in RELATIONS:
        return _relation(tree, paper) is not None
    came, day = _date(paper, "first_seen_at"), _day(paper)
    if day is None:
        return False
    if span := _SPAN.fullmatch(tree.value):
        days = timedelta(int(span[1]) * _DAYS[span[2]])
        return came is None or came - day <= days
    return day >= date.fromisoformat(tree.value)


def fact_told(tree: FactFilter, paper: PaperText) -> str:
    """What is known of a paper that a filter asks about, in words: "12 upvotes", "no code"."""
    if tree.field == "upvotes":
        known = _upvotes(paper)
        return "no upvotes" if not known else "1 upvote" if known == 1 else f"{known} upvotes"
    if tree.field == "has":
        names = {"code": "code", "project": "a project's page", "abstract": "an abstract"}
        return names[tree.value] if holds(tree, paper) else _NONE[tree.value]
    if tree.field in RELATIONS:
        called, value = _relation(tree, paper), tree.value.partition(":")[2] or tree.value
        if called is None:
            return f"no citation of {value}" if tree.field == "cites" else f"nobody with {value}"
        return f"{RELATIONS[tree.field]} {called or value}"
    day = _day(paper)
    return f"a date of {day.day} {day:%b %Y}" if day else "no date"


RELATIONS = {"cites": "cites", "orcid": "by"}
"""Fields that ask what a paper is related to, by the word between both."""


def _relation(tree: FactFilter, paper: PaperText) -> str | None:
    """The title or name of what a paper is related to, maybe ""; None where it is not."""
    wanted = f"{tree.field}:{tree.value}"
    for one in cast("Iterable[str]", _known(paper, "relations") or ()):
        key, _, called = one.partition(" ")
        if key.casefold() == wanted.casefold():
            return called
    return None


def related(tree: Expression) -> Iterator[FactFilter]:
    """Yields what a watch asks for that only a source of its own tells: `cites:` and ORCIDs."""
    if isinstance(tree, FactFilter) and tree.field in RELATIONS:
        yield tree
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from related(part)


_NONE = {"code": "no code", "project": "no project's page", "abstract": "no abstract"}


def _day(paper: PaperText) -> date | None:
    """The day a paper is of: when it was published, or else when it came in."""
    return _date(paper, "published_at") or _date(paper, "first_seen_at")


def _date(paper: PaperText, name: str) -> date | None:
    at = _known(paper, name)
    return at.date() if isinstance(at, datetime) else None


def _upvotes(paper: PaperText) -> int:
    known = _known(paper, "upvotes")
    return known if isinstance(known, int) else 0


def _known(paper: PaperText, name: str) -> object:
    # Stored papers have these; plain records of words, as benches and tests match them, have none.
    return getattr(paper, name, None)


def unmet(tree: Expression, paper: PaperText) -> list[FactFilter]:
    """The filters of a watch, joined by AND to the rest, that a paper does not fulfil."""
    return [
        one
        for part in (tree.parts if isinstance(tree, And) else (tree,))
        for one in (part.part if isinstance(part, Not) else part,)
        if isinstance(one, FactFilter) and holds(one, paper) is isinstance(part, Not)
    ]


def without_filters(tree: Expression) -> Expression | None:
    """What a watch asks for beside its filters; None where that is nothing."""
    if not isinstance(tree, And):
        return None if isinstance(tree, FactFilter) else tree
    kept = tuple(
        part
        for part in tree.parts
        if not isinstance(part.part if isinstance(part, Not) else part, FactFilter)
    )
    if all(isinstance(part, Not) for part in kept):
        return None
    return And(kept) if len(kept) > 1 else kept[0]


def dated(tree: Expression, today: date) -> Expression:
    """The expression with spans counted back from a day: since:7d becomes the day a week ago."""
    if isinstance(tree, FactFilter) and (span := _SPAN.fullmatch(tree.value)):
        ago = min(int(span[1]) * _DAYS[span[2]], today.toordinal() - 1)
        return FactFilter("since", (today - timedelta(ago)).isoformat())
    if isinstance(tree, Not):
        return Not(dated(tree.part, today))
    if isinstance(tree, And | Or):
        return type(tree)(tuple(dated(part, today) for part in tree.parts))
    return tree
