"""The source: Hugging Face's answers for the days of the story, on a port of its own."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.crash.story import DAYS
from tests.shared import SHARED

_KEPT = 12
_SAMPLE = (
    "A diffusion model for maps",
    "Video diffusion without tears",
    "Agents that plan",
    "An agentic reader",
    "World models in two parts",
    "Sorting by hand",
)


@asynccontextmanager
async def serving_papers() -> AsyncIterator[str]:
    """The address of the source."""
    days = {day: _day(day) for day in DAYS}

    async def answer(request: web.Request) -> web.Response:
        page = "p" in request.query
        return web.json_response([] if page else days.get(request.query["date"], []))

    app = web.Application()
    app.router.add_get("/api/daily_papers", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _day(day: str) -> list[dict[str, Any]]:
    """What was really answered for a day where it is at hand, and a sample otherwise."""
    if SHARED is not None:
        kept = (SHARED / "hf_daily_papers" / "days" / f"{day}.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(kept)
        return found[:_KEPT]
    return [_paper(day, number, title) for number, title in enumerate(_SAMPLE)]


def _paper(day: str, number: int, title: str) -> dict[str, Any]:
    year, month, date = day.split("-")
    facts = {
        "id": f"{year[2:]}{month}.{date}{number:03}",
        "title": f"{title} ({date})",
        "summary": f"We study {title.lower()}. It works.",
        "publishedAt": f"{day}T00:00:00.000Z",
        "authors": [{"name": "Ada Byron"}],
        "upvotes": number,
    }
    return {"paper": facts, "title": facts["title"], "publishedAt": facts["publishedAt"]}
