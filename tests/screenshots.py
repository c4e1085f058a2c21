"""Takes the README's pictures from the real demo: `python -m tests.screenshots`."""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.browser import open_browser
from tests.demo import running_demo

if TYPE_CHECKING:
    from playwright.async_api import Browser

PICTURES = Path(__file__).parent / "fixtures"
SIZE = {"width": 1180, "height": 1330}
PATIENCE = 30_000
VOTES = {"Ada": "👍🎉👎", "Bo": "👍👍👎", "you": "👍🔖👍"}


async def take() -> None:
    """A channel of the demo with votes of a small team, by day and by night."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_demo(Path(folder)) as url, open_browser() as browser:
            await _act(browser, url)
            for scheme in ("light", "dark"):
                await _picture(browser, url, scheme)


async def _act(browser: "Browser", url: str) -> None:
    from playwright.async_api import expect

    for person, votes in VOTES.items():
        page = await (await browser.new_context()).new_page()
        await page.goto(url)
        await page.locator(".me summary").click()
        await page.get_by_label("Be somebody else").fill(person)
        await page.get_by_role("button", name="Change").click()
        cards = page.locator("article.card")
        await expect(cards).to_have_count(3, timeout=PATIENCE)
        for card, emoji in zip(await cards.all(), votes, strict=True):
            own = card.locator(f'.reactions > form button[value="{emoji}"]')
            if await own.count():
                await own.click()
            else:
                await card.locator(".picker summary").click()
                await card.locator(f'.grid button[value="{emoji}"]').click()
            await expect(own).to_have_attribute("aria-pressed", "true")


async def _picture(browser: "Browser", url: str, scheme: Literal["light", "dark"]) -> None:
    page = await browser.new_page(viewport=SIZE, color_scheme=scheme)
    await page.goto(url)
    await page.locator("#turns").evaluate("each => each.scrollTo({top: 0, behavior: 'instant'})")
    await page.screenshot(path=PICTURES / f"local-chat-{scheme}.png")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    asyncio.run(take())
