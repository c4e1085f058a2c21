"""What is read from real journal feeds, beside a reading of the raw XML made for each publisher.

`python -m tests.quality.feeds` writes the table by publisher and how duplicates are joined.
"""

import asyncio
import html
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import feedparser

from bot.sources.base import Entry, Intake
from bot.sources.feed_parser import gather
from storage import sources
from storage.database import Database
from storage.papers import record_all
from tests.bench.real import shared_data
from tests.bench.results import QUALITY_PAGE, table, write_section

PUBLISHERS = {
    "biorxiv": "bioRxiv",
    "sciencedirect": "ScienceDirect",
    "ingentaconnect": "Ingenta",
    "pensoft": "Pensoft",
    "cambridge.org": "Cambridge",
    "dx.doi.org/10.4039": "Cambridge",
    "tandfonline": "Taylor & Francis",
    "cnki": "CNKI",
    "biotaxa": "Magnolia (OJS)",
    "mapress": "Magnolia (OJS)",
    "schweizerbart": "Schweizerbart",
    "threatenedtaxa": "other OJS journals",
    "journals.flvc": "other OJS journals",
    "rbge": "other OJS journals",
    "riviste.unimi": "other OJS journals",
    "contributions-to": "other OJS journals",
    "et-online": "other OJS journals",
    "microbiologyresearch": "Microbiology Society",
    "academic.oup": "Oxford",
    "onlinelibrary.wiley": "Wiley",
    "nature.com": "Nature",
}
WITHOUT_ABSTRACT = ("ScienceDirect", "Ingenta", "Taylor & Francis")
FIELDS = ("doi", "authors", "abstract", "date")
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"'&?#,;]+")


@dataclass(frozen=True)
class Gold:
    """What an item says, by a reading of its own; None for what is not there."""

    link: str
    doi: str | None
    authors: int | None
    abstract: str | None
    day: date | None


@dataclass
class Score:
    items: int = 0
    taken: int = 0
    usable: int = 0
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))
    there: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))


def texts(item: ElementTree.Element, *names: str) -> list[str]:
    found = [each for each in item.iter() if each.tag.rpartition("}")[2] in names]
    return [" ".join("".join(each.itertext()).split()) for each in found]


def raw(item: ElementTree.Element, *names: str) -> str:
    for each in item.iter():
        if each.tag.rpartition("}")[2] in names and "".join(each.itertext()).strip():
            return "".join(each.itertext())
    return ""


def letters(text: str) -> str:
    plain = html.unescape(re.sub(r"<[^<>]*>", " ", html.unescape(text)))
    return re.sub(r"[\W_]+", "", plain).casefold()


def gold(publisher: str, item: ElementTree.Element) -> Gold:
    described = raw(item, "encoded") or raw(item, "description", "summary")
    link = raw(item, "link").strip() or next(
        (each.get("href", "") for each in item if each.tag.endswith("}link")), ""
    )
    stated = [*texts(item, "doi"), *texts(item, "identifier"), *texts(item, "guid"), link]
    stated.append(next(iter(re.findall(r"DOI: (10\.\S+?)(?:<|\s)", described)), ""))
    dois = [found[0] for text in stated if (found := _DOI.search(text))]
    return Gold(
        link,
        dois[0].lower() if dois else None,
        people(publisher, item, described),
        abstract(publisher, item, described),
        day(item),
    )


def people(publisher: str, item: ElementTree.Element, described: str) -> int | None:  # noqa: PLR0911
    creators = [one for one in texts(item, "creator") if one] or texts(item, "name", "author")
    whole = ", ".join(creators)
    if publisher == "bioRxiv":
        return len(re.findall(r"[^,]+, (?:[A-Z]\.[ -]?)+", whole)) or None
    if publisher in ("Microbiology Society", "Oxford", "Wiley"):
        parts = re.split(r",\s*|\s+and\s+", whole)
        return len([one for one in parts if one and not one.startswith("et al")]) or None
    if publisher in ("ScienceDirect", "Pensoft"):
        found = re.search(r"Author(?:\(s\)|s): (.*?)</p>", described)
        return len(found[1].split(", ")) if found and found[1].strip() else None
    if publisher == "Schweizerbart":
        found = re.search(r"<b>(.*?)</b>", described)
        return len(found[1].split(";")) if found and found[1].strip() else None
    if publisher == "CNKI":
        return len([one for one in described.split(";")[:-1] if len(one.split()) < 5]) or None
    if publisher == "other OJS journals":
        names = [*texts(item, "creator"), *texts(item, "name")]
        return len([one for one in names if one]) or None
    return len(set(creators)) or None


def abstract(publisher: str, item: ElementTree.Element, described: str) -> str | None:
    if publisher in WITHOUT_ABSTRACT:
        return None
    text = described
    if publisher == "Pensoft":
        text = "".join(re.findall(r"<p>Abstract: (.*?)</p>", described, re.DOTALL)[:1])
    elif publisher == "Wiley":
        parts = re.split(r"<h2>Abstract</h2>", described)
        text = parts[1] if len(parts) > 1 else ""
    elif publisher == "Schweizerbart":
        text = described.partition("<h2>Abstract</h2>")[2]
    elif publisher == "Nature":
        text = described.partition("</p>")[2]
    elif publisher == "CNKI":
        text = re.split(r"</br>|;", described)[-1]
    title = raw(item, "title")
    said = letters(text)
    return said if said and said != letters(title) and len(said) > 20 else None


def day(item: ElementTree.Element) -> date | None:
    for name in ("published", "pubDate", "date", "publicationDate", "updated"):
        for text in texts(item, name):
            parsed = feedparser.datetimes._parse_date(text)
            if parsed:
                return date(*parsed[:3])
    return None


def items_of(path: Path) -> Iterator[tuple[str, ElementTree.Element]]:
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except ElementTree.ParseError:
        return
    for each in root.iter():
        if each.tag.rpartition("}")[2] in ("item", "entry"):
            text = ElementTree.tostring(each, encoding="unicode")
            name = next((name for key, name in PUBLISHERS.items() if key in text), "")
            if name and "zoobank.org" not in text[:400]:
                yield name, each


def read(path: Path) -> dict[str, Entry]:
    intake = Intake()
    gather(path.name, path.read_bytes(), intake, url="https://feeds.example.org/feed")
    return {letters(entry.title): entry for entry in intake.fresh().entries}


def measure(paths: list[Path]) -> dict[str, Score]:
    scores: defaultdict[str, Score] = defaultdict(Score)
    for path in paths:
        found = read(path)
        for publisher, item in items_of(path):
            score, wanted = scores[publisher], gold(publisher, item)
            score.items += 1
            score.usable += bool(raw(item, "title") and wanted.link)
            entry = found.get(letters(raw(item, "title")))
            score.taken += entry is not None
            if entry is not None:
                _compare(score, wanted, entry)
    return scores


def _compare(score: Score, wanted: Gold, entry: Entry) -> None:
    published = entry.published_at.date() if entry.published_at else None
    judged = {
        "doi": (wanted.doi, f"doi:{wanted.doi}" in entry.names),
        "authors": (wanted.authors, (entry.author_count or 0) == wanted.authors),
        "abstract": (wanted.abstract, _same(wanted.abstract or "", letters(entry.abstract))),
        "date": (wanted.day, published == wanted.day),
    }
    for name, (there, right) in judged.items():
        score.there[name] += there is not None
        score.right[name] += there is not None and right


def _same(wanted: str, ours: str) -> bool:
    """The same text; ours may leave out a label before it, and is cut where it is very long."""
    whole = wanted.removeprefix("abstract")
    return bool(ours) and (whole.endswith(ours) or whole.startswith(ours))


async def joined(paths: list[Path]) -> tuple[int, int, int]:
    """Pairs of items that are one paper, those of them joined, and pairs joined in all."""
    truth: dict[int, str] = {}
    stored: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/papers.sqlite")
        await database.migrate()
        for path in paths:
            found = read(path)
            async with database.write() as session:
                source = await sources.add(session, kind="feed", spec=path.name, name=path.name)
                for publisher, item in items_of(path):
                    entry = found.get(letters(raw(item, "title")))
                    if entry is None:
                        continue
                    wanted = gold(publisher, item)
                    ((paper, _),) = await record_all(
                        session,
                        [(entry, entry.names, False)],
                        source,
                        now=datetime(2021, 12, 21, tzinfo=UTC),
                    )
                    truth[len(truth)] = wanted.doi or wanted.link or letters(entry.title)
                    stored[len(stored)] = paper.id or 0
        await database.close()
    pairs = [
        (truth[one] == truth[other], stored[one] == stored[other])
        for one, other in combinations(truth, 2)
    ]
    same = sum(same for same, _ in pairs)
    return same, sum(both and ours for both, ours in pairs), sum(ours for _, ours in pairs)


def share(right: int, there: int) -> str:
    return "-" if not there else f"{right / there:.1%} of {there}"


def main() -> None:
    folder = shared_data() / "journal_feeds"
    paths = sorted(path for path in folder.glob("*.*") if path.is_file())
    scores = measure(paths)
    rows = [
        (
            name,
            score.items,
            f"{score.taken} of {score.usable}",
            *(share(score.right[each], score.there[each]) for each in FIELDS),
        )
        for name, score in sorted(scores.items())
    ]
    same, right, ours = asyncio.run(joined(paths))
    body = table(("publisher", "items", "taken of usable", *FIELDS), rows)
    body += (
        "\n\nA field is right where it equals a reading of the raw XML that was written for each "
        "publisher (tests/quality/feeds.py); items without the field are not counted. Usable is "
        "what has a title and a link.\n\n"
        f"Overlaps of the feeds, by DOI or link: {same} pairs of items are one paper; recall "
        f"{right / same:.4f}, precision {right / ours:.4f}."
    )
    write_section(
        QUALITY_PAGE,
        "Journal feeds by publisher",
        body,
        command="python -m tests.quality.feeds",
        today=datetime.now(UTC).date(),
    )
    print(body)


if __name__ == "__main__":
    main()
