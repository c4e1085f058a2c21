"""The abstract in what a feed calls a description, without what publishers put around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.sources.author_names import people
from bot.sources.sanitize import LONGEST_MARKUP, visible_text
from bot.text import shorten

_HIDDEN = ("script", "style", "template", "noscript", "cite", "figure", "iframe")
_BLOCK_TAG = re.compile(
    r"</?(?:p|br|div|li|h[1-6]|t[rd]|blockquote|pre|section|article|[uod]l|d[td])\b[^<>]*>",
    re.IGNORECASE,
)
_WRAP = "\x1f"
_NEW_LINE = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spring|summer|autumn|winter|fall"
_DOI = re.compile(r"10\.\d{4,9}/[^\s;,|<>\"]+")
_AUTHORS = re.compile(r"^(?:authors?|author\(s\)|by)\s*:\s*", re.IGNORECASE)
_DAY = re.compile(rf"\b\d{{1,2}} (?:{_MONTHS})[a-z]* \d{{4}}\b", re.IGNORECASE)
_HEADING = re.compile(
    r"^(?:abstract|summary|r[ée]sum[ée]|resumen|resumo|zusammenfassung|abstrakt|摘要|要旨)\s*[:.]?$",
    re.IGNORECASE,
)
_END = re.compile(
    r"^(?:key\s?words?|index terms|references|conflicts? of interest|competing interests?"
    r"|graphical abstract|highlights|plain language summary|data availability)\s*(?:[:.].*)?$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:(?:abstract|summary|r[ée]sum[ée]|resumen|resumo|zusammenfassung|abstrakt|аннотация|摘要|要旨)"
    r"\s*[:：.\u2014\u2013-]+\s*|(?-i:ABSTRACT)\s+)(?=\S)"
    r"|^(?-i:Abstract\s+(?=[A-Z]))",
    re.IGNORECASE,
)
_TERMS = re.compile(
    r"^abstract\s+(?:interpretation|syntax|meaning|argumentation|algebra|reasoning|visual|state|data"
    r"|domain|nonsense|machine|simplicial|harmonic|concept|art|thinking|thought|rewriting|polytopes?"
    r"|linear|elementary|planning|polic(?:y|ies)|world|models?|structures?|classes|theor(?:y|ies)"
    r"|text|wikipedia|screening|dialectical|convexity|games?|logics?|spaces?|groups?)\b",
    re.IGNORECASE,
)
_ONLINE_FIRST = (
    r"early\s?view|accepted article|(?:epub )?ahead of print|online first|article in press|in press"
    r"|just accepted|latest articles|first view|advance article"
)
_DATED = (
    r"publication date|publication|available online|published online|published|online date"
    r"|first published|received|accepted|cover date"
)
_LABELS = (
    r"source|journal|publisher|volume|issue|pages?|section|type|license|copyright|issn|citation"
)
_LINKS = (
    r"open access|free access|free to read|full access|editorial|html|xml|pdf|full text"
    r"|read (?:more|the full\b.{0,60})|continue reading\b.{0,80}|view (?:full|article).{0,40}"
    r"|download.{0,40}|research article|(?:original )?article|paper|letter|review"
)
_PARTS = r"issue|no|number|page|pages|pp|article"
_NAME = r"(?:[^.]{1,160}[,.]\s*)?"
# Each is a whole line that is never part of an abstract.
_NOISE = re.compile(
    "|".join(
        (
            rf"(?:(?:{_DATED})\s*:?\s*){{1,2}}(?:\d|{_MONTHS}).{{0,60}}",
            rf"(?:{_LABELS})\s*:\s.{{1,250}}",
            r".{0,80}\bdoi\s*:?\s*(?:https?://\S*?)?10\.\d{4,9}/\S+?(?:,\s*[\w -]{3,40})?",
            r"(?:https?://)?(?:dx\.)?doi\.org/\S+",
            rf"(?:[^.]{{1,160}},\s*)?(?:{_ONLINE_FIRST})\s*\.?",
            rf"{_NAME}vol(?:ume|\.)?\s*\d[\w-]*\s*,?\s*\(?(?:{_PARTS})\b.{{0,120}}",
            rf"{_NAME}volume\s+\d[\w-]*(?:,\s*(?:(?:{_MONTHS})\w*\s+)?\d{{4}})?\s*\.?",
            r"[\w&.,:' -]{2,80}\s\d{1,4}(?:\(\d+\))?\s*:\s*[a-z]?\d+\s*[-–‐]\s*[a-z]?\d+\.?",
            rf"[^.]{{2,80}}\.\s(?:19|20)\d{{2}}\s(?:{_MONTHS})\w*\b.{{0,200}}",
            r"[\w&.,' -]{2,80},\s*\(?(?:19|20)\d{2}\)?,?\s*(?:p\.|pp\.|\d).{0,60}",
            r"\[[^\]]{3,80}\]\s*published\b.{0,40}",
            r"the (?:content of this rss feed|post)\b.{0,250}",
            r"to cite this article\b.{0,200}",
            r"(?:©|\(c\)|copyright)\s.{0,200}",
            rf"(?:{_LINKS})\.?",
            r"image credit\b.{0,200}",
            r"pmid\s*:?\s*\d+.{0,120}",
            r"[\W\d_]+",
        )
    ),
    re.IGNORECASE,
)
_PUBLISHED_THEN = re.compile(
    r"^[^;.]{1,120}, published online: [^;]{4,40};\s*(?:doi\s*:?\s*)?(?:10\.\S+)?\s*", re.IGNORECASE
)
_LISTED_PEOPLE = re.compile(
    r"^((?:[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){1,3};\s*){1,60})(?=\S)"
)
_MOST_AUTHORS_LINE = 3_000
_LONGEST = 6_000
_LONGEST_NOISE = 400
_A_STUB = 140


@dataclass(slots=True)
class EntryText:
    """What a description says: the abstract alone, "" where it has none, and what stood around.

    `published` is a day that a line names, such as "15 November 2021"; "" where none does.
    """

    abstract: str = ""
    authors: list[str] = field(default_factory=list)
    dois: list[str] = field(default_factory=list)
    published: str = ""


def read_texts(texts: Sequence[str], title: str) -> EntryText:
    """The abstract in an entry's texts, which may be HTML: its summary first, then its content.

    The first that has an abstract is taken, or a longer one where that is a stub or cut off.
    """
    read = [_read(text, title) for text in dict.fromkeys(texts) if text.strip()]
    chosen = EntryText()
    for one in read:
        chosen.abstract = _better(chosen.abstract, one.abstract)
        chosen.authors = chosen.authors or one.authors
        chosen.dois += one.dois
        chosen.published = chosen.published or one.published
    chosen.abstract = shorten(chosen.abstract, _LONGEST)
    return chosen


def _better(first: str, other: str) -> str:
    if not first or (len(first) < _A_STUB and len(other) > len(first)):
        return other
    start = re.sub(r"\W*(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*$", "", first)
    if start != first and len(other) > len(first):
        return other
    return other if len(other) > len(first) and other.startswith(first[:-1]) else first


def _read(text: str, title: str) -> EntryText:
    found = EntryText()
    lines = lines_of(text)
    headed = next((at for at, one in enumerate(lines) if _HEADING.match(_flat(one))), None)
    if headed is not None and headed + 1 < len(lines):
        before, lines = lines[:headed], lines[headed + 1 :]
        for one in before:
            _metadata(one, found)
    kept: list[str] = []
    awaits_authors = False
    for one in lines:
        said = _flat(one)
        if _END.match(said):
            if kept:
                break
            continue
        awaits_authors = _take_line(one, said, found, kept, awaits_authors=awaits_authors)
    found.abstract = _tidied(" ".join(kept), title, found)
    return found


def _take_line(
    line: str, said: str, found: EntryText, kept: list[str], *, awaits_authors: bool
) -> bool:
    """Sort one line into the abstract or what stands around it; whether the next names authors."""
    if match := _AUTHORS.match(said):
        rest = line.split(":", 1)[1]
        if rest.strip(_WRAP + " ") and len(rest) < _MOST_AUTHORS_LINE:
            found.authors = found.authors or _people(rest)
            return False
        return match.end() == len(said)
    if awaits_authors and not found.authors and len(line) < _MOST_AUTHORS_LINE:
        found.authors = _people(line)
        return False
    if not _is_noise(said):
        kept.append(said)
        return False
    found.dois += _DOI.findall(said)
    if not found.published and (dated := _DAY.search(said)):
        found.published = dated[0]
    return False


def _people(text: str) -> list[str]:
    wrapped = [part for part in text.split(_WRAP) if part.strip(" ,")]
    several = len(wrapped) > 1 and all("," not in part.strip(" ,") for part in wrapped)
    return people(wrapped if several else [_flat(text)], listed=True)


def _metadata(line: str, found: EntryText) -> None:
    """Read a line above the heading "Abstract": authors with semicolons, a DOI."""
    said = _flat(line)
    found.dois += _DOI.findall(said)
    if _AUTHORS.match(said):
        found.authors = found.authors or people([said], listed=True)
    elif not found.authors and ";" in said and not _is_noise(said):
        found.authors = people([said])


def _is_noise(line: str) -> bool:
    return len(line) <= _LONGEST_NOISE and _NOISE.fullmatch(line) is not None


def _tidied(text: str, title: str, found: EntryText) -> str:
    """The text without a leading label, journal line or list of people; "" for a mere title."""
    text = text.strip()
    if match := _PUBLISHED_THEN.match(text):
        found.dois += _DOI.findall(match[0])
        text = text[match.end() :].strip()
    if not _TERMS.match(text):
        text = _LEADING.sub("", text, count=1).lstrip(" :.-–—")
    if not found.authors and (listed := _LISTED_PEOPLE.match(text)):
        found.authors = people([listed[1]])
        text = text[listed.end() :]
    said, named = _folded(text), _folded(title)
    return "" if not said or said == named else text


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _flat(line: str) -> str:
    return " ".join(line.replace(_WRAP, " ").split())


def lines_of(text: str) -> list[str]:
    """The visible text of an HTML fragment as the lines that a reader sees, none of them empty.

    A line break of the source that a browser would not show is kept as the character U+001F.
    """
    text = text.replace(_WRAP, " ")
    text = _visible(text) if "<" in text or "&" in text else _NEW_LINE.sub(_WRAP, text)
    return [line for part in text.split("\n") if (line := part.strip(_WRAP + " \t"))]


def _visible(text: str) -> str:
    text = _BLOCK_TAG.sub("\n", _NEW_LINE.sub(_WRAP, text[:LONGEST_MARKUP]))
    return visible_text(text, hidden=_HIDDEN)
