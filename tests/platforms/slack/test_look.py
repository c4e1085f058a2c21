"""The golden blocks, drawn: what a reader sees, in light and dark, with nothing smuggled in."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from bot.platforms.slack.blocks import card_message, line_message
from bot.platforms.slack.manage_view import ViewState, manage_view
from tests.browser import needs_browser, open_browser
from tests.platforms.slack.cards import BARE, BEYOND, HEAD, HOSTILE, ORDINARY
from tests.platforms.slack.inbox import PLAIN
from tests.platforms.slack.look import Shown, form, mrkdwn, page

if TYPE_CHECKING:
    from playwright.async_api import Page

SIZE = {"width": 760, "height": 610}

CHANNEL = page(
    "ml-papers",
    [
        Shown(
            card_message(replace(ORDINARY, votes=(4, 1))).blocks,
            (("👍", 4), ("👎", 1), ("🔖", 2)),
        ),
        Shown(card_message(BEYOND).blocks, (("🚀", 2),)),
        Shown(line_message(*HEAD).blocks, replies=3),
    ],
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "*<https://a.b/?x=1&amp;y=2|A &lt; B>*",
            '<b><a href="https://a.b/?x=1&amp;y=2">A &lt; B</a></b>',
        ),
        ("2 * 3 * 4 snake_case_name", "2 * 3 * 4 snake_case_name"),
        (
            "<!channel> <@U1>",
            '<span class="mention">!channel</span> <span class="mention">@U1</span>',
        ),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        ("_a_ `b`\nc", "<i>a</i> <code>b</code><br>c"),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(text: str, html: str) -> None:
    assert mrkdwn(text) == html


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_reader_sees_titles_reasons_and_buttons(
    scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    async with open_browser() as browser:
        sheet = await browser.new_page(viewport=SIZE, color_scheme=scheme)
        await _show(sheet, CHANNEL)
        links = await sheet.locator("a").all_inner_texts()
        buttons = await sheet.locator("button").all_inner_texts()
        wide = await sheet.evaluate("document.documentElement.scrollWidth")
        back = await sheet.evaluate("getComputedStyle(document.body).backgroundColor")
        await sheet.screenshot(path=tmp_path / "look.png")

    assert links[:2] == [ORDINARY.title, BEYOND.title]
    assert len(links) == 5
    assert buttons == ["Abstract", "PDF", "Code", "Abstract", "PDF", "Discussion"]
    assert wide <= SIZE["width"]
    assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(26, 29, 33)"}[scheme]
    assert (tmp_path / "look.png").stat().st_size > 10_000


@needs_browser
@pytest.mark.parametrize("may_change", [True, False])
async def test_the_form_names_its_channel_and_says_what_its_fields_take(may_change: bool) -> None:
    view = manage_view(PLAIN, ViewState("C0LAB"), may_change=may_change)
    async with open_browser() as browser:
        sheet = await browser.new_page(viewport={"width": 620, "height": 500})
        await _show(sheet, form(view))
        text = await sheet.locator(".view").inner_text()
        fields = await sheet.locator("label").count()
        wide = await sheet.evaluate("document.documentElement.scrollWidth")

    assert "2 watches in #C0LAB" in text
    assert 'title:"sparse attention" -survey' in text
    assert fields == (8 if may_change else 0)
    assert ("60 to 100" in text) is ("instant, or off" in text) is ("Save" in text) is may_change
    assert wide <= 620


@needs_browser
async def test_a_hostile_feed_is_seen_as_the_text_that_it_is() -> None:
    html = page("lab", [Shown(card_message(card).blocks) for card in (HOSTILE, BARE)])
    async with open_browser() as browser:
        sheet = await browser.new_page(viewport=SIZE)
        await _show(sheet, html)
        text = await sheet.locator("article").first.inner_text()
        links = [await a.get_attribute("href") for a in await sheet.locator("a").all()]
        mentions = await sheet.locator(".mention").count()

    assert "<!channel> & <https://evil.example|free>" in text
    assert "<@U0ADA> & Söhne" in text
    assert links == ["https://example.org/a%7Cb?c=%3Cd%3E&e=1"]
    assert mentions == 0


async def _show(sheet: "Page", html: str) -> None:
    await sheet.set_content(html)
