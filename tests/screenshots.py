"""Takes the pictures of the READMEs of Slack and Discord: `python -m tests.screenshots`.

With `slack` or `discord` those alone. They come from the golden payloads; the local chat's moving
picture is made by tests/movie.py.
"""

import asyncio
import sys
from pathlib import Path
from typing import Literal

from tests.browser import open_browser
from tests.platforms.discord import test_look as discord_look
from tests.platforms.slack.test_look import CHANNEL
from tests.platforms.slack.test_look import SIZE as SLACK_SIZE

PICTURES = Path(__file__).parent / "fixtures"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


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


TAKES = {"slack": take_slack, "discord": take_discord}

if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or TAKES:
        asyncio.run(TAKES[name]())
