"""The whole trip in a browser on the real demo: a watch, its preview, rounds, votes, another order.

Three channels watch the same and are offered the same papers; only their votes differ.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import MILLISECONDS, needs_browser, open_browser
from tests.demo import running_demo

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = needs_browser

RECOMMENDING, LANGUAGE = "Recommend", "Large Language Model"


async def test_a_channels_votes_decide_what_comes_first_the_next_day(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as url, open_browser() as browser:
        page = await browser.new_page()
        page.set_default_timeout(MILLISECONDS)
        await page.goto(url)
        for channel in ("ours", "reversed", "silent"):
            await _make_channel(page, channel)
        await _press(page, "Post now", "Posted")
        seen = await _titles(page, "silent")

        await _vote(page, "ours", {RECOMMENDING: "👍", LANGUAGE: "👎"})
        await _vote(page, "reversed", {RECOMMENDING: "👎", LANGUAGE: "👍"})
        await _press(page, "Next day", "It is now")
        await _press(page, "Next day", "It is now")
        await _press(page, "Post now", "Posted")

        ours, others, silent = [
            [each for each in await _titles(page, channel) if each not in seen]
            for channel in ("ours", "reversed", "silent")
        ]
        await _check_found_again(page, ours)
        scores = await _scores(page, "silent")

    both = [title for title in silent if RECOMMENDING in title]
    assert sum(map(ours.index, both)) < sum(map(others.index, both))
    assert all(RECOMMENDING in title for title in set(ours) - set(others))
    assert all(LANGUAGE in title for title in set(others) - set(ours))
    new = scores[len(seen) :]
    assert new == sorted(new, reverse=True)


async def _make_channel(page: "Page", name: str) -> None:
    from playwright.async_api import expect

    await page.get_by_text("Add a channel").click()
    await page.get_by_label("Name of the channel").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"#{name}")
    # Rounds by the button alone, and room for all, so that only the order can differ.
    await _say(page, "schedule off")
    await _say(page, "limit 20")
    await _say(page, "watch large language models")
    preview = await _say(page, "watch recommendation")
    assert "Deep Learning Recommendation Models" in preview


async def _say(page: "Page", command: str) -> str:
    from playwright.async_api import expect

    await page.get_by_label("Command to Paperround").fill(f"/papers {command}")
    await page.keyboard.press("Enter")
    answer = page.locator(".exchange").filter(has_text=f"/papers {command}")
    await expect(answer.locator(".reply:not(.waiting)")).to_be_visible()
    return await answer.inner_text()


async def _press(page: "Page", button: str, said: str) -> None:
    from playwright.async_api import expect

    await page.get_by_role("button", name=button).click()
    await expect(page.locator("#status")).to_contain_text(said, timeout=MILLISECONDS)


async def _vote(page: "Page", channel: str, votes: dict[str, str]) -> None:
    from playwright.async_api import expect

    await page.get_by_role("link", name=channel).click()
    for words, emoji in votes.items():
        cards = page.locator("article.card").filter(has=page.locator(".title", has_text=words))
        await expect(cards).not_to_have_count(0)
        for card in await cards.all():
            await card.locator(f'button[value="{emoji}"]').click()
            await expect(card.get_by_label(f"{emoji} 1, you")).to_be_visible()


async def _titles(page: "Page", channel: str) -> list[str]:
    await page.get_by_role("link", name=channel).click()
    await page.locator("article.card").first.wait_for()
    return await page.locator("article.card > .title").all_inner_texts()


async def _scores(page: "Page", channel: str) -> list[int]:
    await _titles(page, channel)
    whys = await page.locator("article.card > .why").all_inner_texts()
    return [int(found[1]) for why in whys if (found := re.search(r", (\d+)", why))]


async def _check_found_again(page: "Page", new: list[str]) -> None:
    from playwright.async_api import expect

    await _titles(page, "ours")
    await page.reload()
    titles = page.locator("article.card > .title")
    await expect(titles.filter(has_text=new[0])).to_be_visible()
    assert (await titles.all_inner_texts())[-len(new) :] == new
    assert await page.get_by_label("👍 1, you").count() > 0
    await expect(page.locator(".exchange").last).to_contain_text("/papers watch recommendation")
    await expect(page.locator(".announcement").last).to_contain_text("recommendation")
