"""Many workspaces install the app, each with a token of its own that rests sealed."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.errors import ChannelGoneError, NotSentError, Obstacle, SettingsError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import Wire
from bot.platforms.slack.sealed_tokens import SealedTokens
from bot.ports import ChannelRef
from storage import installations
from storage.database import Database
from storage.installations import Vault, new_key
from storage.models import ChannelState
from tests.peers.slack.people import OverWeb
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BOT_ID, BOT_USER, TEAM, Workspace
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import LAB, Deaf
from tests.platforms.slack.lab import Lab, running, titles
from tests.postgres import Postgres
from tests.waiting import PATIENCE

CODE = {
    "access_token": "xoxb-test-1",
    "team": {"id": TEAM, "name": "Lab"},
    "enterprise": None,
    "authed_user": {"id": ADA},
}


class Browser:
    """A person's browser: it keeps cookies and follows nothing by itself."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.cookie = ""

    async def begin(self) -> dict[str, list[str]]:
        """Press the button of the install page; returns what it asks Slack for."""
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{self._lab.url}/slack/install") as page:
                [button] = re.findall(r'class="button" href="([^"]+)"', await page.text())
            async with session.get(f"{self._lab.url}{button}", allow_redirects=False) as sent:
                self.cookie = sent.headers["Set-Cookie"].partition(";")[0]
                link = sent.headers["Location"]
        assert link.startswith("https://slack.com/oauth/v2/authorize?")
        return parse_qs(urlsplit(link).query)

    async def come_back(self, code: str, state: str) -> tuple[int, str]:
        """Slack sends the browser back."""
        async with (
            aiohttp.ClientSession(headers={"Cookie": self.cookie}) as session,
            session.get(
                f"{self._lab.url}/slack/oauth_redirect", params={"code": code, "state": state}
            ) as answer,
        ):
            return answer.status, await answer.text()


async def test_install_use_and_uninstall(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "oauth") as lab:
        slack.codes["good"] = dict(CODE)
        browser = Browser(lab)
        asked = await browser.begin()
        assert "commands" in asked["scope"][0]
        assert asked["redirect_uri"] == ["https://papers.example.org/slack/oauth_redirect"]

        status, page = await browser.come_back("good", asked["state"][0])
        assert (status, "xoxb" in page) == (200, False)
        again, _ = await browser.come_back("good", asked["state"][0])
        assert again == 401

        await lab.people.invite()
        await slack.wait_for(lambda: len(slack.workspace.texts()) == 1)
        await lab.people.happen({"type": "app_uninstalled"})
        assert await _gone(lab)
        with pytest.raises(ChannelGoneError):
            await lab.chat.post(LAB, ORDINARY, delivery_id="d")

    assert b"xoxb-test-1" not in _everything(tmp_path)


def _everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*.sqlite*"))


async def test_a_state_that_was_not_issued_to_this_browser_installs_nothing(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "oauth") as lab:
        slack.codes["good"] = dict(CODE)
        mine, other = Browser(lab), Browser(lab)
        asked = await mine.begin()
        await other.begin()

        status, _ = await other.come_back("good", asked["state"][0])

        assert status == 400
        assert slack.counts["oauth.v2.access"] == 0


async def _gone(lab: Lab) -> bool:
    async with asyncio.timeout(PATIENCE):
        while (await lab.channel()).state is not ChannelState.GONE:
            await asyncio.sleep(0.05)
    return True


@pytest.fixture
def key() -> str:
    return new_key()


def _keyring(database: Database, slack: FakeSlack, key: str) -> SealedTokens:
    install = "https://papers.example.org/slack/install"
    return SealedTokens(database, Vault(key), Wire(f"{slack.url}/api/"), ("1.2", "cs"), install)


def _record(**more: Any) -> dict[str, Any]:
    return {
        "token": "xoxb-test-1",
        "bot_user": BOT_USER,
        "bot_id": BOT_ID,
        "workspace": TEAM,
        "organisation": None,
        "whole": False,
        "refresh_token": None,
        "expires_at": None,
        **more,
    }


async def test_a_token_that_ends_soon_is_renewed_once(
    database: Database, slack: FakeSlack, key: str
) -> None:
    slack.codes["r1"] = {"access_token": "xoxb-new", "refresh_token": "r2", "expires_in": 43_200}
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(refresh_token="r1", expires_at=time.time() + 60))

    found = await asyncio.gather(*(keyring.find(TEAM) for _ in range(5)))

    assert {access.token for access in found if access} == {"xoxb-new"}
    assert slack.counts["oauth.v2.access"] == 1
    await keyring._wire.close()


async def test_of_several_processes_on_one_postgres_one_renews_a_token(
    postgres: Postgres, migrated_postgres: str, key: str
) -> None:
    name = postgres.create(migrated_postgres)
    processes = [Database(postgres.url(name)) for _ in range(3)]
    async with FakeSlack() as slack:
        slack.codes["r1"] = {
            "access_token": "xoxb-new",
            "refresh_token": "r2",
            "expires_in": 43_200,
        }
        slack.delay = 0.3
        keyrings = [_keyring(database, slack, key) for database in processes]
        await keyrings[0].keep(_record(refresh_token="r1", expires_at=time.time() + 30))

        found = await asyncio.gather(*(each.find(TEAM) for each in keyrings))

        assert [one and one.token for one in found] == ["xoxb-new"] * 3
        assert slack.counts["oauth.v2.access"] == 1
    for database, keyring in zip(processes, keyrings, strict=True):
        await keyring._wire.close()
        await database.close()
    postgres.drop(name)


async def test_a_token_that_cannot_be_renewed_now_holds_posts_back_and_loses_none(
    database: Database, slack: FakeSlack, key: str
) -> None:
    slack.faults.add("oauth.v2.access", "service_unavailable")
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(refresh_token="r1", expires_at=time.time() + 30))

    with pytest.raises(NotSentError):
        await keyring.find(TEAM)
    await keyring._wire.close()


@pytest.mark.parametrize("asked_first", [False, True])
async def test_a_lost_key_that_renews_the_token_is_named_and_ends_with_the_next_installation(
    database: Database, slack: FakeSlack, key: str, *, asked_first: bool
) -> None:
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(refresh_token="used", expires_at=time.time() - 1))
    chat = SlackChat(keyring, keyring._wire, Deaf())
    if asked_first:
        with pytest.raises(SettingsError, match=TEAM):
            await chat.introduce()

    for _ in range(3):
        with pytest.raises(ChannelGoneError, match="/slack/install") as caught:
            await chat.post(LAB, ORDINARY, delivery_id="d")

    assert caught.value.obstacle is Obstacle.REMOVED
    assert slack.counts["oauth.v2.access"] == 1
    with pytest.raises(SettingsError, match=TEAM):
        await chat.introduce()
    [trouble] = await chat.troubles()
    assert TEAM in trouble
    assert "https://papers.example.org/slack/install" in trouble

    await keyring.keep(_record())
    assert await chat.troubles() == []
    await chat.post(LAB, ORDINARY, delivery_id="d")
    await chat.stop()


@pytest.mark.parametrize(
    "whole", [{}, {"workspace": None, "organisation": "E1", "whole": True}], ids=["one", "all"]
)
async def test_while_the_token_is_good_the_installer_hears_that_its_key_is_lost(
    database: Database, slack: FakeSlack, key: str, whole: dict[str, Any]
) -> None:
    keyring = _keyring(database, slack, key)
    chat = SlackChat(keyring, keyring._wire, Deaf())
    keyring.lost = chat.tell_lost_token
    ends = time.time() + 3_600
    await keyring.keep(_record(refresh_token="used", expires_at=ends, installer=ADA, **whole))
    await keyring.find(TEAM, whole.get("organisation"))

    await chat.post(LAB, ORDINARY, delivery_id="d1")
    await slack.wait_for(lambda: len(slack.workspace.ephemeral) == 1)
    await chat.post(LAB, ORDINARY, delivery_id="d2")
    await chat.stop()

    [told] = slack.workspace.ephemeral
    assert told["channel"] == ADA
    assert "/slack/install" in str(told["blocks"])
    assert slack.counts["oauth.v2.access"] == 1


async def test_whoever_types_where_the_app_must_be_installed_again_reads_so(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "oauth") as lab:
        keyring = lab.chat.keyring
        assert isinstance(keyring, SealedTokens)
        await keyring.keep(_record(refresh_token="used", expires_at=time.time() - 1))
        web = OverWeb(lab.url)

        status, told = await web.post("slash_commands", lab.people.command("list"))
        heard, _ = await web.post(
            "events_api", {"type": "event_callback", "team_id": TEAM, "event": {"type": "x"}}
        )

    assert status == 200
    assert "https://papers.example.org/slack/install" in told
    assert heard == 200


async def test_an_event_that_can_be_served_soon_is_left_to_slack_to_send_again(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "oauth") as lab:
        keyring = lab.chat.keyring
        assert isinstance(keyring, SealedTokens)
        await keyring.keep(_record(refresh_token="r1", expires_at=time.time() - 1))
        slack.faults.add("oauth.v2.access", "service_unavailable")

        status, _ = await OverWeb(lab.url).post(
            "events_api", {"type": "event_callback", "team_id": TEAM, "event": {"type": "x"}}
        )

    assert status == 503


async def test_whoever_installs_the_app_is_told_in_private_what_to_do_next(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "oauth") as lab:
        await _install(lab, "first")
        await slack.wait_for(lambda: bool(slack.workspace.ephemeral))

    [told] = slack.workspace.ephemeral
    assert told["channel"] == ADA
    assert "/invite @Paperround" in str(told["blocks"])


async def test_a_workspace_that_its_organisation_takes_away_and_grants_again_goes_on(
    tmp_path: Path,
) -> None:
    workspace = Workspace(enterprise="E1")
    async with FakeSlack(workspace) as slack, running(tmp_path, slack, "oauth") as lab:
        keyring = lab.chat.keyring
        assert isinstance(keyring, SealedTokens)
        await keyring.keep(_record(workspace=None, organisation="E1", whole=True))
        await lab.people.invite()
        await slack.wait_for(lambda: len(slack.workspace.texts()) == 1)
        await lab.people.happen({"type": "team_access_revoked", "team_ids": [TEAM]})
        assert await _gone(lab)

        await lab.people.happen({"type": "team_access_granted", "team_ids": [TEAM]})
        await _until_active(lab)


async def test_a_token_that_is_still_good_is_renewed_beside_the_work(
    database: Database, slack: FakeSlack, key: str
) -> None:
    slack.faults.add("oauth.v2.access", "stall", seconds=0.2)
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(refresh_token="r1", expires_at=time.time() + 3_600))

    found = await asyncio.gather(*(keyring.find(TEAM) for _ in range(5)))
    assert {access.token for access in found if access} == {"xoxb-test-1"}
    await asyncio.gather(*keyring._tasks)

    assert slack.counts["oauth.v2.access"] == 1
    access = await keyring.find(TEAM)
    assert access is not None
    assert access.token == "xoxb-test-1"
    assert slack.counts["oauth.v2.access"] == 1
    await keyring._wire.close()


async def test_a_new_token_that_came_meanwhile_is_used(
    database: Database, slack: FakeSlack, key: str
) -> None:
    slack.codes["r1"] = {"access_token": "xoxb-new", "refresh_token": "r2", "expires_in": 43_200}
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(refresh_token="r1", expires_at=time.time() + 3_600))

    await keyring.find(TEAM)
    await asyncio.gather(*keyring._tasks)

    access = await keyring.find(TEAM)
    assert access is not None
    assert access.token == "xoxb-new"
    await keyring._wire.close()


async def test_a_token_with_time_left_is_left_alone(
    database: Database, slack: FakeSlack, key: str
) -> None:
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(refresh_token="r1", expires_at=time.time() + 40_000))

    access = await keyring.find(TEAM)

    assert access is not None
    assert access.token == "xoxb-test-1"
    assert slack.counts["oauth.v2.access"] == 0


async def test_an_organisations_installation_serves_its_workspaces(
    database: Database, slack: FakeSlack, key: str
) -> None:
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record(workspace=None, organisation="E1", whole=True))

    assert await keyring.find("T9") is None
    assert await keyring.find("T9", "E1") is not None
    assert await keyring.find("T9") is not None

    late = datetime.now(UTC) - timedelta(minutes=1)
    assert await keyring.forget("T9", "E1", late) == []
    assert await keyring.find("T9") is not None
    assert await keyring.forget("T9", "E1", datetime.now(UTC)) == ["T9"]
    assert await keyring.find("T9") is None


async def test_tokens_sealed_with_another_key_wait_for_the_host(
    database: Database, slack: FakeSlack, key: str
) -> None:
    await _keyring(database, slack, key).keep(_record())
    keyring = _keyring(database, slack, new_key())
    chat = SlackChat(keyring, Wire(f"{slack.url}/api/"), Deaf())

    with pytest.raises(NotSentError, match="PAPERROUND_ENCRYPTION_KEY"):
        await chat.post(LAB, ORDINARY, delivery_id="d")
    await chat.stop()


async def test_each_workspace_is_spoken_to_with_its_own_token(database: Database, key: str) -> None:
    other = Workspace("T2", token="xoxb-two")
    other.channels["C0LAB"].members.add(BOT_USER)
    async with FakeSlack(Workspace(), other) as slack:
        keyring = _keyring(database, slack, key)
        await keyring.keep(_record())
        await keyring.keep(_record(token="xoxb-two", workspace="T2"))
        chat = SlackChat(keyring, Wire(f"{slack.url}/api/"), Deaf())

        await chat.post(ChannelRef("slack", "T2", "C0LAB"), ORDINARY, delivery_id="d")
        await chat.stop()
        await keyring._wire.close()

    assert len(other.posts()) == 1
    assert slack.workspace.posts() == []


async def test_installing_again_keeps_the_newest_token(
    database: Database, slack: FakeSlack, key: str
) -> None:
    keyring = _keyring(database, slack, key)
    await keyring.keep(_record())
    await keyring.keep(_record(token="xoxb-later"))

    access = await keyring.find(TEAM)

    assert access is not None
    assert access.token == "xoxb-later"
    async with database.read() as session:
        assert await installations.list_platform(session, "slack") == [TEAM]
        assert datetime.now(UTC) >= (await installations.find(session, "slack", TEAM)).installed_at


@pytest.mark.parametrize("stays", [True, False])
async def test_an_app_that_is_installed_again_goes_on_where_it_was_or_is_invited(
    tmp_path: Path, *, stays: bool
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "oauth") as lab:
        await _install(lab, "first")
        await lab.people.invite()
        await lab.people.type("watch graph transformers")
        await lab.people.happen({"type": "app_uninstalled"})
        assert await _gone(lab)
        await lab.give("Graph transformers at scale")

        slack.revoked.clear()
        if not stays:
            slack.workspace.channels["C0LAB"].members.discard(BOT_USER)
        await _install(lab, "second")
        if not stays:
            await lab.people.invite()
        await _until_active(lab)
        await lab.round()

        assert titles(slack.workspace.posts()) == ["Graph transformers at scale"]
        await slack.wait_for(lambda: "Back again: 1 watch" in str(slack.workspace.texts()))
        greetings = [
            text for text in slack.workspace.texts() if "What does this channel read?" in text
        ]
        assert len(greetings) == 1


async def _install(lab: Lab, code: str) -> None:
    lab.slack.codes[code] = dict(CODE)
    browser = Browser(lab)
    asked = await browser.begin()
    assert (await browser.come_back(code, asked["state"][0]))[0] == 200


async def _until_active(lab: Lab) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await lab.channel()).state is not ChannelState.ACTIVE:
            await asyncio.sleep(0.05)
