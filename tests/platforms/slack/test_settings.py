"""What the host sets reaches the running program."""

import asyncio
from pathlib import Path

from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO, BOT_USER
from tests.platforms.slack.lab import running
from tests.waiting import PATIENCE


async def test_every_post_offers_the_votes_where_the_host_wants_it(tmp_path: Path) -> None:
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "socket", slack_seed_votes=True) as lab,
    ):
        await lab.people.invite()
        await lab.people.type("watch graph transformers")
        await lab.give("Graph transformers at scale")
        await lab.round()
        [post] = slack.workspace.posts()
        offered = slack.workspace.reactions[("C0LAB", post["ts"])]
        await slack.wait_for(lambda: len(offered) == 3)

        for name in offered:
            await lab.people.react(post["ts"], name, user=BOT_USER)
        await lab.people.react(post["ts"], "-1", user=BO)
        async with asyncio.timeout(PATIENCE):
            while "1 down" not in (said := await lab.people.type("stats")):
                await asyncio.sleep(0.05)

    assert set(offered) == {"+1", "-1", "bookmark"}
    assert "0 up and 1 down, by 1 person" in said


async def test_whom_the_host_names_may_change_a_channel_and_nobody_else(tmp_path: Path) -> None:
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "socket", slack_may_change=(BO,)) as lab,
    ):
        await lab.people.invite()

        refused = await lab.people.type("limit 7", user=ADA)
        form = await lab.people.open_form(user=ADA)
        taken = await lab.people.type("limit 8", user=BO)

        assert "you may not change this channel" in refused
        assert "submit" not in form
        assert "8 papers a day" in taken
        assert (await lab.channel()).post_limit == 8
