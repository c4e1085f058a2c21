"""One entry of a feed: what it says of a paper, in the words of `Entry`."""

import calendar
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bot.errors import SourceError
from bot.sources.abstracts import EntryText, read_texts
from bot.sources.author_names import people
from bot.sources.dates import find_moment
from bot.sources.paper_ids import (
    find_arxiv,
    find_category,
    names_of,
    split_arxiv,
    title_name,
)
from bot.sources.paper_kinds import kind_of, without_mark
from bot.sources.publisher_urls import is_at
from bot.sources.sanitize import web_url, without_markup
from bot.sources.xml_scan import ItemFacts

Facts = Mapping[str, Any]

_ARXIV_PREFIX = re.compile(
    r"\s*arXiv:\S+\s+(?:Announce Type:\s*(?P<type>\S+)\s+)?Abstract:\s*", re.IGNORECASE
)
_ARXIV_OWN = re.compile(r"oai:arxiv\.org:|https?://(?:export\.)?arxiv\.org/abs/", re.IGNORECASE)
_MOST_DIGITS = 9
_ARXIV_ERROR = "/api/errors"
_DATES = ("dc_date", "prism_publicationdate", "prism_coverdate", "dcterms_issued", "date")
_DOIS = ("arxiv_doi", "prism_doi", "dc_identifier", "prism_url", "dc_source")
_PUBLISHER = 3


@dataclass(frozen=True, slots=True)
class FeedOrigin:
    """Where a feed lives: what makes its own plain ids unique in the world."""

    where: str
    url: str
    link: str

    def facts_of(self, entry: Mapping[str, Any], more: ItemFacts | None = None) -> Facts:
        """What an entry says; raises SourceError for the error answer of arXiv's API.

        `more` has the identifiers and types that the parser of feeds leaves out.
        """
        if _ARXIV_ERROR in str(entry.get("id") or ""):
            raise SourceError(f"{self.where}: arXiv answered: {text_of(entry, 'summary')}")
        more = more or ItemFacts()
        arxiv, version = _arxiv_of(entry)
        if arxiv and _is_of_arxiv(entry):
            facts = _arxiv_facts(entry, arxiv, version)
        else:
            facts = self._plain_facts(entry, more)
            facts["version"] = version
        if arxiv:
            facts["url"] = f"https://arxiv.org/abs/{arxiv}"
            facts["pdf_url"] = f"https://arxiv.org/pdf/{arxiv}"
        if not self.url or self._is_at("arxiv.org"):
            facts["authority"] = _PUBLISHER if arxiv else None
        return {**_common_facts(entry), **facts}

    def _plain_facts(self, entry: Mapping[str, Any], more: ItemFacts) -> dict[str, Any]:
        title = text_of(entry, "title")
        text = _texts_of(entry, title)
        link, guid = web_url(entry.get("link")), self._guid(entry)
        others = [*(str(entry.get(key) or "") for key in _DOIS), *more.identifiers, *text.dois]
        names = names_of(url=link, plain_id=guid, others=map(_identifier, others))
        last_resort = title_name(title)
        known = kind_of(title, [*_terms(entry), *more.types], text.abstract)
        owner = any(name.startswith(("doi:", "pii:")) for name in names) and self._is_home_of(link)
        return {
            "names": names or ((last_resort,) if last_resort else ()),
            "anchors": tuple(one for one in (link, guid) if one and "#" in one),
            "title": without_mark(title) if known.retracted else title,
            "abstract": text.abstract,
            "authors": _names_in(entry) or text.authors,
            "url": link,
            "pdf_url": _linked_pdf(entry),
            "kind": known.kind,
            "retracted": known.retracted,
            "about": known.about,
            **({"authority": _PUBLISHER} if owner else {}),
            "published_at": _published(entry) or find_moment(text.published),
        }

    def _is_at(self, *hosts: str) -> bool:
        return is_at(urlsplit(self.url or self.link).hostname or "", *hosts)

    def _is_home_of(self, link: str | None) -> bool:
        """Whether a link leads to the site whose feed this is, by the last two labels of both."""
        home, there = (urlsplit(one or "").hostname or "" for one in (self.url, link))
        return bool(home) and home.split(".")[-2:] == there.split(".")[-2:]

    def _guid(self, entry: Mapping[str, Any]) -> str | None:
        """An id that is a URL or a URN stands by itself; another is unique in its feed only."""
        guid = str(entry.get("id") or "").strip()
        if not guid or ":" in guid or any(not _is_opaque(name) for name in names_of(plain_id=guid)):
            return guid or None
        home = urlsplit(self.url or self.link).netloc
        return f"{home}/{guid}" if home else None


def _is_opaque(name: str) -> bool:
    return name.startswith("id:")


def _identifier(text: str) -> str:
    """A DOI out of "Nature, Published online: …; | doi:10.1038/x"; any other text as it is."""
    found = re.search(r"\bdoi:\s*(10\.\d{4,9}/\S+)", text)
    return found[1] if found else text.strip()


def _texts_of(entry: Mapping[str, Any], title: str) -> EntryText:
    """The abstract in the summary, the content or Dublin Core's description."""
    contents = [one.get("value") for one in entry.get("content") or () if isinstance(one, Mapping)]
    texts = [entry.get("summary"), *contents, entry.get("dc_description"), entry.get("abstract")]
    return read_texts([one for one in texts if isinstance(one, str)], title)


def _published(entry: Mapping[str, Any]) -> datetime | None:
    published = moment(entry.get("published_parsed"))
    # Asked for what is not there, feedparser passes off the date of publication, and warns of it.
    if published is None and "updated_parsed" in entry:
        published = moment(entry["updated_parsed"])
    for key in ("published", "updated", *_DATES) if published is None else ():
        published = published or (find_moment(entry[key]) if key in entry else None)
    return published


def _common_facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "published_at": _published(entry),
        "categories": _terms(entry),
        "thumbnail": _thumbnail(entry),
        "comments": _comments(entry),
        "discussion_url": web_url(entry.get("comments")),
    }


def _arxiv_of(entry: Mapping[str, Any]) -> tuple[str | None, int | None]:
    for text in (str(entry.get("id") or ""), str(entry.get("link") or "")):
        tail = re.sub(r".*/(?:abs|pdf)/", "", text)
        try:
            return split_arxiv(tail)
        except ValueError:
            continue
    return next(
        (
            (found, None)
            for name in names_of(url=str(entry.get("link") or ""), plain_id=entry.get("id"))
            if name.startswith("arxiv:") and (found := find_arxiv(name))
        ),
        (None, None),
    )


def _is_of_arxiv(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is in arXiv's own words, as its API and its feeds write them."""
    identity = str(entry.get("id") or "")
    return bool(_ARXIV_OWN.match(identity)) or "arxiv_primary_category" in entry


def _arxiv_facts(entry: Mapping[str, Any], arxiv: str, version: int | None) -> dict[str, Any]:
    """ArXiv writes plain text with LaTeX in it, where "<" is "less than" and never a tag."""
    subjects = [found for term in _terms(entry) if (found := find_category(term))]
    first = str((entry.get("arxiv_primary_category") or {}).get("term") or "")
    return {
        "names": names_of(arxiv_id=arxiv, doi=_doi_of(entry)),
        **_announced(entry),
        "version": version,
        "title": str(entry.get("title") or ""),
        "abstract": _ARXIV_PREFIX.sub("", str(entry.get("summary") or ""), count=1),
        "authors": _names_in(entry, listed=True),
        "categories": sorted(subjects, key=lambda subject: subject != first),
    }


def _announced(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What arXiv's feed announces: a replacement is an update of a known paper, never news."""
    found = _ARXIV_PREFIX.match(str(entry.get("summary") or ""))
    said = str(entry.get("arxiv_announce_type") or (found and found["type"]) or "").lower()
    remark = str(entry.get("arxiv_comment") or "")
    summary = str(entry.get("summary") or "")
    return {
        "announced": said or None,
        "backlog": said.startswith("replace"),
        "journal": str(entry.get("arxiv_journal_ref") or ""),
        "retracted": kind_of("", text=remark).retracted or kind_of("", text=summary).retracted,
    }


def _doi_of(entry: Mapping[str, Any]) -> str | None:
    found = (entry.get(key) for key in ("arxiv_doi", "prism_doi", "dc_identifier"))
    return next((value for value in found if isinstance(value, str)), None)


def _names_in(entry: Mapping[str, Any], *, listed: bool = False) -> list[str]:
    """The authors; one text that lists several is split where that is sure, or `listed` says so."""
    stated = [
        str(author.get("name") or "")
        for author in entry.get("authors") or ()
        if isinstance(author, Mapping)
    ]
    return people((name for name in stated if name.strip()), listed=listed)


def _terms(entry: Mapping[str, Any]) -> list[str]:
    tags = entry.get("tags") or ()
    return [tag["term"] for tag in tags if isinstance(tag, Mapping) and tag.get("term")]


def text_of(entry: Mapping[str, Any], key: str) -> str:
    """A text element as visible text, whether it was written as text or as HTML.

    A summary is read as HTML even where it claims to be plain: many feeds lie about that.
    """
    value, detail = entry.get(key), entry.get(f"{key}_detail")
    if isinstance(value, list):
        detail = value[0] if value else None
        value = detail.get("value") if isinstance(detail, Mapping) else None
    text = value if isinstance(value, str) else ""
    plain = isinstance(detail, Mapping) and detail.get("type") == "text/plain"
    return text if plain and key != "summary" else without_markup(text)


def _thumbnail(entry: Mapping[str, Any]) -> str | None:
    for key in ("media_thumbnail", "media_content"):
        for media in entry.get(key) or ():
            image = key == "media_thumbnail" or str(media.get("type") or "").startswith("image/")
            if image and (url := web_url(media.get("url"))):
                return url
    return None


def _linked_pdf(entry: Mapping[str, Any]) -> str | None:
    links = (link for link in entry.get("links") or () if isinstance(link, Mapping))
    return next((link.get("href") for link in links if link.get("type") == "application/pdf"), None)


def _comments(entry: Mapping[str, Any]) -> int | None:
    value = str(entry.get("slash_comments") or "").strip()
    return int(value) if value.isdecimal() and len(value) <= _MOST_DIGITS else None


def moment(parsed: time.struct_time | None) -> datetime | None:
    """A time as the parser gives it; None if there is none or it is none of this world."""
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
