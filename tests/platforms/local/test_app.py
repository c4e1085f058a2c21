"""The pages and their forms, as a browser without scripts uses them."""

from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from bot.cards.card import CardLink
from bot.cards.richtext import line, link
from bot.errors import SourceError
from bot.platforms.local.adapter import LocalChat
from bot.rounds.service import Ran
from storage import channels, watches
from storage.database import Database
from tests.make import NOON
from tests.platforms.local.conftest import ADA, BO, GENERAL, FakeControls, Open
from tests.platforms.local.inbox import DOT, PAPER, FakeInbox

AS_SCRIPT = {"accept": "application/json"}


async def _page(client: httpx.AsyncClient, channel: str = "general") -> str:
    answer = await client.get(f"/c/{channel}")
    assert answer.status_code == 200
    return answer.text


async def test_a_post_shows_everything_on_its_card(
    client: httpx.AsyncClient, chat: LocalChat
) -> None:
    await chat.post(GENERAL, PAPER, delivery_id="d1")

    page = await _page(client)

    assert f'<a href="{PAPER.url}"' in page
    for part in (PAPER.title, PAPER.authors, PAPER.summary, "1 Mar 2024", "cs.LG", PAPER.abstract):
        assert part in page
    assert ">PDF</a>" in page
    assert "41" in page
    assert "3 comments" in page
    assert "<em>experts</em> in the title, 97" in page
    assert "beyond your watches" in page
    assert "Monday 2 March 2026" in page


async def test_nothing_from_a_feed_reaches_the_page_unescaped(
    client: httpx.AsyncClient, chat: LocalChat
) -> None:
    evil = "<script>alert(1)</script>\"'>"
    card = replace(
        PAPER,
        title=evil,
        authors=evil,
        summary=evil,
        abstract=evil * 2,
        badges=(evil,),
        categories=(evil,),
        why=line(evil),
        links=(CardLink(evil, "https://e.org/?\"'><script>"),),
    )

    ref = await chat.post(GENERAL, card, delivery_id="d1")
    await chat.thread(ref, [line(evil)])
    await chat.announce(GENERAL, line(evil))
    await client.post("/c/general/say", data={"text": evil})
    page = await _page(client)

    assert "<script>alert" not in page
    assert page.count("<script") == 1
    assert page.count("&lt;script&gt;alert") > 9


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", " JaVaScRiPt:x", "//e.org", "/round", "http:"],
)
async def test_only_web_addresses_become_links(
    client: httpx.AsyncClient, chat: LocalChat, url: str
) -> None:
    card = replace(PAPER, url=url, links=(CardLink("PDF", url),), why=line(link("here", url)))

    await chat.post(GENERAL, card, delivery_id="d1")
    page = await _page(client)

    assert 'target="_blank"' not in page
    assert PAPER.title in page
    assert "here" in page


async def test_a_command_and_its_answer_are_kept_for_their_author_alone(
    client: httpx.AsyncClient, open_client: Open, inbox: FakeInbox
) -> None:
    answer = await client.post("/c/general/say", data={"text": "/papers watch routing"})
    other = open_client(cookie="paperround_name=Bo")

    assert (answer.status_code, answer.headers["location"]) == (303, "/c/general")
    assert inbox.commands[0].text == "watch routing"
    mine = await _page(client)
    assert "/papers watch routing" in mine
    assert "only you can see this" in mine
    assert PAPER.title in mine
    theirs = await _page(other)
    assert "/papers watch routing" not in theirs
    assert PAPER.title not in theirs
    assert "<strong>Reader</strong> watches <code>routing</code>" in theirs


async def test_a_choice_below_an_answer_is_said_as_if_it_were_typed(
    client: httpx.AsyncClient, inbox: FakeInbox
) -> None:
    await client.post("/c/general/say", data={"text": "wach LoRA"})
    page = LexborHTMLParser(await _page(client))

    button = page.css_first(".reply.failed form[action='/c/general/say'] button[name=text]")
    assert button is not None
    assert button.text() == 'Watch "LoRA" & co'
    await client.post("/c/general/say", data={"text": button.attributes["value"]})
    assert inbox.commands[-1].text == 'watch "LoRA" & co'


async def test_a_command_that_failed_is_marked(client: httpx.AsyncClient) -> None:
    await client.post("/c/general/say", data={"text": "list"})
    before = await _page(client)
    await client.post("/c/general/say", data={"text": "wach routing"})

    assert 'class="reply failed"' not in before
    assert 'class="reply failed"' in await _page(client)


@pytest.mark.parametrize("typed", ["/papers list", "list", "  /PAPERS   list ", "/papers list "])
async def test_the_prefix_may_be_left_out(
    client: httpx.AsyncClient, inbox: FakeInbox, typed: str
) -> None:
    await client.post("/c/general/say", data={"text": typed})

    assert inbox.commands[0].text == "list"


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
async def test_a_command_without_sense_in_its_length_is_not_run(
    client: httpx.AsyncClient, inbox: FakeInbox, text: str
) -> None:
    answer = await client.post("/c/general/say", data={"text": text})

    assert answer.status_code == 400
    assert "10000 characters" in answer.text
    assert inbox.commands == []


async def test_an_attached_file_is_given_to_its_author_alone(
    client: httpx.AsyncClient, open_client: Open
) -> None:
    await client.post("/c/general/say", data={"text": "export"})
    other = open_client(cookie="paperround_name=Bo")

    assert "Download watches.txt" in await _page(client)
    mine, theirs = await client.get("/m/2/file"), await other.get("/m/2/file")
    assert (mine.text, mine.headers["content-type"]) == ("a\nb\n", "text/plain; charset=utf-8")
    assert mine.headers["content-disposition"] == "attachment; filename*=UTF-8''watches.txt"
    assert theirs.status_code == 404


async def test_a_picture_is_shown_with_its_words_to_its_author_alone(
    client: httpx.AsyncClient, open_client: Open
) -> None:
    await client.post("/c/general/say", data={"text": "stats"})
    other = open_client(cookie="paperround_name=Bo")

    page = await _page(client)
    mine, theirs = await client.get("/m/2/picture"), await other.get("/m/2/picture")

    assert 'src="/m/2/picture"' in page
    assert 'alt="likes &#34;&lt;b&gt;&#34; &amp; more"' in page
    assert (mine.content, mine.headers["content-type"]) == (DOT, "image/png")
    assert "img-src 'self'" in mine.headers["content-security-policy"]
    assert theirs.status_code == 404


async def test_a_picture_is_shown_to_everybody_by_its_author_alone(
    client: httpx.AsyncClient, open_client: Open
) -> None:
    await client.post("/c/general/say", data={"text": "stats"})
    other = open_client(cookie="paperround_name=Bo")

    refused = await other.post("/m/2/show", data={"back": "general"})
    shown = await client.post("/m/2/show", data={"back": "general"})
    none = await client.post("/m/1/show", data={"back": "general"})
    page = await _page(other)

    assert (refused.status_code, none.status_code) == (404, 404)
    assert shown.headers["location"] == "/c/general"
    assert "<strong>Reader</strong> asked for <button" in page
    assert 'src="/m/3/picture"' in page
    assert (await other.get("/m/3/picture")).content == DOT


async def test_reactions_are_counted_named_and_toggled(
    client: httpx.AsyncClient, open_client: Open, chat: LocalChat, inbox: FakeInbox
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    other = open_client(cookie="paperround_name=Bo")

    for each in (client, other):
        answer = await each.post(f"/m/{ref.message}/react", data={"emoji": "👍", "back": "general"})
        assert answer.headers["location"] == "/c/general"
    both = await _page(client)
    await client.post(f"/m/{ref.message}/react", data={"emoji": "👍", "back": "general"})
    one = await _page(client)

    assert 'aria-pressed="true" title="you, Bo" aria-label="👍 2, you, Bo"' in both
    assert 'aria-pressed="false" title="Bo" aria-label="👍 1, Bo"' in one
    assert [(each.person.name, each.added) for each in inbox.reactions] == [
        ("you", True),
        ("Bo", True),
        ("you", False),
    ]


async def test_votes_and_saving_are_always_offered_and_others_come_after(
    client: httpx.AsyncClient, chat: LocalChat
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    for emoji in (":party_parrot:", "🎉"):
        await client.post(f"/m/{ref.message}/react", data={"emoji": emoji})

    page = await _page(client)

    places = [page.index(f'data-key="{key}"') for key in ("👍", "👎", "🔖", "party_parrot", "🎉")]
    assert places == sorted(places)
    assert ":party_parrot:" in page


@pytest.mark.parametrize(
    ("message", "emoji", "status"),
    [("1", "two words", 400), ("999", "👍", 404), ("x", "👍", 404), ("9" * 30, "👍", 404)],
)
async def test_a_reaction_that_makes_no_sense_is_answered_plainly(
    client: httpx.AsyncClient, inbox: FakeInbox, message: str, emoji: str, status: int
) -> None:
    answer = await client.post(f"/m/{message}/react", data={"emoji": emoji}, headers=AS_SCRIPT)

    assert answer.status_code == status
    assert answer.json()["problem"]
    assert inbox.reactions == []


async def test_a_new_channel_is_made_and_shown(
    client: httpx.AsyncClient, database: Database, inbox: FakeInbox
) -> None:
    answer = await client.post("/channels", data={"name": "#Robot Learning"})

    assert answer.headers["location"] == "/c/robot-learning"
    assert inbox.commands[0].text == "settings"
    async with database.read() as session:
        assert await channels.find(session, "local:robot-learning") is not None
    assert ">robot-learning<" in await _page(client)


@pytest.mark.parametrize("name", ["", "a/b", "-x", "x" * 41, "../up", "a:b", "<b>"])
async def test_a_channel_cannot_be_named_so(
    client: httpx.AsyncClient, inbox: FakeInbox, name: str
) -> None:
    answer = await client.post("/channels", data={"name": name})

    assert answer.status_code == 400
    assert inbox.commands == []


async def test_a_person_may_be_somebody_else(client: httpx.AsyncClient, inbox: FakeInbox) -> None:
    before = await _page(client)
    answer = await client.post("/name", data={"name": "  Zoë  <b> ", "back": "general"})
    await client.post("/c/general/say", data={"text": "list"})

    assert "You are <strong>Reader</strong>" in before
    assert answer.headers["location"] == "/c/general"
    assert "You are <strong>Zoë &lt;b&gt;</strong>" in await _page(client)
    assert inbox.commands[0].person.name == "Zoë <b>"


@pytest.mark.parametrize("cookie", ["%00", "%ff", "", "x" * 60])
async def test_a_broken_name_cookie_makes_the_person_you(open_client: Open, cookie: str) -> None:
    page = await _page(open_client(cookie=f"paperround_name={cookie}"))

    assert "You are <strong>" in page


async def test_a_round_says_what_it_posted_once(
    client: httpx.AsyncClient, controls: FakeControls
) -> None:
    answer = await client.post("/round", data={"back": "general"})

    assert answer.headers["location"] == "/c/general"
    assert controls.rounds == 1
    told = "Posted 2 papers: 2 in #general. #systems: The day&#39;s limit of 5 papers is"
    assert told in await _page(client)
    assert "Posted" not in await _page(client)


async def test_a_failing_round_is_explained(
    client: httpx.AsyncClient, controls: FakeControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> Sequence[Ran]:
        raise SourceError("The sample digest cannot be read.")

    monkeypatch.setattr(controls, "run_round", fail)
    answer = await client.post("/round", data={"back": "general"}, headers=AS_SCRIPT)

    assert answer.status_code == 500
    assert answer.json() == {"problem": "The sample digest cannot be read."}


async def test_the_demo_clock_moves_a_day_and_the_head_shows_it(client: httpx.AsyncClient) -> None:
    before = await _page(client)
    answer = await client.post("/clock", data={"back": "general"}, headers=AS_SCRIPT)

    assert "Mon 2 Mar, 12:00 UTC" in before
    assert answer.json() == {"note": "It is now Tuesday, 12:00 UTC."}
    assert "Tue 3 Mar, 12:00" in await _page(client)


async def test_the_demo_says_when_its_papers_end(
    client: httpx.AsyncClient, controls: FakeControls
) -> None:
    controls.out_of_papers = True

    answer = await client.post("/clock", data={"back": "general"}, headers=AS_SCRIPT)

    assert "The demo's papers end here." in answer.json()["note"]


async def test_a_real_clock_is_neither_shown_nor_moved(open_client: Open) -> None:
    client = open_client(buttons=FakeControls(virtual=False))

    answer = await client.post("/clock", data={"back": "general"})
    page = await _page(client)

    assert answer.status_code == 403
    assert "Post now" in page
    assert "Next day" not in page
    assert "2 Mar, 12:00" not in page


async def test_without_controls_there_are_no_buttons(open_client: Open) -> None:
    client = open_client(buttons=None)

    assert "Post now" not in await _page(client)
    assert (await client.post("/round", data={})).status_code == 404


async def test_the_head_tells_what_the_channel_watches(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        channel = await channels.find(session, str(GENERAL))
        assert channel is not None
        for text in ("a1", "b2", "c3", "d4", "e5"):
            await watches.add(session, channel.id or 0, text=text, typed=text, by="Ada", now=NOON)

    page = await _page(client)

    assert '<span class="watch">d4</span>' in page
    assert "and 1 more" in page
    assert "e5" not in page
    assert "daily 09:00 UTC · at most 5 a day · matches of 80 out of 100 and better" in page


async def test_completions_come_from_the_inbox(client: httpx.AsyncClient) -> None:
    answer = await client.get("/c/general/complete", params={"typed": "w"})

    assert [each["text"] for each in answer.json()] == ["watch ", "why "]
    assert answer.json()[1]["does"] == "Why a paper was posted here, or was not."


async def test_older_messages_are_a_link_away(client: httpx.AsyncClient, chat: LocalChat) -> None:
    for number in range(102):
        await chat.announce(GENERAL, line(f"line number {number}."))

    newest = await _page(client)
    older = (await client.get("/c/general", params={"before": 3})).text

    assert "line number 2." in newest
    assert "line number 1." not in newest
    assert 'href="?before=3"' in newest
    assert "line number 1." in older
    assert "line number 2." not in older
    assert "data-live" in newest
    assert "data-live" not in older


async def test_the_door_leads_to_the_first_channel(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/c/general")


async def test_a_chat_without_channels_asks_for_the_first(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        channel = await channels.find(session, str(GENERAL))
        await session.delete(channel)

    page = (await client.get("/")).text

    assert "Make the first one" in page


@pytest.mark.parametrize(
    "path", ["/c/nowhere", "/nowhere", "/m/1/file", "/m/x/file", "/m/1/picture"]
)
async def test_what_is_not_there_is_said_so(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert "That did not work" in answer.text


async def test_a_command_in_a_channel_that_is_not_there_makes_none(
    client: httpx.AsyncClient, inbox: FakeInbox
) -> None:
    answer = await client.post("/c/nowhere/say", data={"text": "list"})

    assert answer.status_code == 404
    assert inbox.commands == []


async def test_reactions_of_a_team_are_told_by_name(
    client: httpx.AsyncClient, chat: LocalChat
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    for person in (ADA, BO):
        await chat.react(int(ref.message), person, "🔖")

    assert 'title="Ada, Bo"' in await _page(client)


async def test_a_dropped_file_teaches_and_its_name_alone_is_kept(
    client: httpx.AsyncClient, inbox: FakeInbox
) -> None:
    bibtex = "@misc{a, title = {Graphs}}" * 5_000

    answer = await client.post(
        "/c/general/library", data={"file": "my refs.bib", "text": bibtex}, headers=AS_SCRIPT
    )

    assert answer.status_code == 200
    assert [each.text for each in inbox.commands] == [f"like {bibtex}"]
    assert "/papers like my refs.bib" in await _page(client)


@pytest.mark.parametrize(("size", "status"), [(0, 400), (9_000_000, 413)])
async def test_a_file_of_nothing_or_without_end_is_refused(
    client: httpx.AsyncClient, size: int, status: int
) -> None:
    answer = await client.post("/c/general/library", data={"file": "a.bib", "text": "x" * size})

    assert answer.status_code == status
