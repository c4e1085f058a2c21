"""What a team does with the bot from its first day to its last, on whichever Slack there is."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlmodel import col, func, select

from bot.app import App
from bot.rounds.engine import Engine
from bot.rounds.scheduling.schedule import Slot
from bot.sources.base import Entry
from storage import channels
from storage.models import Channel, Vote
from tests.peers.slack.strict import check_blocks, check_view
from tests.peers.slack.workspace import ADA, BO
from tests.waiting import PATIENCE

Message = Mapping[str, Any]
Fields = dict[str, dict[str, Any]]

GRAPHS = ("Graph transformers at scale", "Fast graph transformers", "Graph transformers on phones")
SPEECH = ("Speech codecs at scale", "Fast speech codecs", "Speech codecs on phones")


class Stage(Protocol):
    """A Slack with Ada and Bo in one channel, and the program that listens to it."""

    app: App
    engine: Engine
    address: str

    async def arrive(self) -> None:
        """The bot comes to the channel."""
        ...

    async def type(self, text: str) -> str:
        """Ada types `/papers <text>`; returns what she alone reads."""
        ...

    async def messages(self) -> Sequence[Message]:
        """What everybody sees in the channel and its threads, in the order of sending."""
        ...

    async def react(self, ts: str, name: str, *, user: str = ADA, added: bool = True) -> None:
        """Somebody puts a reaction on a message, or takes it off."""
        ...

    async def link(self, ts: str) -> str:
        """What "Copy link" of a message gives."""
        ...

    async def show_picture(self, command: str) -> None:
        """Ada types a command and presses the button below its answer."""
        ...

    async def open_form(self) -> dict[str, Any]:
        """Ada types `/papers` alone; returns the form that opens."""
        ...

    async def submit(self, form: dict[str, Any], fields: Fields) -> Mapping[str, str]:
        """Ada saves the form; returns the mistakes that she is shown, by block."""
        ...

    async def home(self) -> dict[str, Any]:
        """Ada opens the bot's Home tab; returns what she sees."""
        ...


async def tell(stage: Stage) -> None:
    """From the first message to the last but one: what follows is that the app is removed."""
    await stage.arrive()
    await _watch(stage)
    await _votes_change_the_picks(stage)
    await _picture(stage)
    await _digest(stage)
    await _short_post_by_its_link(stage)
    await _modal(stage)
    await _home(stage)


async def channel_of(stage: Stage) -> Channel:
    """The row of the channel."""
    async with stage.app.database.read() as session:
        found = await channels.find(session, stage.address)
    assert found is not None
    return found


async def give(stage: Stage, *titles: str) -> None:
    """Papers come in."""
    entries = [
        Entry(title=title, abstract=f"We study {title}. It works.", names=(f"id:{title}",))
        for title in titles
    ]
    await stage.app.services.polling.take(entries, "import", "files", shared=True)


async def hold_round(stage: Stage) -> list[Message]:
    """A round in the channel; returns the papers that it brought."""
    before = len(await papers(stage))
    channel = await channel_of(stage)
    await stage.engine.run_slot(Slot(channel.id or 0, stage.app.clock()))
    return (await papers(stage))[before:]


async def papers(stage: Stage) -> list[Message]:
    """The messages that are papers: a title, a colon and a summary in the fallback text."""
    return [m for m in await stage.messages() if ": We study" in m.get("text", "")]


async def eventually(stage: Stage, command: str, said: str) -> str:
    """Type until the answer says something, as what people did arrives beside the work."""
    async with asyncio.timeout(PATIENCE):
        while said not in (answer := await stage.type(command)):
            await asyncio.sleep(0.05)
    return answer


def title_of(message: Message) -> str:
    """The title of a paper's message."""
    return str(message["text"]).partition(": We study")[0]


def as_shown(form: Mapping[str, Any]) -> Fields:
    """The fields of a form as a person finds them, who has changed nothing yet."""
    return {
        block["block_id"]: _untouched(block["element"])
        for block in form["blocks"]
        if block["type"] == "input"
    }


def _untouched(element: Mapping[str, Any]) -> dict[str, Any]:
    match element["type"]:
        case "static_select":
            return {"selected_option": element.get("initial_option")}
        case "checkboxes" | "multi_static_select":
            return {"selected_options": element.get("initial_options", [])}
    return {"value": element.get("initial_value")}


async def _watch(stage: Stage) -> None:
    await give(stage, *GRAPHS, *SPEECH)
    assert "Watching" in await stage.type("watch graph transformers")
    await stage.type("watch speech codecs")
    await _until_said(stage, "ada watches speech codec")
    assert "Did you mean" in await stage.type("wacth routing")


async def _votes_change_the_picks(stage: Stage) -> None:
    """With room for one paper, the topic that people like comes; they change their minds."""
    await stage.type("limit 6")
    posts = await hold_round(stage)
    assert sorted(map(title_of, posts)) == sorted((*GRAPHS, *SPEECH))
    assert all(check_blocks(post["blocks"]) is None for post in posts)
    assert await hold_round(stage) == []

    await _vote(stage, posts, up=GRAPHS, down=SPEECH)
    await stage.type("limit 7")
    await give(stage, "Speech codecs, second part", "Graph transformers, second part")
    assert list(map(title_of, await hold_round(stage))) == ["Graph transformers, second part"]

    await _vote(stage, posts, up=GRAPHS, down=SPEECH, added=False)
    await _vote(stage, posts, up=SPEECH, down=GRAPHS)
    await stage.type("limit 8")
    await give(stage, "Speech codecs, third part", "Graph transformers, third part")
    [pick] = await hold_round(stage)
    assert title_of(pick).startswith("Speech codecs")
    assert "your channel likes" in str(pick["blocks"])


async def _vote(
    stage: Stage,
    posts: Sequence[Message],
    *,
    up: Sequence[str],
    down: Sequence[str],
    added: bool = True,
) -> None:
    before = await _counted(stage)
    for post in posts:
        name = "+1::skin-tone-3" if title_of(post) in up else "-1"
        for user in (ADA, BO):
            await stage.react(str(post["ts"]), name, user=user, added=added)
    moved = 2 * (len(up) + len(down)) * (1 if added else -1)
    async with asyncio.timeout(PATIENCE):
        while await _counted(stage) != before + moved:
            await asyncio.sleep(0.05)


async def _counted(stage: Stage) -> int:
    """How many votes stand in the channel."""
    statement = select(func.count()).select_from(Vote).where(col(Vote.removed).is_(False))
    async with stage.app.database.read() as session:
        return (await session.exec(statement)).one()


async def _picture(stage: Stage) -> None:
    await stage.show_picture("stats")
    shown = await _until_said(stage, "asked for `/papers stats`")
    [file] = shown["files"]
    assert file["title"].endswith(".png")


async def _digest(stage: Stage) -> None:
    await stage.type("style digest")
    await stage.type("limit 10")
    posts = await hold_round(stage)
    heads = {post["thread_ts"] for post in posts}
    [head] = [m for m in await stage.messages() if m["ts"] in heads]
    assert len(posts) == 2
    assert all(title_of(post) in str(head["blocks"]) for post in posts)

    before = await _counted(stage)
    await stage.react(str(head["ts"]), "+1")
    await stage.react(str(posts[1]["ts"]), "+1")
    await eventually(stage, "top week", f"+1* {title_of(posts[1])}")
    assert await _counted(stage) == before + 1


async def _short_post_by_its_link(stage: Stage) -> None:
    await stage.type("style short")
    await stage.type("limit 11")
    await give(stage, "Graph transformers in short")
    channel = await channel_of(stage)
    await stage.engine.run_slot(Slot(channel.id or 0, stage.app.clock()))
    details = await _until_said(stage, "We study Graph transformers in short")
    [post] = [m for m in await stage.messages() if m["ts"] == details.get("thread_ts")]
    assert "Graph transformers in short" in post["text"]
    assert "It works" not in str(post["blocks"])

    why = await stage.type(f"why {await stage.link(str(details['ts']))}")
    assert "Why* Graph transformers in short" in why
    await stage.type(f"delete {await stage.link(str(post['ts']))}")
    async with asyncio.timeout(PATIENCE):
        while post["ts"] in [m["ts"] for m in await stage.messages() if "subtype" not in m]:
            await asyncio.sleep(0.05)
    await stage.type("style cards")


async def _modal(stage: Stage) -> None:
    form = await stage.open_form()
    assert check_view(form) is None
    assert "graph transformer" in str(form["blocks"])

    fields = as_shown(form)
    assert set(await stage.submit(form, fields | {"watch": {"value": '"open'}})) == {"watch"}
    changed = {"watch": {"value": "protein folding"}, "limit": {"value": "12"}}
    assert await stage.submit(form, fields | changed) == {}
    await eventually(stage, "list", "protein folding")
    await eventually(stage, "settings", "12")
    assert (await channel_of(stage)).post_limit == 12


async def _home(stage: Stage) -> None:
    saved = (await papers(stage))[0]
    await stage.react(str(saved["ts"]), "bookmark")
    await eventually(stage, "saved", title_of(saved))

    home = await stage.home()

    assert check_view(home) is None
    assert title_of(saved) in str(home["blocks"])
    assert "<#C0LAB>" in str(home["blocks"])


async def _until_said(stage: Stage, text: str) -> Message:
    """The last message in the channel with this text, once it is there."""
    async with asyncio.timeout(PATIENCE):
        while not (found := [m for m in await stage.messages() if text in m.get("text", "")]):
            await asyncio.sleep(0.05)
    return found[-1]
