"""Faults and odd shapes, each by name, on the whole program: what happens is said or waited out."""

import asyncio
from pathlib import Path

import pytest

from bot.platforms.slack.manage_view import WATCHES_A_PAGE
from bot.sources.base import Entry
from storage import watches
from tests.peers.slack.faults import Faults
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import check_blocks, check_view
from tests.peers.slack.workspace import ADA, BO, BOT_USER, User
from tests.platforms.slack.edge import Mode, edge
from tests.platforms.slack.lab import Lab, running, titles
from tests.platforms.slack.test_blocks import TEN_SCRIPTS
from tests.waiting import PATIENCE

MODES: tuple[Mode, ...] = ("socket", "http")
HOSTILE = "<!channel> <https://evil.example|free> & <@U0ADA> graph transformers"


def test_a_fault_that_no_source_describes_cannot_be_played() -> None:
    with pytest.raises(LookupError, match="meteor"):
        Faults().add("chat.postMessage", "meteor")


async def test_a_storm_of_429s_on_one_method_leaves_every_other_channel_and_answer_alone(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _watching(lab, "graph transformers")
        slack.faults.add("chat.postMessage", *["ratelimited"] * 12, seconds=0.05)
        await lab.give("Graph transformers at scale", "Fast graph transformers")
        round_ = asyncio.create_task(lab.round())
        assert "graph transformer" in await lab.people.type("list", user=BO)
        await round_
        await slack.wait_for(lambda: len(slack.workspace.posts()) == 2)

    assert len(set(titles(slack.workspace.posts()))) == 2


async def test_a_slack_that_answers_after_3_seconds_gets_each_post_once(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _watching(lab, "graph transformers")
        slack.faults.add("chat.postMessage", "slow", "stall", seconds=3)
        await lab.give("Graph transformers at scale", "Fast graph transformers")
        await lab.round()
        await slack.wait_for(lambda: len(slack.workspace.posts()) == 2)
        await lab.round()

    assert len(slack.workspace.posts()) == 2


@pytest.mark.parametrize("mode", MODES)
async def test_a_stall_of_slacks_directory_holds_up_no_acknowledgement(mode: Mode) -> None:
    async with edge(mode) as one:
        directory = one.slack.held["users.info"] = asyncio.Event()
        await one.people.react("1.2")
        before_the_answer = list(one.inbox.reactions)
        directory.set()
        await one.inbox.until(lambda: len(one.inbox.reactions) == 1)

    assert before_the_answer == []
    assert one.slack.counts["users.info"] == 1


@pytest.mark.parametrize("mode", MODES)
async def test_a_form_that_stalls_3_seconds_is_answered_with_help(mode: Mode) -> None:
    async with edge(mode) as one:
        one.slack.faults.add("views.open", "expired_trigger_id")

        assert await one.people.type("") == "ok "


@pytest.mark.parametrize("mode", MODES)
async def test_what_a_feed_says_reaches_nobody_as_markup(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _watching(lab, "graph transformers")
        entry = Entry(
            title=HOSTILE,
            abstract=f"{HOSTILE}. See <mailto:a@b.c|me> and <!here>.",
            authors=("<!everyone>", "A & B"),
            names=("id:hostile",),
            url="https://example.org/a|b?c=<d>",
        )
        await lab.app.services.polling.take([entry], "import", "files", shared=True)
        await lab.people.type("style short")
        await lab.round()
        await slack.wait_for(lambda: bool(slack.workspace.marked("paperround_details")))
        [post] = slack.workspace.posts()
        await lab.people.react(post["ts"], "bookmark")
        for text in (
            "preview",
            "search graph transformers",
            "top week",
            "watch <!channel> <@U0BO>",
        ):
            await lab.people.type(text)
        async with asyncio.timeout(PATIENCE):
            while "free" not in await lab.people.type("saved"):
                await asyncio.sleep(0.05)
        home = await lab.people.look_at_home()

    everything = [*slack.workspace.channels["C0LAB"].messages.values(), *slack.responses]
    assert all(check_blocks(each["blocks"]) is None for each in everything)
    assert check_view(home) is None
    shown = str([each["blocks"] for each in everything]) + str(home["blocks"])
    for markup in ("<!channel", "<!here", "<!everyone", "<@U0", "<mailto", "<https://evil"):
        assert markup not in shown
    assert "&lt;!channel&gt;" in shown


async def test_a_channel_with_300_watches_is_listed_managed_and_served(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _watching(lab, "graph transformers")
        await _watch_299_more(lab)

        listed = await lab.people.type("list")
        assert "300" in listed
        assert "method number 299" in str(slack.responses[-1]["blocks"])
        form = await lab.people.open_form()
        last = str(300 // WATCHES_A_PAGE - 1)
        turn = {"action_id": "page_later", "block_id": "pages", "value": last}
        await lab.people.press(form, turn)
        await slack.wait_for(lambda: slack.counts["views.update"] == 1)
        shown = slack.api.views[form["id"]]
        await lab.give("Method number 250 in practice", "Graph transformers at scale")
        await lab.round()

    assert all(check_blocks(each["blocks"]) is None for each in slack.responses)
    assert check_view(shown) is None
    assert "300. " in str(shown["blocks"])
    assert sorted(titles(slack.workspace.posts())) == [
        "Graph transformers at scale",
        "Method number 250 in practice",
    ]


async def test_names_in_ten_scripts_are_read_as_they_are_written(tmp_path: Path) -> None:
    names = TEN_SCRIPTS.split(", ")
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _watching(lab, "graph transformers")
        entry = Entry(
            title="Graph transformers", abstract="x", authors=tuple(names), names=("id:1",)
        )
        await lab.app.services.polling.take([entry], "import", "files", shared=True)
        for number, name in enumerate(names):
            slack.workspace.users[f"U1{number}"] = User(f"U1{number}", name)
            await lab.people.type(f"limit {number + 1}", user=f"U1{number}")
        await lab.people.type("style short")
        await lab.round()
        await slack.wait_for(lambda: bool(slack.workspace.marked("paperround_details")))

    told = "\n".join(slack.workspace.texts())
    assert all(name in told for name in names)
    [details] = slack.workspace.marked("paperround_details")
    assert all(name in str(details["blocks"]) for name in names)


@pytest.mark.parametrize("mode", MODES)
async def test_a_command_that_is_replayed_within_the_time_runs_once(mode: Mode) -> None:
    async with edge(mode) as one:
        payload = one.people.command("now")
        for _ in range(3):
            await one.people._transport.send("slash_commands", payload)
        await one.people.type("list")

    assert [command.text for command in one.inbox.commands] == ["now", "list"]


async def test_a_disconnect_frame_in_the_middle_of_a_command_loses_neither(tmp_path: Path) -> None:
    async with edge() as one:
        one.inbox.gate.clear()
        typed = asyncio.create_task(one.people.type("now"))
        await one.slack.sockets.until_acknowledged(1)
        await one.slack.sockets.refresh()
        one.inbox.gate.set()

        assert await typed == "ok now"
        assert await one.people.type("list") == "ok list"


async def _watching(lab: Lab, text: str) -> None:
    lab.slack.workspace.channels["C0LAB"].members.add(BOT_USER)
    await lab.people.invite()
    await lab.slack.wait_for(lambda: len(lab.slack.workspace.texts()) == 1)
    await lab.people.type(f"watch {text}")


async def _watch_299_more(lab: Lab) -> None:
    channel = (await lab.channel()).id or 0
    async with lab.app.database.write() as session:
        for number in range(1, 300):
            text = f"method number {number}"
            await watches.add(session, channel, text=text, typed=text, by=ADA, now=lab.app.clock())
