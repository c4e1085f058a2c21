import gzip
import json
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import SourceError
from bot.sources import files
from bot.sources.files import read, read_file
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import FIXTURES, fixture

LINE = '{"id": "p1", "title": "Letters"}'
RECORDED = {"url": "https://export.example.org", "status_code": 200}


def complaint(body):
    """Why the file "f" cannot be read, or "fine"."""
    try:
        read("f", body)
    except SourceError as error:
        return str(error)
    return "fine"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("day.json", "Routing Letters Through Sparse Villages"),
        ("page.txt", "Routing Letters Through Sparse Villages"),
        ("page_articles.html", "Routing Letters Through Sparse Villages"),
        ("arxiv.atom", "Routing when $a<b$ and $c>d$"),
        ("arxiv.rss", "Routing Letters Through Sparse Villages, Revised"),
        ("blog.rss", "Bags and letters"),
    ],
)
def test_each_format_is_recognised_by_its_content(name, first):
    body = fixture(name)

    for disguised in (body, gzip.compress(body), b"\n\n" + body if name != "arxiv.atom" else body):
        assert read("anything", disguised).entries[0].title == first


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"{LINE}\n",
        f"\ufeff{LINE}\r\n{LINE}",
        f"[{LINE}]",
        f"  [\n{LINE}\n]",
        json.dumps(json.loads(LINE), indent=2),
        '{"papers": [' + LINE + "]}",
        json.dumps({**RECORDED, "body": f"{LINE}\n"}),
    ],
)
def test_json_records_come_as_lines_an_array_or_one_object(text):
    (paper,) = read("f", text.encode()).entries

    assert (paper.names, paper.title) == (("id:p1",), "Letters")


def test_good_lines_survive_the_bad_ones_beside_them():
    body = (
        f'{LINE}\nnot json\n{{"title": "no id"}}\n'.encode()
        + b'{"id":"\xe9"}\n{"id":2,"title":"B"}'
    )

    fresh = read("f.jsonl", body)

    assert [paper.title for paper in fresh.entries] == ["Letters", "B"]
    assert [refused.where for refused in fresh.refused] == [
        "f.jsonl line 2",
        "f.jsonl line 3",
        "f.jsonl line 4",
    ]


def test_good_papers_survive_a_download_that_broke_off():
    fresh = read("day.json", fixture("day.json")[:-200])

    assert len(fresh.entries) == 2
    assert fresh.refused[-1].why == "the JSON breaks inside it; all after it is lost"


def test_repetitions_in_one_file_are_the_same_paper():
    assert read("f", f"{LINE}\n{LINE}\n{LINE}".encode()).same == 2


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"hello", "not a format that can be read; give Daily Papers JSON"),
        (b"\x00\x01\x02", "not a format that can be read"),
        (b"%PDF-1.7", "not a format that can be read"),
        (b"[{'paper': {'id': '1'}}]", "Python text"),
        (b"[\"{'paper': {'id': '1'}}\"]", "all 1 papers are Python text instead of JSON"),
        (b'{"error": "Sorry"}', "an error answer instead of papers: Sorry"),
        (b'{"id": "p1", "title": ', "broken JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"id": "caf\xe9"}', "not UTF-8 text"),
        (b"\x1f\x8bnonsense", "its compression is damaged"),
        (b"<html><body>Nothing.</body></html>", "no paper found"),
        (b"<svg></svg>", "neither RSS nor Atom"),
    ],
)
def test_a_file_that_is_lost_as_a_whole_says_what_is_wrong(body, why):
    with pytest.raises(SourceError, match=f"^f.x: .*{why}"):
        read("f.x", body)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 2_000_000)
    big = tmp_path / "big.jsonl"
    with big.open("wb") as file:
        file.truncate(200_000_000)

    with pytest.raises(SourceError, match=r"big.jsonl: 200 MB is more than the 2 MB"):
        read_file(big)
    with pytest.raises(SourceError, match=r"bomb.gz: it unpacks to more than 2 MB"):
        read("bomb.gz", gzip.compress(bytes(3_000_000)))


def test_a_path_that_cannot_be_read_is_said_so(tmp_path):
    with pytest.raises(SourceError, match=r"missing.json: No such file"):
        read_file(tmp_path / "missing.json")
    with pytest.raises(SourceError, match=r"Is a directory"):
        read_file(tmp_path)


def test_hostile_titles_are_kept_as_text():
    titles = ["<script>alert(1)</script>", "<!channel> @everyone", "[x](javascript:alert(1))"]
    body = "\n".join(json.dumps({"id": n, "title": title}) for n, title in enumerate(titles))

    assert [paper.title for paper in read("f", body.encode()).entries] == titles


@settings(deadline=None)
@given(st.binary())
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe[\x00")
@example(b"<")
@example(b"<![CDATA[")
@example(b'{"body": "<"}')
@example(b'{"body": "{\\"body\\": \\"\\"}"}')
@example(b'{"a": NaN}')
@example(b"[1, null, true]")
def test_arbitrary_bytes_are_read_or_refused_and_nothing_else(body):
    assert complaint(body).startswith("f")


own_files = st.sampled_from([path.read_bytes() for path in sorted(FIXTURES.iterdir())])


@settings(deadline=None)
@given(own_files, st.integers(0, 10_000), st.binary(max_size=8))
def test_damage_anywhere_in_a_good_file_never_escapes(body, at, damage):
    at %= len(body)
    assert complaint(body[:at] + damage + body[at + len(damage) :]).startswith("f")


@needs_shared
def test_every_paper_of_every_recorded_day_is_taken_or_refused_by_day():
    for path in sorted((SHARED / "hf_daily_papers/days").glob("*.json")):
        listed = json.loads(path.read_text())
        if date.fromisoformat(path.stem).year == 2024:
            with pytest.raises(SourceError, match=rf"^{path.name}: all {len(listed)} papers are"):
                read_file(path)
            continue
        fresh = read_file(path)
        assert len(fresh.entries) + len(fresh.refused) + fresh.same == len(listed), path.name
        assert not fresh.refused
        assert all("\n" not in paper.title and paper.upvotes is not None for paper in fresh.entries)


@needs_shared
def test_a_recorded_error_answer_is_no_day():
    with pytest.raises(SourceError, match="can't find the page"):
        read_file(SHARED / "hf_daily_papers/real_error_body.json")


@needs_shared
def test_flattened_papers_are_all_taken():
    fresh = read_file(SHARED / "hf_daily_papers/papers.jsonl.gz")

    assert len(fresh.entries) == 6951
    assert fresh.refused == ()


@needs_shared
def test_recorded_answers_of_arxiv_are_read():
    for path in sorted((SHARED / "arxiv/api").glob("*.json")):
        recorded = json.loads(path.read_text())
        if recorded["status_code"] != 200:
            with pytest.raises(SourceError, match="arXiv answered: incorrect id format"):
                read_file(path)
            continue
        fresh = read_file(path)
        assert len(fresh.entries) == recorded["body"].count("<entry>")
        assert fresh.refused == ()
