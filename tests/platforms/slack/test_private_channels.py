"""Of a private channel nothing is said outside it, whatever is asked or happens."""

import asyncio
from pathlib import Path

from bot.rounds.scheduling.schedule import Slot
from bot.sources.base import Entry
from storage import sources
from storage.models import ChannelSource, ChannelState
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO, BOT_USER
from tests.platforms.slack.lab import Lab, running
from tests.waiting import PATIENCE

FEED = "https://hidden.example/feed"
SECRETS = ("secret-lab", "C0SECRET", "We study gene", "hidden.example", "hidden feed")

ASKED = (
    "list", "settings", "stats", "top week", "agenda", "sources", "sources status", "export",
    "saved", "why Gene drives at scale", "search gene drives", "preview gene drives",
    "submit Gene drives at scale", "admin here", "help", "now",
)  # fmt: skip


async def test_who_is_not_in_a_private_channel_hears_nothing_of_it(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        posted = await _both(lab)
        link = f"https://lab.slack.com/archives/C0SECRET/p{posted.replace('.', '')}"
        before = len(slack.responses)
        said = {text: await lab.people.type(text, user=BO) for text in ASKED}
        for text in (f"why {link}", f"delete {link}", f"submit {link}"):
            said[text] = await lab.people.type(text, user=BO)
        form = await lab.people.open_form()
        home = await lab.people.look_at_home(BO)
        shown = {
            "answers": slack.responses[before:],
            "form": form,
            "home": home,
            "lab": list(slack.workspace.channels["C0LAB"].messages.values()),
            "admin": list(slack.workspace.channels["C0ADMIN"].messages.values()),
            "whispers": slack.workspace.ephemeral,
        }

    for where, what in shown.items():
        text = str(what).replace(link, "")
        assert [secret for secret in SECRETS if secret in text] == [], where


async def test_the_loss_of_a_private_channel_is_told_outside_it_to_nobody(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _both(lab)
        await lab.people.type("admin here")
        await lab.people.remove("C0SECRET")
        async with asyncio.timeout(PATIENCE):
            while (await lab.channel("slack:T0LAB/C0SECRET")).state is not ChannelState.GONE:
                await asyncio.sleep(0.02)
        told = [
            str(list(slack.workspace.channels[each].messages.values()))
            for each in ("C0LAB", "C0ADMIN")
        ]

    assert [secret for secret in SECRETS if secret in str(told)] == []


async def test_a_member_sees_the_private_channel_at_home(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _both(lab)
        home = str((await lab.people.look_at_home(ADA))["blocks"])

    assert "<#C0SECRET>" in home


async def _both(lab: Lab) -> str:
    """The lab, and a private channel of Ada's with a feed and a post; returns the post's ts."""
    secret = lab.slack.workspace.add_channel("C0SECRET", "secret-lab", private=True)
    secret.members = {ADA, BOT_USER}
    for channel in ("C0LAB", "C0SECRET"):
        await lab.people.invite(channel)
    await lab.people.type("watch graph transformers")
    await lab.people.type("watch gene drives", channel="C0SECRET")
    here = (await lab.channel("slack:T0LAB/C0SECRET")).id or 0
    entry = Entry(title="Gene drives at scale", abstract="We study gene drives.", names=("id:g",))
    await lab.app.services.polling.take([entry], "feed", FEED, shared=False)
    async with lab.app.database.write() as session:
        feed = await sources.add(session, kind="feed", spec=FEED, name="hidden feed")
        session.add(ChannelSource(channel_id=here, source_id=feed.id))
    await lab.give("Graph transformers at scale")
    await lab.engine.run_slot(Slot(here, lab.app.clock()))
    await lab.round()
    [post] = lab.slack.workspace.posts("C0SECRET")
    return str(post["ts"])
