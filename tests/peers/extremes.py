"""Eighteen papers at the edges of what sources give, all on mixture of experts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

TOPIC = "mixture of experts"

_LONG = " ".join(f"{TOPIC} number {number}" for number in range(2_000))
_PAGE = "https://e.example"

EXTREMES: Mapping[str, Mapping[str, Any]] = {
    "a title alone": {"title": f"A {TOPIC}"},
    "everything over-long": {
        "title": _LONG,
        "abstract": _LONG,
        "authors": [f"Author {'x' * 300} {number}" for number in range(300)],
        "categories": ["c" * 200] * 40,
        "url": f"{_PAGE}/{'a' * 1_900}",
        "thumbnail": f"{_PAGE}/{'b' * 1_900}.png",
    },
    "one word without an end": {"title": f"{TOPIC} {'x' * 5_000}", "abstract": "y" * 9_000},
    "Markdown": {
        "title": f"**{TOPIC}** _x_ `y` ~~z~~ || > # - [a](b)",
        "abstract": "# x\n> y\n- z",
    },
    "mrkdwn and mentions": {
        "title": f"<!channel> <@U1> @everyone {TOPIC} <#C1>",
        "abstract": "@here",
    },
    "HTML": {"title": f"<b>{TOPIC}</b> & <script>alert(1)</script>", "abstract": "&amp; &lt;x&gt;"},
    "LaTeX": {
        "title": rf"$\\mathcal{{O}}(n^2)$ {TOPIC}",
        "abstract": r"\\begin{align} x_1 \\end{align}",
    },
    "beyond the first plane": {"title": f"{TOPIC} {'𝔸' * 600}", "abstract": "𝕊 " * 3_000},
    "emoji of many parts": {"title": f"{TOPIC} {'👩‍👩‍👧‍👦' * 200}", "authors": ["👩🏽‍🔬" * 200]},
    "right to left": {"title": f"{TOPIC} \u202eابجد\u202c \u200f", "authors": ["מחבר" * 50]},
    "combining marks": {"title": f"{TOPIC} {'e' + chr(0x301) * 400}"},
    "control characters": {"title": f"{TOPIC}\x07\x1b[31m\x00\r\n\tx", "abstract": "\x0b\x0c\x1f"},
    "an address without a dot": {
        "title": f"On the wiki: {TOPIC}",
        "url": "http://wiki:8090/pages/1?a=b&c=d",
        "pdf_url": "http://wiki:8090/1.pdf",
        "thumbnail": "http://wiki:8090/1.png",
    },
    "odd addresses": {
        "title": f"Odd links, {TOPIC}",
        "url": f"{_PAGE}/a(b)[c]<d>|e\\f`g*h",
        "pdf_url": "http://[::1]:80/x",
        "code_url": "https://例え.テスト/ü?q=ß#ø",
        "project_url": "https://a..example/",
        "discussion_url": "http://10.0.0.1:1/",
    },
    "no addresses that are ones": {
        "title": f"Not links, {TOPIC}",
        "url": "javascript:alert(1)",
        "pdf_url": "ftp://e.example/1",
        "code_url": "//e.example",
        "thumbnail": "data:image/png;base64,AAAA",
    },
    "numbers": {
        "title": f"{TOPIC} in numbers",
        "upvotes": 10**12,
        "comments": 10**12,
        "author_count": 10**6,
        "authors": ["A"],
        "published_at": datetime(1, 1, 1, tzinfo=UTC),
    },
    "nothing but spaces": {"title": f"  {TOPIC}  ", "abstract": " \n ", "authors": ["", " "]},
    "the same five addresses": {
        "title": f"One address, {TOPIC}",
        **dict.fromkeys(("url", "pdf_url", "code_url", "project_url", "discussion_url"), _PAGE),
    },
}
"""What `tests.make.paper` takes, by what is extreme of it."""
