"""Votes count as people meant them, in whatever order and however often Slack tells of them."""

import asyncio
import itertools
import time
from pathlib import Path

import pytest

from storage import posts, votes
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import BO
from tests.platforms.slack.lab import Lab, Mode, running
from tests.waiting import PATIENCE

COME, GO, BACK = 0, 1, 2


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_reordered_events_count_by_their_event_ts(tmp_path: Path, mode: Mode) -> None:
    """Taken back before it was given, and every order of given, taken back and given again."""
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        ts = await _posted(lab)
        for number, order in enumerate(itertools.permutations((COME, GO))):
            await _react(lab, ts, f"U0GONE{number}", order, [COME, GO])
        for number, order in enumerate(itertools.permutations((COME, GO, BACK))):
            await _react(lab, ts, f"U0BACK{number}", order, [COME, GO, BACK])
        await lab.people.react(ts, "fire", user=BO)

        expected = {(f"U0BACK{number}", "👍") for number in range(6)} | {(BO, "🔥")}
        async with asyncio.timeout(PATIENCE):
            while await _standing(lab, ts) != expected:
                await asyncio.sleep(0.05)


async def test_an_event_that_another_process_heard_before_counts_once(tmp_path: Path) -> None:
    """What a process does not remember is known by the vote itself: its `event_ts` is not newer."""
    async with FakeSlack() as slack:
        async with running(tmp_path, slack, "socket") as lab:
            ts = await _posted(lab)
            given = await lab.people.react(ts, user=BO)
            async with asyncio.timeout(PATIENCE):
                while await _standing(lab, ts) != {(BO, "👍")}:
                    await asyncio.sleep(0.05)
        slack.workspace.reactions[("C0LAB", ts)] = {"+1": {BO}}

        async with running(tmp_path, slack, "socket") as lab:
            await lab.people.react(ts, user=BO, added=False)
            async with asyncio.timeout(PATIENCE):
                while await _standing(lab, ts):
                    await asyncio.sleep(0.05)
            await lab.people.deliver(given, retry=3)
            await lab.people.react(ts, "fire", user=BO)
            async with asyncio.timeout(PATIENCE):
                while await _standing(lab, ts) != {(BO, "🔥")}:
                    await asyncio.sleep(0.05)


async def test_custom_emoji_of_the_workspace_vote_as_the_host_mapped_them(tmp_path: Path) -> None:
    mapped = {"votes_up": ("👍", ":party_parrot:"), "votes_down": ("👎", "facepalm2")}
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "socket", **mapped) as lab,
    ):
        ts = await _posted(lab)
        await lab.people.react(ts, "unknown_one")
        await lab.people.react(ts, "facepalm2")
        await lab.people.react(ts, "party_parrot", user=BO)
        async with asyncio.timeout(PATIENCE):
            while await _counts(lab, ts) != (1, 1):
                await asyncio.sleep(0.05)


async def _posted(lab: Lab) -> str:
    await lab.people.invite()
    await lab.give("Graph transformers at scale")
    await lab.people.type("watch graph transformers")
    await lab.round()
    [post] = lab.slack.workspace.posts()
    ts: str = post["ts"]
    return ts


async def _react(
    lab: Lab, ts: str, person: str, delivered: tuple[int, ...], happened: list[int]
) -> None:
    """One person's doings, which happened in one order and are delivered in another."""
    now = time.time()
    times = {what: lab.slack.workspace.next_ts(now) for what in happened}
    for what in delivered:
        await lab.people.react(ts, user=person, added=what != GO, event_ts=times[what])


async def _standing(lab: Lab, ts: str) -> set[tuple[str, str]]:
    async with lab.app.database.read() as session:
        post = await posts.find_message(session, (await lab.channel()).id or 0, ts)
        assert post is not None
        return set(await votes.list_standing(session, post.id or 0))


async def _counts(lab: Lab, ts: str) -> tuple[int, int]:
    async with lab.app.database.read() as session:
        post = await posts.find_message(session, (await lab.channel()).id or 0, ts)
        assert post is not None
        counted = await votes.counts(session, [post.id or 0])
    return counted.get(post.id or 0, (0, 0))
