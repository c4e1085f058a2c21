"""Films the README's moving picture: `python -m tests.movie` writes tests/fixtures/votes.webp.

Votes in the real demo, the next day, and the order that follows from them. A second demo, where
nobody votes, tells in which place the paper that comes first would have come.
"""

import asyncio
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.browser import open_browser
from tests.demo import running_demo

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

FILM = Path(__file__).parent / "fixtures" / "votes.webp"
LARGEST = 2_000_000
"""Bytes: what a README's picture may weigh."""

SIZE = {"width": 1040, "height": 780}
PATIENCE = 60_000
VOTES = ("👎", "👎", "👍")
"""On the first day's cards, the one that came first first."""

_SHORT, _LONG = 900, 3_600
_PLACES = ("first", "second", "third")


class Film:
    """Frames of a page, each with the line below it and how long it is shown."""

    def __init__(self, page: "Page") -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._lasting: list[int] = []

    async def take(self, said: str, milliseconds: int) -> None:
        """Add the page as it is, with a line on what is happening."""
        await self._page.evaluate(_CAPTION, said)
        await self._page.wait_for_timeout(300)
        picture = Image.open(io.BytesIO(await self._page.screenshot()))
        self._frames.append(picture.convert("RGB"))
        self._lasting.append(milliseconds)

    def write(self, path: Path) -> None:
        """Write the frames as an animated WebP that starts again at its end."""
        first, *rest = self._frames
        first.save(
            path, save_all=True, append_images=rest, duration=self._lasting, loop=0, quality=70
        )


_CAPTION = """said => {
  let line = document.getElementById('caption');
  if (!line) {
    line = document.createElement('p');
    line.id = 'caption';
    Object.assign(line.style, {position: 'fixed', inset: 'auto 0 0 0', margin: 0, zIndex: 99,
      padding: '14px 24px', background: '#21343a', color: '#f4f1e9', font: '600 19px sans-serif'});
    document.body.append(line);
    document.getElementById('box').style.visibility = 'hidden';
  }
  line.textContent = said;
}"""


async def film() -> None:
    """Film the votes of one demo, with what another says of the order without them."""
    async with open_browser() as browser:
        with tempfile.TemporaryDirectory() as folder:
            async with running_demo(Path(folder)) as url:
                page = await _opened(browser, url)
                unmoved = await _next_day(page)
        with tempfile.TemporaryDirectory() as folder:
            async with running_demo(Path(folder)) as url:
                await _filmed(await _opened(browser, url), unmoved)


async def _filmed(page: "Page", unmoved: list[str]) -> None:
    made = Film(page)
    await _show(page, 0)
    await made.take("Three papers came today, each with its reason.", _LONG)
    for place, emoji in enumerate(VOTES):
        await _show(page, place)
        await made.take("Vote with a reaction.", _SHORT)
        own = page.locator("article.card").nth(place).locator(f'form button[value="{emoji}"]').first
        await own.click()
        await own.and_(page.locator('[aria-pressed="true"]')).wait_for(timeout=PATIENCE)
        await made.take(
            f"Vote with a reaction: {'liked' if emoji == '👍' else 'not for us'}.", 1_500
        )
    order = await _next_day(page)
    place = unmoved.index(order[0])
    assert place > 0, f"choose other votes, these changed nothing: {unmoved}, {order}"
    await _show(page, len(VOTES))
    await made.take("The next day: what you like comes first, and says so.", _LONG)
    await made.take(f"Without the votes, this paper would have come {_PLACES[place]}.", _LONG)
    made.write(FILM)
    size = FILM.stat().st_size
    assert size < LARGEST, f"{size:,} bytes are too many"
    print(f"{FILM.name}: {size:,} bytes")


async def _opened(browser: "Browser", url: str) -> "Page":
    """The first channel with its first cards."""
    page = await browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    await page.goto(url)
    await page.locator("article.card").nth(len(VOTES) - 1).wait_for(timeout=PATIENCE)
    return page


async def _next_day(page: "Page") -> list[str]:
    """The titles that come on the next day, in their order."""
    await page.get_by_role("button", name="Next day").click()
    await page.locator("#status").get_by_text("It is now").wait_for(timeout=PATIENCE)
    await page.get_by_role("button", name="Post now").click()
    cards = page.locator("article.card")
    await cards.nth(2 * len(VOTES) - 1).wait_for(timeout=PATIENCE)
    titles = [await card.get_attribute("data-title") or "" for card in await cards.all()]
    return titles[len(VOTES) :]


async def _show(page: "Page", place: int) -> None:
    """Bring a card to the top."""
    card = page.locator("article.card").nth(place)
    await card.evaluate("each => each.scrollIntoView({block: 'start', behavior: 'instant'})")


if __name__ == "__main__":
    asyncio.run(film())
