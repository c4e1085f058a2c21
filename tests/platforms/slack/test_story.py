"""From installing to uninstalling, on the real client library over real sockets, in both modes."""

import asyncio
import time
from pathlib import Path

import pytest

from storage.models import ChannelState
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import check_view
from tests.peers.slack.workspace import BO
from tests.platforms.slack.lab import Lab, Mode, running, titles


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_whole_story(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _invite(lab)
        await _watch(lab)
        await _round(lab)
        await _vote(lab)
        await _manage(lab)
        await _look_at_home(lab)
        await lab.app.tallies.close()
        assert "👍 1  👎 0" in str(slack.workspace.posts()[0]["blocks"])
        await _leave(lab)


async def _invite(lab: Lab) -> None:
    await lab.give("Graph transformers at scale", "Fast graph transformers")
    answer = await lab.people.type("watch graph transformers")
    assert "Watching" in answer
    await lab.slack.wait_for(lambda: len(lab.slack.responses) == 2)
    assert "/invite" in lab.slack.responses[1]["text"]

    await lab.people.invite()

    await lab.slack.wait_for(lambda: len(lab.slack.workspace.texts()) == 1)
    [greeting] = lab.slack.workspace.texts()
    assert "/papers watch graph transformers" in greeting
    channel = await lab.channel()
    assert (channel.name, channel.state) == ("lab", ChannelState.ACTIVE)


async def _watch(lab: Lab) -> None:
    assert "graph transformer" in await lab.people.type("list")
    await lab.people.type("limit 3", user=BO)
    await lab.slack.wait_for(lambda: len(lab.slack.workspace.texts()) == 2)
    assert lab.slack.workspace.texts()[1] == "bo set the limit to 3 papers a day."
    wrong = await lab.people.type("wacth routing")
    assert "Did you mean" in wrong


async def _round(lab: Lab) -> None:
    await lab.round()

    posts = lab.slack.workspace.posts()
    assert sorted(titles(posts)) == ["Fast graph transformers", "Graph transformers at scale"]
    await lab.round()
    assert len(lab.slack.workspace.posts()) == 2


async def _vote(lab: Lab) -> None:
    liked = lab.slack.workspace.posts()[0]
    event = await lab.people.react(liked["ts"], "+1::skin-tone-3")
    await lab.people.deliver(event, retry=1)
    await lab.people.react(liked["ts"], "bookmark")
    await lab.people.react(liked["ts"], "thumbsup", user=BO)
    await lab.people.react(liked["ts"], "thumbsup", user=BO, added=False)
    await _reordered(lab, liked["ts"])
    await _until_saved(lab)
    assert "likes" in await lab.people.type(f"why {titles([liked])[0]}")
    top = await lab.people.type("top week")
    assert "+1" in top
    assert "+2" not in top


async def _reordered(lab: Lab, ts: str) -> None:
    """Taking back arrives before the vote that it takes back."""
    put = lab.slack.workspace.next_ts(time.time())
    taken = lab.slack.workspace.next_ts(time.time())
    await lab.people.react(ts, "rocket", user=BO, added=False, event_ts=taken)
    await lab.people.react(ts, "rocket", user=BO, event_ts=put)


async def _manage(lab: Lab) -> None:
    form = await lab.people.open_form()
    assert check_view(form) is None
    assert "graph transformer" in str(form["blocks"])

    wrong = await lab.people.submit(form, {"watch": {"value": '"open'}, "limit": {"value": "3"}})
    assert wrong["response_action"] == "errors"
    assert "watch" in wrong["errors"]
    fine = await lab.people.submit(form, {"watch": {"value": "speech"}, "limit": {"value": "4"}})
    assert not fine

    await lab.slack.wait_for(lambda: len(lab.slack.workspace.ephemeral) == 1)
    listed = await lab.people.type("list")
    assert "speech" in listed
    assert (await lab.channel()).post_limit == 4


async def _look_at_home(lab: Lab) -> None:
    home = await lab.people.look_at_home()

    assert check_view(home) is None
    assert "<#C0LAB>" in str(home["blocks"])
    assert "raph transformers" in str(home["blocks"])


async def _leave(lab: Lab) -> None:
    await lab.people.happen({"type": "app_uninstalled"})
    answer = await _until_gone(lab)
    assert answer is ChannelState.GONE
    await lab.give("Newer graph transformers")
    await lab.round()
    assert len(lab.slack.workspace.posts()) == 2


async def _until_saved(lab: Lab) -> None:
    async with asyncio.timeout(20):
        while "raph transformers" not in await lab.people.type("saved"):
            await asyncio.sleep(0.05)


async def _until_gone(lab: Lab) -> ChannelState:
    async with asyncio.timeout(20):
        while (state := (await lab.channel()).state) is not ChannelState.GONE:
            await asyncio.sleep(0.05)
    return state
