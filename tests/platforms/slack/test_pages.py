"""The public pages say what the app does, asks for and keeps; nothing from outside is markup."""

import struct
from html import unescape
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.bootstrap import host_of
from bot.platforms.slack.manifest import bot_scopes, optional_scopes
from bot.platforms.slack.pages import SCOPES, Pages, draw_icon
from bot.platforms.slack.policies import POLICIES, Host, write_policy
from bot.tasks.platform_setup import print_policy
from config.settings import Settings
from tests.peers.slack.server import FakeSlack
from tests.platforms.slack.lab import running

LAB = Host(operator="The Lab", support="help@example.org", public_url="https://p.example.org")


def pages(host: Host = LAB) -> Pages:
    return Pages(host, bot_scopes(seeds=True), optional_scopes())


def test_every_permission_has_its_reason() -> None:
    shown = unescape(bytes(pages().landing().body).decode())

    assert set(SCOPES) == set(bot_scopes(seeds=True))
    assert all(why in shown for _, why in SCOPES.values())
    assert shown.count("your choice") == len(optional_scopes())


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_filled_in_whole(name: str) -> None:
    text = write_policy(name, LAB)

    assert "The Lab" in text
    assert "help@example.org" in text
    assert "{" not in text


@pytest.mark.parametrize("name", POLICIES)
def test_a_host_may_write_a_policy_of_its_own(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.md").write_text("Ours, {{ operator }}.")

    assert write_policy(name, Host(operator="Us", folder=tmp_path)) == "Ours, Us."


def test_the_settings_fill_in_a_policy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, operator="The Lab", support="https://p.example.org", keep_votes_days=90
    )

    assert print_policy(settings, "privacy") == 0

    assert "Votes 90 days" in capsys.readouterr().out
    assert host_of(settings).support == "https://p.example.org"


def test_nothing_of_the_hosts_or_slacks_becomes_markup() -> None:
    hostile = "<script>alert(1)</script>"
    made = pages(Host(operator=hostile, support=hostile))

    shown = [
        bytes(made.landing().body).decode(),
        bytes(made.policy("privacy").body).decode(),
        made.done(hostile, "A1", "T1"),
        made.failed(hostile),
    ]

    assert not any("<script" in page for page in shown)


def test_the_icon_is_a_square_that_the_directories_take() -> None:
    png = draw_icon()

    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (1024, 1024)


async def test_the_pages_are_public_and_run_no_script(tmp_path: Path) -> None:
    names = ("install", "privacy", "terms", "icon.svg")
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "oauth", operator="The Lab", support="help@example.org") as lab,
        aiohttp.ClientSession() as session,
    ):
        for name in names:
            async with session.get(f"{lab.url}/slack/{name}") as answer:
                assert answer.status == 200
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        async with session.get(
            f"{lab.url}/slack/oauth_redirect", params={"error": "<b>access_denied"}
        ) as refused:
            page = await refused.text()

    assert "was not installed" in page
    assert "<b>" not in page


ODD_QUERIES = (
    "", "?state=%00&code=%00", "?state=%ED%A0%80", "?code=x", "?error[]=1", "?error=%3Cscript%3E",
    "?state=" + "s" * 4000, "?team=%0d%0aSet-Cookie:x",
)  # fmt: skip


@pytest.mark.parametrize("query", ODD_QUERIES)
async def test_an_odd_way_back_from_slack_ends_on_a_page(tmp_path: Path, query: str) -> None:
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "oauth") as lab,
        aiohttp.ClientSession() as session,
    ):
        for path in ("oauth_redirect", "install/direct"):
            address = URL(f"{lab.url}/slack/{path}{query}", encoded=True)
            headers = {"Cookie": 'slack-app-oauth-state="\\"; ;=; é'}
            async with session.get(address, headers=headers, allow_redirects=False) as answer:
                assert answer.status < 500
                assert "<script>" not in await answer.text()
                assert "x" not in answer.headers.getall("Set-Cookie", [])


async def test_where_a_person_helps_stands_in_help_settings_and_home(tmp_path: Path) -> None:
    async with (
        FakeSlack() as slack,
        running(tmp_path, slack, "socket", support="help@example.org") as lab,
    ):
        told = [await lab.people.type("help"), await lab.people.type("settings")]
        home = str((await lab.people.look_at_home())["blocks"])

    assert all("help@example.org" in text for text in told)
    assert "help@example.org" in home
