"""The golden payloads, drawn: what a reader sees, in light and dark, with nothing smuggled in."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from bot.cards.card import Card
from bot.platforms.discord.cards import card_message, head_message, layout
from bot.platforms.discord.manage_form import Look, Looks
from tests.browser import needs_browser, open_browser
from tests.platforms.discord.look import Shown, markdown, page
from tests.platforms.discord.test_cards import BARE, FULL
from tests.platforms.discord.test_cards import HOSTILE as TRICKY
from tests.platforms.slack.cards import BEYOND, HEAD, HOSTILE, ORDINARY

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

SIZE = {"width": 760, "height": 900}
PICTURED = replace(ORDINARY, thumbnail="https://pictures.example/routing.png")
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 85 85"><rect width="85" height="85" '
    'fill="#e9eef2"/><g fill="none" stroke="#2f6f5e" stroke-width="3"><path d="M14 70V14M14 70H74'
    '"/><path d="M18 60C34 58 40 30 72 22"/><path d="M18 64C40 62 52 50 72 46" stroke="#b7791f"/>'
    "</g></svg>"
)


def sent(card: Card, *looks: Look) -> dict[str, Any]:
    """A card as it goes over the wire."""
    made = card_message(card, "0f1e", Looks(frozenset(looks)))
    embeds = [made["embed"].to_dict()] if "embed" in made else []
    return {"embeds": embeds, "components": made["view"].to_components()}


CHANNEL = page(
    "ml-papers",
    [
        Shown(sent(PICTURED), (("👍", 4), ("👎", 1), ("🔖", 2))),
        Shown(sent(BEYOND, Look.EMBEDS, Look.BUTTONS)),
        Shown(
            {"components": head_message(HEAD, "h1")["view"].to_components()},
            thread=("Papers of 25 November 2026", 3),
        ),
    ],
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("### [A \\[b\\]](<https://a.b/?x=1>)", '<h3><a href="https://a.b/?x=1">A [b]</a></h3>'),
        ("-# one **two** *three*", "<small>one <b>two</b> <i>three</i></small>"),
        (r"\# no \*title\* here", "<p># no *title* here</p>"),
        ("a snake_case_name", "<p>a snake_case_name</p>"),
        (
            "<@1> @everyone",
            '<p><span class="mention">&lt;@1&gt;</span> <span class="mention">@everyone</span></p>',
        ),
        (r"\<@1\> \@everyone", "<p>&lt;@1&gt; @everyone</p>"),
        ("- one\n1. two", "<li>one</li><li>1. two</li>"),
        ("`a*b*` ``c`d``", "<p><code>a*b*</code> <code>c`d</code></p>"),
    ],
)
def test_markdown_is_read_as_discord_reads_it(text: str, html: str) -> None:
    assert markdown(text) == html


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_reader_sees_titles_reasons_pictures_and_buttons(
    scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    async with open_browser() as browser:
        sheet = await browser.new_page(viewport=SIZE, color_scheme=scheme)
        await show(sheet, CHANNEL)
        links = await sheet.locator("a[href]").all_inner_texts()
        buttons = await sheet.locator("button").all_inner_texts()
        small = await sheet.locator("small").all_inner_texts()
        drawn = await sheet.locator("img").evaluate("each => each.naturalWidth")
        wide = await sheet.evaluate("document.documentElement.scrollWidth")
        back = await sheet.evaluate("getComputedStyle(document.body).backgroundColor")
        await sheet.screenshot(path=tmp_path / "look.png")

    assert links[:2] == [ORDINARY.title, BEYOND.title]
    assert len(links) == 5
    assert [each.removesuffix(" ↗") for each in buttons] == [
        *("Abstract", "PDF", "Code", "Details"),
        *("Abstract", "PDF", "Discussion", "Details", "👍", "👎", "🔖"),
    ]
    assert "matched mixture of experts in the title, 97" in small
    assert drawn > 0
    assert wide <= SIZE["width"]
    assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(49, 51, 56)"}[scheme]
    assert (tmp_path / "look.png").stat().st_size > 10_000


@needs_browser
@pytest.mark.parametrize("looks", [(), (Look.EMBEDS,)], ids=["components", "embeds"])
async def test_a_hostile_feed_is_seen_as_the_text_that_it_is(looks: tuple[Look, ...]) -> None:
    cards = (HOSTILE, TRICKY, BARE)
    html = page("lab", [Shown(sent(card, *looks)) for card in cards])
    async with open_browser() as browser:
        sheet = await browser.new_page(viewport=SIZE)
        await show(sheet, html)
        texts = await sheet.locator("article").all_inner_texts()
        links = [await a.get_attribute("href") for a in await sheet.locator("a").all()]
        effects = await sheet.locator(".mention, .spoiler, h1, h2, blockquote, li, s, u").count()

    assert "<!channel> & <https://evil.example|free> *A* search `x`" in texts[0]
    assert "<@U0ADA> & Söhne" in texts[0]
    assert "**@everyone** [click](https://evil.example) <@1>" in texts[1]
    assert "# <@&2> > x" in texts[1]
    assert [each for each in links if each and "evil" in each] == []
    assert len(links) == 1
    assert effects == 0


def test_every_part_of_a_card_has_a_look() -> None:
    shown = page("lab", [Shown({"components": layout(FULL, voting=True).to_components()})])

    assert shown.count("<button") == 8


async def show(sheet: "Page", html: str) -> None:
    """Load a page whose pictures come from here."""

    async def picture(route: "Route") -> None:
        await route.fulfill(body=DRAWING, content_type="image/svg+xml")

    await sheet.route("https://pictures.example/*", picture)
    await sheet.set_content(html)
