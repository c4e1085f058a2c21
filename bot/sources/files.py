"""One file of any format that Paperround reads: recognised by what is in it, not by its name."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.errors import SourceError
from bot.sources import feed_parser, huggingface, jsonl, saved_page
from bot.sources.base import Facts, Fresh, Intake
from bot.sources.http import is_gzip, unpacked

LARGEST_FILE = 100_000_000
"""Bytes of a file, packed and unpacked."""

_READABLE = (
    "Daily Papers JSON, RSS, Atom, a saved Daily Papers page (text or HTML), or one JSON object a "
    "line with id and title"
)
_FEED = re.compile(rb"<(?:\?xml|(?:\w+:)?(?:rss|feed|rdf)\b)", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|main|article|div)\b", re.IGNORECASE)
_BEFORE_ROOT = re.compile(
    rb"\A(?:\s*(?:<!--.*?-->|<\?.*?\?>|<!doctype[^>]*>))*\s*", re.IGNORECASE | re.DOTALL
)
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_HEAD = 2000


def read_file(path: Path) -> Fresh:
    """The papers in a file; raises SourceError, naming it, for one that cannot be read."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise SourceError(_too_large(path.name, size))
        return read(path.name, path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error


def read(name: str, body: bytes) -> Fresh:
    """The papers in a file's body: each taken, refused with its place in `name`, or the same.

    Raises SourceError, naming the file and what to do, where the whole of it cannot be read.
    """
    if len(body) > LARGEST_FILE:
        raise SourceError(_too_large(name, len(body)))
    if is_gzip(body):
        body = _opened(name, body)
    intake = Intake()
    _gather(name, body, intake)
    return intake.fresh()


def _gather(name: str, body: bytes, intake: Intake) -> None:
    head = body[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise SourceError(f"{name}: it is empty")
    if head[:1] in (b"[", b"{"):
        _gather_json(name, _json_text(name, body), intake)
    elif _HTML.search(head) and not _FEED.match(_BEFORE_ROOT.sub(b"", head)):
        saved_page.gather_html(name, _decoded(name, body), intake)
    elif _FEED.search(head) or head.startswith(b"<"):
        feed_parser.gather(name, body, intake)
    else:
        _gather_text(name, body, intake)


def _gather_text(name: str, body: bytes, intake: Intake) -> None:
    text = _decoded(name, body)
    start = text.lstrip()[:1]
    if start in ("[", "{"):
        _gather_json(name, text, intake)
    elif saved_page.is_page(text):
        saved_page.gather_text(name, text, intake)
    elif start == "<":
        feed_parser.gather(name, body, intake)
    else:
        raise SourceError(f"{name}: not a format that can be read; give {_READABLE}")


def _gather_json(name: str, text: str, intake: Intake) -> None:
    try:
        answer = json.loads(text)
    except json.JSONDecodeError as error:
        _gather_broken(name, text, intake, error)
        return
    except (ValueError, RecursionError):
        raise SourceError(f"{name}: JSON nested too deep, or with a number too long") from None
    if isinstance(answer, Mapping) and isinstance(answer.get("items"), list):
        feed_parser.gather(name, text.encode("utf-8", "replace"), intake)
    elif isinstance(answer, Mapping) and isinstance(recorded := answer.get("body"), str):
        _gather(name, recorded.encode("utf-8", "replace"), intake)
    elif isinstance(answer, Mapping) and "error" not in answer and _list_in(answer) is None:
        intake.add(f"{name} line 1", answer, _reader_of(answer))
    else:
        _gather_array(name, answer, intake)


def _gather_array(name: str, answer: object, intake: Intake) -> None:
    inner = _list_in(answer) if isinstance(answer, Mapping) else None
    for number, item in enumerate(
        huggingface.listed(name, answer if inner is None else inner), start=1
    ):
        intake.add(f"{name} paper {number}", item, _reader_of(item))


def _gather_broken(name: str, text: str, intake: Intake, error: json.JSONDecodeError) -> None:
    """JSON Lines, or an array up to where it breaks; else the file is lost, as `error` says."""
    array = text.lstrip().startswith("[")
    found = False
    for where, record in jsonl.items(name, text) if array else jsonl.lines(name, text):
        if isinstance(record, jsonl.Fault):
            intake.refuse(where, record.why)
        else:
            found = True
            intake.add(where, record, _reader_of(record))
    if not found:
        kind = "Python text" if text[:20].lstrip("[ \n\r\t").startswith("{'") else "broken JSON"
        at = f"line {error.lineno}, character {error.colno}"
        raise SourceError(f"{name}: {kind} ({error.msg} at {at}); get the file again")


def _reader_of(item: object) -> Callable[[object], Facts]:
    daily = not isinstance(item, Mapping) or "paper" in item
    return huggingface.facts_of if daily else jsonl.facts_of


def _list_in(answer: Mapping[str, object]) -> list[object] | None:
    for key in ("dailyPapers", "papers"):
        if isinstance(found := answer.get(key), list):
            return found
    return None


def _opened(name: str, body: bytes) -> bytes:
    try:
        return unpacked(body, longest=LARGEST_FILE)
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from None


def _json_text(name: str, body: bytes) -> str:
    """The text; JSON Lines that are not UTF-8 throughout keep the lines that are."""
    try:
        return _decoded(name, body)
    except SourceError:
        if body.lstrip().startswith(b"{") and b"\n" in body.strip():
            return body.decode("utf-8", "surrogateescape")
        raise


def _decoded(name: str, body: bytes) -> str:
    encoding = next((codec for bom, codec in _BOMS.items() if body.startswith(bom)), "utf-8")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name}: not {encoding.upper()} text (byte {error.start}); save it as UTF-8"
        ) from None


def _too_large(name: str, size: int) -> str:
    limit = f"{LARGEST_FILE // 1_000_000} MB"
    return f"{name}: {size // 1_000_000} MB is more than the {limit} that are read; split the file"
