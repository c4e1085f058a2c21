"""Slack's word on who acts is remembered, and its silence makes nobody an admin or a bot."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.auth import Directory, Wire
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO, BOT_TOKEN, ROBOT


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


@pytest.fixture
async def client(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    wire = Wire(f"{slack.url}/api/")
    yield wire.client(BOT_TOKEN)
    await wire.close()


@pytest.mark.parametrize(
    ("user", "admin", "robot"),
    [(ADA, True, False), (BO, False, False), (ROBOT, False, True), ("USLACKBOT", False, True)],
)
async def test_admins_and_bots_are_told_apart(
    client: AsyncWebClient, user: str, admin: bool, robot: bool
) -> None:
    directory = Directory()

    assert await directory.is_bot(client, user) is robot
    assert await directory.is_admin(client, user) is admin


async def test_what_slack_said_holds_for_ten_minutes(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    hours = [0.0]
    directory = Directory(now=lambda: hours[0] * 3600)
    for hour in (0.0, 0.1, 0.2):
        hours[0] = hour
        assert await directory.is_bot(client, ROBOT)

    assert slack.counts["users.info"] == 2


async def test_a_user_whom_slack_does_not_name_is_a_person_and_asked_for_once(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    directory = Directory()

    assert not await directory.is_bot(client, "U0STRANGER")
    assert not await directory.is_admin(client, "U0STRANGER")
    assert slack.counts["users.info"] == 1


async def test_where_slack_does_not_answer_everybody_is_a_person(client: AsyncWebClient) -> None:
    silent = Wire("http://127.0.0.1:1/api/")

    assert not await Directory().is_bot(silent.client(BOT_TOKEN), ROBOT)
    await silent.close()
