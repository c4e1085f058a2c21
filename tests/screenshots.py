"""Takes the README's pictures: `python -m tests.screenshots`, or with `slack` or `discord` those.

The local chat's come from the real demo, Slack's and Discord's from the golden payloads.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.browser import open_browser
from tests.demo import running_demo
from tests.platforms.discord import test_look as discord_look
from tests.platforms.slack.test_look import CHANNEL
from tests.platforms.slack.test_look import SIZE as SLACK_SIZE

if TYPE_CHECKING:
    from playwright.async_api import Browser

PICTURES = Path(__file__).parent / "fixtures"
SIZE = {"width": 1180, "height": 1330}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PATIENCE = 30_000
VOTES = {"Ada": "👍🎉👎", "Bo": "👍👍👎", "you": "👍🔖👍"}


async def take() -> None:
    """A channel of the demo with votes of a small team, by day and by night."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_demo(Path(folder)) as url, open_browser() as browser:
            await _act(browser, url)
            for scheme in SCHEMES:
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


async def take_slack() -> None:
    """A channel of Slack, as the golden blocks look there."""
    async with open_browser() as browser:
        for scheme in SCHEMES:
            page = await browser.new_page(viewport=SLACK_SIZE, color_scheme=scheme)
            await page.set_content(CHANNEL)
            await page.screenshot(path=PICTURES / f"slack-{scheme}.png", full_page=True)


async def take_discord() -> None:
    """A channel of Discord, as the golden payloads look there."""
    async with open_browser() as browser:
        for scheme in SCHEMES:
            page = await browser.new_page(viewport=discord_look.SIZE, color_scheme=scheme)
            await discord_look.show(page, discord_look.CHANNEL)
            await page.screenshot(path=PICTURES / f"discord-{scheme}.png", full_page=True)


TAKES = {"slack": take_slack, "discord": take_discord, "local": take}

if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or TAKES:
        asyncio.run(TAKES[name]())
