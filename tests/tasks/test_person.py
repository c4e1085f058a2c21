"""A person gets all that is kept of them, and can have it forgotten, with what it taught."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import CommandError, NotFoundError
from bot.rounds.retention import Kept, Retention
from bot.tasks import person
from bot.tasks.maintenance import distance
from config.settings import Settings
from storage import channels, votes, watches
from storage.database import Database
from storage.models import LocalMessage, LocalReaction, Post
from tests import make
from tests.make import NOON
from tests.rounds.voting import POSTS, Scene, voting


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, huggingface=False, half_life_days=30)


@pytest.fixture
async def scene(database: Database) -> Scene:
    """Anna and Bert voted on the same posts; Anna did a little of everything else."""
    made = await voting(database)
    for number in range(0, POSTS, 2):
        await made.vote(number, "👍", "anna", made.now)
        await made.vote(number, "👎" if number % 4 else "👍", "bert", made.now)
    async with database.write() as session:
        channel = await channels.get(session, 1)
        await votes.save(
            session, channel.workspace_id, "anna", made.papers[0].id or 0, on=True, at=made.now
        )
        await watches.add(session, 1, text="routing", typed="routin", by="anna", now=NOON)
        paper = await make.paper(session, "Handed in")
        await make.post(
            session,
            channel,
            paper,
            kind="submitted",
            match={"submitted_by": "Anna A.", "submitter": "anna", "score": 90.0},
        )
        session.add(
            LocalMessage(
                channel="local:general",
                author="Anna A.",
                reader="anna",
                kind="command",
                body={"text": "watch routin"},
                sent_at=NOON,
            )
        )
        await session.flush()
        session.add(LocalReaction(message_id=1, person="anna", emoji="👍", at=NOON))
    return made


async def exported(
    settings: Settings, who: str, capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    capsys.readouterr()
    assert await person.export(settings, who) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


async def test_an_export_holds_all_that_a_person_did(
    scene: Scene, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await exported(settings, "local:anna", capsys)

    assert {name: len(rows) for name, rows in found.items() if name != "person"} == {
        "votes": POSTS / 2,
        "saved_papers": 1,
        "watches": 1,
        "zotero_libraries": 0,
        "submitted_papers": 1,
        "local_messages": 1,
        "local_reactions": 1,
    }
    assert found["watches"][0]["watch"] == "routin"
    assert found["local_messages"][0]["text"] == "watch routin"


async def test_what_is_forgotten_is_in_no_export_and_others_keep_theirs(
    scene: Scene, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    others = await exported(settings, "local:bert", capsys)

    assert await person.forget(settings, "local:anna", sure=True) == 0

    with pytest.raises(NotFoundError, match="Nothing is kept of local:anna"):
        await person.export(settings, "local:anna")
    assert await exported(settings, "local:bert", capsys) == others
    async with scene.database.read() as session:
        assert [one.text for one in await watches.list_channel(session, 1)] == ["routing"]
        handed_in = await session.get(Post, POSTS + 1)
        assert await session.get(LocalReaction, (1, "anna", "👍")) is None
    assert handed_in is not None
    assert handed_in.match == {"score": 90.0}


async def test_whoever_forgets_somebody_of_a_platform_hears_what_the_platform_still_shows(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        channel = await make.channel(session, "slack:T0LAB/C0LAB")
        await watches.add(
            session, channel.id or 0, text="routing", typed="routing", by="U0ADA", now=NOON
        )

    await person.forget(settings, "slack:T0LAB/U0ADA", sure=True)

    assert "take those off themselves" in capsys.readouterr().out


@pytest.mark.parametrize("folded", [False, True])
async def test_a_taste_without_a_person_is_what_the_others_taught(
    scene: Scene, settings: Settings, tmp_path: Path, folded: bool
) -> None:
    if folded:
        kept = Kept(votes=timedelta(days=7))
        retention = Retention(scene.database, scene.tastes, kept, timedelta(days=7))
        await retention.let_go(NOON + timedelta(days=12))
    before = await scene.taste()

    await person.forget(settings, "local:anna", sure=True)

    after, alone = await scene.taste(), await _without_anna(tmp_path)
    assert after.votes == before.votes / 2 == alone.votes
    assert distance(before, after, scene.papers, scene.now) > 1e-3
    assert distance(after, alone, scene.papers, scene.now) <= 1e-6


async def _without_anna(tmp_path: Path) -> Any:
    """The taste of a channel in which Bert alone ever voted."""
    folder = tmp_path / "alone"
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'paperround.sqlite'}")
    await database.migrate()
    scene = await voting(database)
    for number in range(0, POSTS, 2):
        await scene.vote(number, "👎" if number % 4 else "👍", "bert", scene.now)
    async with database.write() as session:
        await watches.add(session, 1, text="routing", typed="routin", by="bert", now=NOON)
    taste = await scene.taste()
    await database.close()
    return taste


async def test_without_yes_nothing_is_deleted(
    scene: Scene, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await exported(settings, "local:anna", capsys)

    assert await person.forget(settings, "local:anna", sure=False) == 0

    assert "15 votes, 1 saved papers" in capsys.readouterr().out
    assert await exported(settings, "local:anna", capsys) == before


@pytest.mark.parametrize("who", ["anna", "local:", "teams:anna", "slack:T1/"])
async def test_a_person_who_cannot_be_meant_is_refused(settings: Settings, who: str) -> None:
    with pytest.raises(CommandError, match="slack:T0123/U0123"):
        await person.export(settings, who)


async def test_a_workspace_that_is_not_known_is_said(scene: Scene, settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="slack T9"):
        await person.export(settings, "slack:T9/U1")


@pytest.mark.parametrize("who", ["local:Reader", "local:you", "local: Reader "])
async def test_whoever_never_said_a_name_is_found_under_what_others_read(
    who: str, scene: Scene, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await scene.vote(0, "👍", "you", scene.now)

    assert len((await exported(settings, who, capsys))["votes"]) == 1
    assert await person.forget(settings, who, sure=True) == 0
    with pytest.raises(NotFoundError):
        await person.export(settings, who)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("local:Ana", "Did you mean local:anna"),
        ("local:ANNA", "Did you mean local:anna"),
        ("local:zz", "nobody of this name or id did anything here.$"),
    ],
)
async def test_a_name_of_nobody_is_refused_with_the_nearest(
    who: str, said: str, scene: Scene, settings: Settings
) -> None:
    for ask in (person.export(settings, who), person.forget(settings, who, sure=True)):
        with pytest.raises(NotFoundError, match=said):
            await ask


async def test_a_name_where_an_id_is_needed_is_refused_with_where_the_id_is(
    database: Database, settings: Settings
) -> None:
    async with database.write() as session:
        await make.channel(session, "slack:T0LAB/C0LAB")

    with pytest.raises(NotFoundError, match="Copy member ID"):
        await person.export(settings, "slack:T0LAB/ada")
