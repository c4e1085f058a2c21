"""What a source is, what its entries are, and how a poll can end."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import AfterValidator, BeforeValidator, ValidationError, model_validator
from sqlmodel import Field

from bot.errors import EntryError
from bot.sources.paper_ids import anchored, title_name
from bot.sources.sanitize import web_url
from bot.text import one_line, shorten
from storage.models import PaperFacts
from storage.paper_merge import MOST_RELATIONS
from storage.paper_names import NAMESPACES, contradict, is_sure

LONGEST_TITLE = 2_000
LONGEST_TEXT = 50_000
MOST_AUTHORS = 500
MOST_CATEGORIES = 50
EARLIEST_YEAR, LATEST_YEAR = 1950, 2099
_LONGEST_NAME = 200
_LARGEST_COUNT = 2_000_000_000
_LATEST_VERSION = 999


def _title(text: str) -> str:
    title = shorten(one_line(text), LONGEST_TITLE)
    if not title:
        raise ValueError("is empty")
    return title


def _text(text: str) -> str:
    return shorten(one_line(text), LONGEST_TEXT)


def _short(text: str) -> str:
    return shorten(one_line(text), _LONGEST_NAME)


def _short_list(texts: list[str]) -> list[str]:
    return [short for text in texts if (short := _short(text))]


def _possible(moment: datetime) -> datetime | None:
    """In UTC; None outside the years in which papers appear. A moment without a zone is UTC."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _countable(number: object) -> object:
    """A number that can be one of votes; None in place of a negative or an impossible one."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return number
    return number if 0 <= number <= _LARGEST_COUNT else None


def _known_version(version: object) -> object:
    if isinstance(version, bool) or not isinstance(version, int):
        return version
    return version if 1 <= version <= _LATEST_VERSION else None


def _known_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        namespace, _, value = name.partition(":")
        if namespace not in NAMESPACES or not value:
            raise ValueError(f"{name!r} is no identity")
    return tuple(dict.fromkeys(names))


_Text = Annotated[str, AfterValidator(_text)]
_Names = Annotated[list[str], AfterValidator(_short_list)]
_Relations = Annotated[list[str], AfterValidator(lambda texts: _short_list(texts)[:MOST_RELATIONS])]
_Moment = Annotated[datetime | None, AfterValidator(lambda at: at and _possible(at))]
_Link = Annotated[str | None, BeforeValidator(web_url)]
_Count = Annotated[int | None, BeforeValidator(_countable)]


class Entry(PaperFacts):
    """One item as a source gave it, validated: the only way into storage.

    `names` are its identities from `bot.sources.paper_ids`, strongest first and never empty;
    `given_id` is the id as a record wrote it, `anchors` are URLs whose "#anchor" may tell the entry
    from its neighbours, `backlog` marks what the source itself calls no news, `announced` is what
    arXiv's feed announces it as ("new", "cross", "replace", "replace-cross"), `about` and
    `about_names` are the title and the identities of the paper that a notice corrects or retracts;
    `journal` is where arXiv says that it appeared;
    none of these is stored with the paper.
    Text becomes one line without control characters; a title has 1-2,000 characters, an abstract
    up to 50,000; at most 500 authors are kept, with `author_count` counting all; links other than
    http and https, times outside the years 1950-2099, counts below 0 and versions outside 1-999
    become None, for one odd field costs no more than itself; times are UTC.
    Raises pydantic's ValidationError; `entry_of` says the same in a person's words.
    """

    model_config = {"frozen": True}  # noqa: RUF012 - where pydantic looks for it

    names: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_known_names)]
    given_id: str | None = None
    anchors: tuple[str, ...] = ()
    backlog: bool = False
    announced: str | None = None
    about: str = ""
    about_names: tuple[str, ...] = ()
    journal: _Text = ""
    title: Annotated[str, AfterValidator(_title)]
    abstract: _Text = ""
    authors: _Names = Field(default_factory=list)
    author_count: _Count = None
    published_at: _Moment = None
    featured_at: _Moment = None
    upvotes: _Count = None
    comments: _Count = None
    categories: _Names = Field(default_factory=list)
    relations: _Relations = Field(default_factory=list)
    thumbnail: _Link = None
    url: _Link = None
    pdf_url: _Link = None
    code_url: _Link = None
    project_url: _Link = None
    discussion_url: _Link = None
    source_summary: Annotated[
        str | None, AfterValidator(lambda text: (text and _text(text)) or None)
    ] = None
    submitter: Annotated[
        str | None, AfterValidator(lambda text: (text and _short(text)) or None)
    ] = None
    version: Annotated[int | None, BeforeValidator(_known_version)] = None
    authority: Annotated[int | None, Field(ge=1, le=3)] = None

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, facts: object) -> object:
        """Count all authors, then keep the first ones."""
        if not isinstance(facts, dict):
            return facts
        authors, categories = facts.get("authors"), facts.get("categories")
        if isinstance(authors, list | tuple) and authors:
            facts = {**facts, "authors": list(authors[:MOST_AUTHORS])}
            if facts.get("author_count") is None:
                facts["author_count"] = len(authors)
        if isinstance(categories, list | tuple):
            facts = {**facts, "categories": list(categories[:MOST_CATEGORIES])}
        return facts


def entry_of(facts: Mapping[str, Any]) -> Entry:
    """The entry made of these facts; raises EntryError with the first reason it cannot be one."""
    try:
        return Entry.model_validate(dict(facts))
    except ValidationError as error:
        raise EntryError(_reason(error)) from None


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    field_name = str(first["loc"][0]) if first["loc"] else "entry"
    if field_name == "names":
        return "no id, DOI or URL says which paper it is"
    if first["type"] == "missing":
        return f"it has no {field_name}"
    said = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{field_name} {said}"


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that could not be taken: where it stood, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a source says of itself, and asks of those who read it.

    It is not to be asked again for `again_after` seconds; it moved for good to the address
    `moved_to`; it calls itself `title`; `note` is a sentence for whoever adds it.
    """

    again_after: float | None = None
    moved_to: str | None = None
    title: str = ""
    note: str = ""


NO_ADVICE = Advice()


@dataclass(frozen=True, slots=True)
class Fresh:
    """The source gave entries; `cursor` is to be kept once they are stored, never before.

    `same` counts the items that only repeated another one of the same answer.
    """

    entries: Sequence[Entry]
    cursor: Mapping[str, Any]
    refused: Sequence[Refused] = ()
    same: int = 0
    advice: Advice = NO_ADVICE


@dataclass(frozen=True, slots=True)
class Quiet:
    """The source answered and has nothing new."""

    cursor: Mapping[str, Any] = field(default_factory=dict)
    advice: Advice = NO_ADVICE


@dataclass(frozen=True, slots=True)
class Broken:
    """The source did not answer, or with something unreadable; its cursor stays where it was.

    One that is `gone` said that it will not come back; `offers` are addresses of feeds that a web
    page in place of one announces.
    """

    reason: str
    advice: Advice = NO_ADVICE
    gone: bool = False
    offers: Sequence[str] = ()


Poll = Fresh | Quiet | Broken


class Source(Protocol):
    """Somewhere entries come from; `poll` never raises for what the outside did wrong."""

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Fetch what is new since `cursor` (as the last stored poll returned it; {} at first)."""
        ...


Facts = Mapping[str, Any]
_Item = TypeVar("_Item")


class Intake:
    """Collects items one by one; `fresh` is what they came to.

    Items that share an identity are one paper: the highest version of it is kept, else the first.
    An id, a URL or a feed's DOI that stands under several titles is the feed's or its home page's
    and identifies none of them; "#anchors" do, where they alone tell entries apart.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._refused: list[Refused] = []
        self._homes: set[str] = set()

    def add(self, where: str, item: _Item, read: Callable[[_Item], Facts]) -> None:
        """Take an item standing at `where`, or note why it is refused.

        `read` gives what the item says in the words of `Entry`, or raises EntryError.
        """
        try:
            self._entries.append(entry_of(read(item)))
        except EntryError as error:
            self.refuse(where, str(error))

    def put(self, entry: Entry) -> None:
        """Take an entry that is one already."""
        self._entries.append(entry)

    def refuse(self, where: str, why: str) -> None:
        """Note an item that is no entry at all."""
        self._refused.append(Refused(where, why))

    def not_papers(self, names: Iterable[str]) -> None:
        """Know names of pages that are no paper's, such as the home page of the feed."""
        self._homes.update(names)

    def fresh(self, cursor: Mapping[str, Any] | None = None) -> Fresh:
        """All of it, as a poll or an import ends."""
        distinct = distinguish(self._entries, self._homes)
        kept = _collapsed(distinct)
        same = len(distinct) - len(kept)
        return Fresh(tuple(kept), dict(cursor or {}), tuple(self._refused), same)


_MOST_TITLES_OF_DOI = 2


def distinguish(entries: Sequence[Entry], homes: Collection[str] = ()) -> list[Entry]:
    """The entries of one answer without the names that several of them share.

    `homes` are names of pages that are no paper's. Where nothing but the "#anchor" of an address
    tells entries apart, it is part of their name, with the title as a second one: some sites make
    their anchors anew each time.
    """
    titles: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for name in (*entry.names, *_anchored_names(entry)):
            titles[name].add(title_name(entry.title) or entry.title)
    shared = {name for name, under in titles.items() if _is_shared(name, len(under))}
    shared.update(homes)
    alike = Counter(title_name(entry.title) for entry in entries)
    return [
        _renamed(entry, shared, alone=alike[title_name(entry.title)] == 1)
        if shared & set(entry.names)
        else entry
        for entry in entries
    ]


def _is_shared(name: str, titles: int) -> bool:
    if is_sure(name):
        return name.startswith("doi:") and titles > _MOST_TITLES_OF_DOI
    return titles > 1 and not name.startswith("title:")


def _anchored_names(entry: Entry) -> list[str]:
    found = (anchored(name, url) for url in entry.anchors for name in entry.names)
    return [name for name in found if name]


def _renamed(entry: Entry, shared: set[str], *, alone: bool) -> Entry:
    names = tuple(name for name in entry.names if name not in shared)
    by_anchor = tuple(name for name in _anchored_names(entry) if name not in shared)
    titled = title_name(entry.title)
    if not any(is_sure(name) for name in names) and by_anchor:
        names += by_anchor
        page = next(name for name in entry.names if name.startswith("url:"))
        if alone and titled:
            names += (f"id:{page[4:]}#{titled[6:]}",)
    if not names:
        names = (titled or entry.names[0],)
    return entry.model_copy(update={"names": names})


def _collapsed(entries: Sequence[Entry]) -> list[Entry]:
    kept: list[Entry] = []
    place: dict[str, int] = {}
    for entry in entries:
        at = next(
            (
                place[name]
                for name in entry.names
                if name in place and not contradict(entry.names, kept[place[name]].names, name)
            ),
            len(kept),
        )
        if at == len(kept):
            kept.append(entry)
        else:
            kept[at] = _joined(kept[at], entry)
        for name in kept[at].names:
            place.setdefault(name, at)
    return kept


def _joined(first: Entry, other: Entry) -> Entry:
    newest = other if (other.version or 0) > (first.version or 0) else first
    names = tuple(dict.fromkeys((*first.names, *other.names)))
    return newest.model_copy(update={"names": names})
