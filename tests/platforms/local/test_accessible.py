"""axe-core finds no violation on any page, by day and by night, on a desk and on a phone."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.platforms.local.adapter import Conversation, LocalChat
from bot.platforms.slack.pages import SAFE
from bot.ports import Person
from tests.browser import MILLISECONDS, needs_browser, open_browser
from tests.platforms.local.conftest import ADA, BO, GENERAL, FakeControls
from tests.platforms.local.inbox import PAPER, FakeInbox
from tests.platforms.local.served import served
from tests.platforms.slack.test_pages import pages

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Route, ViewportSize

AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"

pytestmark = [
    needs_browser,
    pytest.mark.skipif(
        not AXE.exists(),
        reason="needs axe-core: npm install --no-save --no-package-lock axe-core@4.14.1",
    ),
]

READER = Person("Reader", "Reader")
"""Who comes to the page without a name."""

WIDTHS: tuple["ViewportSize", ...] = (
    {"width": 1280, "height": 800},
    {"width": 390, "height": 844},
)
EVERYTHING: dict[str, object] = {}
COLOURS: dict[str, object] = {"runOnly": ["color-contrast"]}
"""By night the page differs from itself by day in its colours alone."""

VIOLATIONS = """async (how) => (await axe.run(document, how)).violations.flatMap((each) =>
    each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)}`))"""


async def violations(page: "Page") -> list[str]:
    """What axe says of a page in both colour schemes and widths, each with where it is."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for size in WIDTHS:
        await page.set_viewport_size(size)
        for scheme, how in (("light", EVERYTHING), ("dark", COLOURS)):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            said: list[str] = await page.evaluate(VIOLATIONS, how)
            found += [f"{page.url} {size['width']} {scheme} {each}" for each in said]
    return found


async def fill(chat: LocalChat, inbox: FakeInbox) -> None:
    """Every kind of turn: a post with votes, a line, answers with cards, a picture, a file."""
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    await chat.react(int(ref.message), ADA, "👍")
    await chat.react(int(ref.message), BO, "👍")
    for text in ("watch routing", "export", "stats", "wach LoRA"):
        await Conversation(chat, inbox).say(GENERAL, READER, text)


async def open_all(page: "Page") -> None:
    """Every menu and every detail open, and the completions shown."""
    await page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    await page.get_by_label("Command to Paperround").press_sequentially("w")
    await page.get_by_role("option").first.wait_for()
    await page.keyboard.press("ArrowDown")


async def visit(browser: "Browser", address: str) -> "Page":
    page = await browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    await page.goto(address)
    return page


async def test_no_page_shuts_anybody_out(
    chat: LocalChat, inbox: FakeInbox, controls: FakeControls
) -> None:
    found: list[str] = []
    async with open_browser() as browser:
        async with served(chat, inbox, controls) as url:
            for path in ("/c/general", "/host", "/c/nowhere"):
                found += await violations(await visit(browser, url + path))
            await fill(chat, inbox)
            page = await visit(browser, url + "/c/general")
            await open_all(page)
            found += await violations(page)
        async with served(chat, inbox, controls, token="t" * 40) as url:
            found += await violations(await visit(browser, url + "/login"))

    assert not found, "\n".join(found)


async def answer(route: "Route", *, html: str) -> None:
    """A page as the server sends it, with the headers that keep scripts out."""
    headers = {**SAFE, "Content-Type": "text/html; charset=utf-8"}
    await route.fulfill(body=html, headers=headers)


async def test_no_page_of_slack_shuts_anybody_out() -> None:
    made = pages()
    shown = {
        "landing": bytes(made.landing().body).decode(),
        "privacy": bytes(made.policy("privacy").body).decode(),
        "terms": bytes(made.policy("terms").body).decode(),
        "done": made.done("The Lab", "A1", "T1"),
        "failed": made.failed("access_denied"),
    }
    found: list[str] = []
    async with open_browser() as browser:
        page = await browser.new_page()
        for name, html in shown.items():
            address = f"http://127.0.0.1:9/{name}"
            await page.route(address, partial(answer, html=html))
            await page.goto(address)
            found += await violations(page)

    assert not found, "\n".join(found)
