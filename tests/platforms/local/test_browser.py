"""The page in a real browser: live, by keyboard, on a phone, and without its script."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from bot.cards.richtext import line
from bot.platforms.local.adapter import LocalChat
from bot.rounds.service import Ran
from storage import channels
from storage.channels import ChannelDefaults
from storage.database import Database
from tests.browser import MILLISECONDS, needs_browser, open_browser
from tests.make import NOON
from tests.platforms.local.conftest import BO, GENERAL, FakeControls
from tests.platforms.local.inbox import PAPER, FakeInbox
from tests.platforms.local.served import served
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Route

pytestmark = needs_browser

PHONE = {"width": 390, "height": 844}
LAST_IS_SEEN = """() => {
    const at = (each) => each.getBoundingClientRect();
    const last = [...document.querySelectorAll(".card")].at(-1);
    return at(last).bottom <= at(document.querySelector(".bottom")).top - 22;
}"""

TO_THE_END = """() => {
    const turns = document.querySelector(".turns");
    turns.scrollTo({ top: turns.scrollHeight, behavior: "instant" });
}"""


@dataclass
class Visitors:
    """A served chat and a browser; `errors` is what any page complained of."""

    url: str
    browser: "Browser"
    errors: list[str]

    async def come(self, *, at: str = "/c/general", **how: Any) -> "Page":
        """A page for a new person, with nothing remembered."""
        page = await (await self.browser.new_context(**how)).new_page()
        page.set_default_timeout(MILLISECONDS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        await page.goto(self.url + at)
        return page

    def _note(self, kind: str, text: str) -> None:
        # A refused request is part of some stories; the page tells people in words.
        if kind == "error" and "Failed to load resource" not in text:
            self.errors.append(text)


@pytest.fixture
async def visitors(
    chat: LocalChat, inbox: FakeInbox, controls: FakeControls
) -> AsyncIterator[Visitors]:
    async with served(chat, inbox, controls) as url, open_browser() as browser:
        opened = Visitors(url, browser, [])
        yield opened
    assert opened.errors == []


async def test_a_post_appears_and_a_vote_is_seen_by_everyone_without_reload(
    visitors: Visitors, chat: LocalChat, inbox: FakeInbox
) -> None:
    from playwright.async_api import expect

    mine, theirs = await visitors.come(), await visitors.come()
    await expect(mine.get_by_text("What does this channel read?")).to_be_visible()

    await chat.post(GENERAL, PAPER, delivery_id="d1")
    await mine.locator(".card").get_by_label("👍").click()

    for page, pressed in ((mine, "true"), (theirs, "true")):
        vote = page.locator(".card").get_by_label("👍 1")
        await expect(vote).to_have_attribute("aria-pressed", pressed)
    await expect(mine.locator("#spoken")).to_have_text(f"New: {PAPER.title}")
    await expect(mine.get_by_role("heading", name="Monday 2 March 2026")).to_be_visible()
    assert [each.emoji for each in inbox.reactions] == ["👍"]


async def test_a_vote_is_taken_back_and_another_persons_stays(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    await chat.react(int(ref.message), BO, "👍")
    page = await visitors.come()
    vote = page.locator('.card button[value="👍"]')

    await vote.click()
    await expect(vote).to_have_attribute("title", "you, Bo")
    await vote.click()

    await expect(vote).to_have_attribute("title", "Bo")
    await expect(vote).to_have_attribute("aria-pressed", "false")
    await expect(vote).to_be_focused()


async def test_any_emoji_can_be_picked_or_typed(visitors: Visitors, chat: LocalChat) -> None:
    from playwright.async_api import expect

    await chat.post(GENERAL, PAPER, delivery_id="d1")
    page = await visitors.come()

    await page.get_by_label("Add another reaction").click()
    await page.locator(".grid").get_by_label("🔥").click()
    await expect(page.locator(".choices")).to_be_hidden()
    await expect(page.get_by_label("🔥 1")).to_be_visible()
    await page.get_by_label("Add another reaction").click()
    await page.get_by_label("Any emoji").fill("🦜")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("🦜 1")).to_be_visible()
    await page.get_by_label("Add another reaction").click()
    await page.get_by_label("Any emoji").fill("not an emoji")
    await page.keyboard.press("Enter")

    await expect(page.locator(".any .problem")).to_contain_text("one emoji, such as")
    await expect(page.get_by_label("Any emoji")).to_have_value("not an emoji")
    offered = page.locator(".reactions > form button")
    await expect(offered).to_contain_text(["👍", "👎", "🔖", "🔥", "🦜"])


async def test_a_vote_by_another_person_disturbs_nobody_in_the_middle_of_the_post(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    page = await visitors.come()
    await page.get_by_text("Whole abstract").click()
    await page.get_by_label("Add another reaction").click()
    await page.get_by_label("Any emoji").fill("half")

    await chat.react(int(ref.message), BO, "👎")

    await expect(page.get_by_label("👎 1, Bo")).to_be_visible()
    await expect(page.get_by_label("Any emoji")).to_have_value("half")
    await expect(page.get_by_label("Any emoji")).to_be_focused()
    await expect(page.get_by_text(PAPER.abstract)).to_be_visible()


async def test_a_command_is_completed_by_keyboard_and_answered_in_private(
    visitors: Visitors, inbox: FakeInbox
) -> None:
    from playwright.async_api import expect

    page, theirs = await visitors.come(), await visitors.come()
    await page.get_by_label("Command to Paperround").focus()
    box, options = page.get_by_label("Command to Paperround"), page.get_by_role("option")

    await page.keyboard.type("/papers w")
    await expect(options).to_contain_text(["watch Follow a topic", "why Why a paper was posted"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("/papers watch ")
    await page.keyboard.type("routing")
    await page.keyboard.press("Enter")

    answer = page.locator(".exchange")
    await expect(answer).to_contain_text("/papers watch routing")
    await expect(answer).to_contain_text("only you can see this")
    await expect(answer).to_contain_text(PAPER.title)
    await expect(box).to_have_value("")
    await expect(theirs.locator(".announcement")).to_contain_text("Reader watches routing")
    assert [each.text for each in inbox.commands] == ["watch routing"]


async def test_tab_takes_the_first_completion_and_escape_closes_the_list(
    visitors: Visitors,
) -> None:
    from playwright.async_api import expect

    page = await visitors.come()
    box, options = page.get_by_label("Command to Paperround"), page.get_by_role("listbox")

    await box.press_sequentially("un")
    await expect(options).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(box).to_have_value("/papers unwatch ")
    await box.fill("p")
    await expect(options).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(options).to_be_hidden()
    await expect(box).to_have_value("p")


async def test_the_buttons_say_when_they_are_busy_and_what_came_of_it(
    visitors: Visitors, controls: FakeControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.async_api import expect

    release = asyncio.Event()

    async def run_slowly() -> list[Ran]:
        await release.wait()
        return [Ran("general", 1)]

    monkeypatch.setattr(controls, "run_round", run_slowly)
    page = await visitors.come()
    await page.get_by_role("button", name="Post now").click()
    await expect(page.get_by_role("button", name="Posting…")).to_have_attribute("aria-busy", "true")
    release.set()

    await expect(page.locator("#status")).to_have_text("Posted 1 paper: 1 in #general.")
    await page.get_by_role("button", name="Next day").click()
    await expect(page.locator("#head")).to_contain_text("Tue 3 Mar")


async def test_a_channel_with_news_is_marked_until_it_was_seen(
    visitors: Visitors, chat: LocalChat, database: Database
) -> None:
    from playwright.async_api import expect

    async with database.write() as session:
        await channels.add(session, "local:systems", ChannelDefaults(), NOON)
    page = await visitors.come()
    there = page.get_by_role("link", name="systems")
    await expect(there).not_to_have_class("unread")

    await chat.post(replace(GENERAL, channel="systems"), PAPER, delivery_id="d1")
    await expect(there).to_have_class("unread")
    await there.click()
    await expect(page.locator(".card")).to_be_visible()
    await page.get_by_role("link", name="general").click()

    await expect(there).not_to_have_class("unread")


async def test_a_page_left_and_found_again_has_everything(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    page = await visitors.come()
    await page.locator('.card button[value="🔖"]').click()
    await page.get_by_label("Command to Paperround").fill("list")
    await page.keyboard.press("Enter")
    await expect(page.locator(".exchange")).to_contain_text("You said")

    await page.reload()

    await expect(page.locator(f"#m{ref.message}").get_by_label("🔖 1")).to_be_visible()
    await expect(page.locator(".exchange")).to_contain_text("/papers list")


async def test_on_a_phone_nothing_runs_out_of_the_page(visitors: Visitors, chat: LocalChat) -> None:
    from playwright.async_api import expect

    long = replace(PAPER, title="Unbreakable" * 20, badges=("beyond your watches", "trying"))
    await chat.post(GENERAL, long, delivery_id="d1")
    await chat.announce(GENERAL, line("https://example.org/" + "x" * 300))
    page = await visitors.come(viewport=PHONE)
    await page.get_by_label("Add another reaction").click()
    await expect(page.get_by_label("Any emoji")).to_be_in_viewport()

    wide = await page.evaluate(
        """() => [...document.querySelectorAll("main *, nav > *")]
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
            .filter((each) => !each.closest(".about, .places"))
            .map((each) => each.className || each.tagName)"""
    )
    assert wide == []


async def test_pasted_lines_stay_lines_and_enter_sends_them(
    visitors: Visitors, inbox: FakeInbox
) -> None:
    from playwright.async_api import expect

    page = await visitors.come()
    box = page.get_by_label("Command to Paperround")
    await box.fill("one")
    low = await box.evaluate("(each) => each.offsetHeight")

    await box.fill("import graph networks\nreward models")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("speech")
    assert await box.evaluate("(each) => each.offsetHeight") > low
    await page.keyboard.press("Enter")

    await expect(box).to_have_value("")
    assert await box.evaluate("(each) => each.offsetHeight") == low
    await expect(page.locator(".exchange")).to_contain_text("reward models")
    assert [each.text for each in inbox.commands] == [
        "import graph networks\nreward models\nspeech"
    ]


async def test_a_completion_that_comes_late_does_not_cover_the_answer(
    visitors: Visitors, inbox: FakeInbox
) -> None:
    from playwright.async_api import expect

    page, asked = await visitors.come(), asyncio.Event()

    async def late(route: "Route") -> None:
        asked.set()
        await page.get_by_text("only you can see this").wait_for()
        await route.continue_()

    await page.route("**/complete*", late)
    box = page.get_by_label("Command to Paperround")
    await box.press_sequentially("li")
    await asyncio.wait_for(asked.wait(), PATIENCE)
    async with page.expect_response("**/say"):
        await box.press("Enter")

    await expect(page.get_by_text("only you can see this")).to_be_visible()
    await page.wait_for_timeout(300)
    await expect(page.get_by_role("listbox")).to_be_hidden()


async def test_whoever_reads_the_end_stays_there_however_fast_messages_come(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    for number in range(4):
        await chat.post(GENERAL, PAPER, delivery_id=f"d{number}")
    page = await visitors.come(viewport=PHONE)
    await page.evaluate(TO_THE_END)
    for number in range(4, 8):
        await chat.post(GENERAL, PAPER, delivery_id=f"d{number}")
        await expect(page.locator(".card")).to_have_count(number + 1)

    await expect(page.locator("#jump")).to_be_hidden()
    await page.wait_for_function(LAST_IS_SEEN)


async def test_a_note_covers_nothing_of_the_last_message(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    for number in range(4):
        await chat.post(GENERAL, PAPER, delivery_id=f"d{number}")
    page = await visitors.come(viewport=PHONE)
    await page.evaluate(TO_THE_END)
    await page.get_by_role("button", name="Post now").click()

    await expect(page.get_by_role("status")).not_to_be_empty()
    await page.wait_for_function(LAST_IS_SEEN)


async def test_on_a_phone_the_channel_that_is_open_can_be_seen_in_the_row(
    visitors: Visitors, database: Database
) -> None:
    async with database.write() as session:
        for name in ("a-channel-of-a-long-name", "another-of-a-long-name", "zoology"):
            await channels.add(session, f"local:{name}", ChannelDefaults(), NOON)
    page = await visitors.come(at="/c/zoology", viewport=PHONE)

    box = "each => each.getBoundingClientRect().toJSON()"
    row = await page.locator(".places").evaluate(box)
    here = await page.locator("[aria-current]").evaluate(box)
    assert row["left"] <= here["left"] + 1
    assert here["right"] <= row["right"] + 1


async def test_a_suggested_command_goes_into_the_box(visitors: Visitors, inbox: FakeInbox) -> None:
    from playwright.async_api import expect

    page = await visitors.come()
    box = page.get_by_label("Command to Paperround")
    await box.fill("wach")
    await page.keyboard.press("Enter")

    await page.locator(".reply").get_by_role("button", name="watch LoRA").click()

    await expect(box).to_have_value("/papers watch LoRA")
    await expect(box).to_be_focused()
    assert [each.text for each in inbox.commands] == ["wach"]


async def test_a_wrong_channel_name_is_answered_in_its_form(visitors: Visitors) -> None:
    from playwright.async_api import expect

    page = await visitors.come()
    await page.get_by_text("Add a channel").click()
    name = page.get_by_label("Name of the channel")
    await name.fill("a/b")
    await page.keyboard.press("Enter")

    await expect(page.locator(".pop[open] .problem")).to_contain_text("letters, digits and hyphens")
    await expect(name).to_have_value("a/b")
    await name.fill("robotics")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("#robotics")


async def test_only_the_messages_scroll_however_many_cards_have_upvotes(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    for number in range(12):
        await chat.post(GENERAL, PAPER, delivery_id=f"d{number}")
    page = await visitors.come(viewport={"width": 1200, "height": 900})
    await expect(page.locator(".card")).to_have_count(12)
    heights = await page.evaluate(
        "() => [document.documentElement.scrollHeight, innerHeight, byId('turns').scrollHeight]"
    )

    document, window, messages = heights
    assert document == window == 900
    assert messages > window


async def test_without_its_script_the_page_still_works(visitors: Visitors, chat: LocalChat) -> None:
    from playwright.async_api import expect

    await chat.post(GENERAL, PAPER, delivery_id="d1")
    page = await visitors.come(java_script_enabled=False)

    await page.locator('.card button[value="👍"]').click()
    await expect(page.locator(".card").get_by_label("👍 1")).to_be_visible()
    await page.get_by_label("Command to Paperround").fill("/papers list")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".exchange")).to_contain_text("You said")
    await page.get_by_role("button", name="Post now").click()
    await expect(page.locator("#status")).to_contain_text("Posted 2 papers: 2 in #general.")
    await page.get_by_text("You are Reader").click()
    await page.get_by_label("Be somebody else").fill("Ada")
    await page.get_by_role("button", name="Change").click()

    await expect(page.locator(".me")).to_contain_text("You are Ada")
    await expect(page.locator(".card").get_by_label("👍 1, Reader")).to_be_visible()


async def test_a_channel_opens_at_the_first_post_that_was_not_seen(
    visitors: Visitors, chat: LocalChat
) -> None:
    for number in range(3):
        await chat.post(GENERAL, PAPER, delivery_id=f"d{number}")
    page = await visitors.come(viewport=PHONE)
    await page.goto("about:blank")
    for number in range(3, 7):
        await chat.post(GENERAL, PAPER, delivery_id=f"d{number}")

    await page.goto(f"{visitors.url}/c/general")

    await page.wait_for_function(
        """() => {
            const list = document.querySelector(".turns").getBoundingClientRect();
            const fourth = document.querySelectorAll(".card")[3].getBoundingClientRect();
            return fourth.top >= list.top - 1 && fourth.top < list.top + 60;
        }"""
    )


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_list_is_read_line_below_line_at_every_width(
    visitors: Visitors, chat: LocalChat, width: int
) -> None:
    rows = [
        line("3 papers: vote on each below"),
        *(line(f"{n}. A title of a paper") for n in "123"),
    ]
    await chat.head(GENERAL, rows, delivery_id="h1")
    page = await visitors.come(viewport={"width": width, "height": 844})

    boxes = await page.evaluate(
        """() => [...document.querySelectorAll(".announcement p")]
            .map((each) => each.getBoundingClientRect().toJSON())"""
    )

    assert len(boxes) == 4
    assert len({box["left"] for box in boxes}) == 1
    assert all(low["top"] >= high["bottom"] - 1 for high, low in pairwise(boxes))
    assert min(box["width"] for box in boxes) > width / 3


async def test_a_topic_of_the_welcome_is_watched_and_its_papers_come_at_once(
    visitors: Visitors, inbox: FakeInbox
) -> None:
    from playwright.async_api import expect

    page = await visitors.come()
    await page.get_by_role("button", name="reinforcement learning").click()

    await expect(page.locator(".reply")).to_be_visible()
    assert [each.text for each in inbox.commands] == ["watch now: reinforcement learning"]


async def test_a_card_says_why_it_is_here_on_one_click(visitors: Visitors, chat: LocalChat) -> None:
    from playwright.async_api import expect

    await chat.post(GENERAL, PAPER, delivery_id="d1")
    page = await visitors.come()
    await page.get_by_role("button", name="Why?").click()

    await expect(page.locator(".asked")).to_have_text(f"/papers why {PAPER.url}")


async def test_what_a_short_post_leaves_out_opens_below_it(
    visitors: Visitors, chat: LocalChat
) -> None:
    from playwright.async_api import expect

    ref = await chat.post(GENERAL, replace(PAPER, summary=""), delivery_id="d1")
    await chat.thread(ref, [line("The whole abstract, in a thread.")])
    page = await visitors.come()
    await expect(page.get_by_text("The whole abstract, in a thread.")).to_be_hidden()

    await page.get_by_text("Details").click()

    await expect(page.get_by_text("The whole abstract, in a thread.")).to_be_visible()
    await expect(page.get_by_text("Whole abstract", exact=True)).to_have_count(0)
