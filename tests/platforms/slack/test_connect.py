"""Channels that companies share (Slack Connect): votes of everybody, changes by one's own people.

The shapes are those of Slack's documentation: an event is sent once an app, however many of the
companies installed it, `authorizations` names any one of the installations alone, and
`is_ext_shared_channel` says where it happened ("Events API", "Understanding Slack Connect").
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.platforms.slack.auth import Access
from storage import channels
from storage.database import Database
from tests import make
from tests.peers.slack.workspace import ADA, BOT_ID, BOT_TOKEN, BOT_USER, TEAM
from tests.platforms.slack.conftest import LAB
from tests.platforms.slack.edge import Edge, Mode, edge

OTHER, EVE, OTHER_BOT = "T0OTHER", "U0EVE", "U0BOT2"


class TwoCompanies:
    """A `Keyring` of an app that both companies of a channel have installed."""

    async def find(self, workspace: str | None, organisation: str | None = None) -> Access | None:
        bots = {TEAM: BOT_USER, OTHER: OTHER_BOT}
        if workspace not in bots:
            return None
        return Access(BOT_TOKEN, bots[workspace], BOT_ID, workspace)

    async def forget(
        self, workspace: str | None, organisation: str | None, at: datetime
    ) -> list[str]:
        return []


async def both(channel: str) -> Sequence[str]:
    return (TEAM, OTHER) if channel == LAB.channel else ()


def shared_reaction(number: int, *, seen_by: str, author: str = BOT_USER) -> dict[str, Any]:
    """Eve's thumb on a message of a bot, in the name of one company's installation."""
    return {
        "type": "event_callback",
        "event_id": f"EvShared{number}",
        "event_time": 1_700_000_000,
        "team_id": OTHER,
        "context_team_id": OTHER,
        "context_enterprise_id": None,
        "api_app_id": "A0APP",
        "is_ext_shared_channel": True,
        "event": {
            "type": "reaction_added",
            "user": EVE,
            "reaction": "+1",
            "item": {"type": "message", "channel": LAB.channel, "ts": f"1.{number}"},
            "item_user": author,
            "event_ts": "1700000000.000100",
        },
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": seen_by,
                "user_id": BOT_USER if seen_by == TEAM else OTHER_BOT,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
    }


async def told(one: Edge, *bodies: dict[str, Any]) -> list[tuple[str, str]]:
    """The channel and the message of every reaction that reached the inbox."""
    for body in bodies:
        await one.people.deliver(body)
    await one.people.deliver(shared_reaction(99, seen_by=TEAM))
    await one.inbox.until(lambda: any(r.message.message == "1.99" for r in one.inbox.reactions))
    await one.chat.stop()
    heard = [(str(r.message.channel), r.message.message) for r in one.inbox.reactions]
    return [each for each in heard if each[1] != "1.99"]


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_other_companys_vote_counts_where_one_company_has_the_app(mode: Mode) -> None:
    async with edge(mode) as one:
        assert await told(one, shared_reaction(1, seen_by=TEAM)) == [(str(LAB), "1.1")]

    assert {reaction.person.id for reaction in one.inbox.reactions} == {EVE}


@pytest.mark.parametrize("seen_by", [TEAM, OTHER])
@pytest.mark.parametrize(("author", "company"), [(BOT_USER, TEAM), (OTHER_BOT, OTHER)])
async def test_where_both_have_the_app_a_vote_is_for_the_company_whose_post_it_is_on(
    seen_by: str, author: str, company: str
) -> None:
    async with edge(keyring=TwoCompanies(), sharers=both) as one:
        heard = await told(one, shared_reaction(1, seen_by=seen_by, author=author))

    assert heard == [(f"slack:{company}/C0LAB", "1.1")]


async def test_what_people_wrote_in_a_shared_channel_is_nobodys_post() -> None:
    async with edge(keyring=TwoCompanies(), sharers=both) as one:
        assert await told(one, shared_reaction(1, seen_by=OTHER, author=ADA)) == []


async def test_an_event_that_says_nothing_of_sharing_reaches_no_other_company() -> None:
    alone = shared_reaction(1, seen_by=OTHER) | {"is_ext_shared_channel": False}
    async with edge(keyring=TwoCompanies(), sharers=both) as one:
        assert await told(one, alone) == []


@pytest.mark.parametrize(("allowed", "may"), [(("members",), False), (("members", EVE), True)])
async def test_a_person_of_the_other_company_changes_a_channel_only_where_named(
    allowed: tuple[str, ...], may: bool
) -> None:
    async with edge(allowed=allowed) as one:
        command = one.people.command("limit 3") | {"user_id": EVE, "team_id": OTHER}
        await one.people._transport.send("slash_commands", command)
        await one.inbox.until(lambda: len(one.inbox.commands) == 1)

    [heard] = one.inbox.commands
    assert (heard.channel, heard.may_change) == (LAB, may)


async def test_the_other_companys_person_gets_a_form_without_anything_to_save() -> None:
    async with edge() as one:
        command = one.people.command("") | {"user_id": EVE, "team_id": OTHER}
        await one.people._transport.send("slash_commands", command)
        await one.slack.wait_for(lambda: len(one.slack.api.opened) == 1)

    assert "submit" not in one.slack.api.opened[0]


async def test_the_companies_of_a_channel_are_found_by_its_id_alone(database: Database) -> None:
    async with database.write() as session:
        for address in (f"slack:{TEAM}/C0LAB", f"slack:{OTHER}/C0LAB", "slack:T0THIRD/C0LAB2"):
            await make.channel(session, address)

    async with database.read() as session:
        assert await channels.list_sharers(session, "slack", "C0LAB") == [TEAM, OTHER]
        assert await channels.list_sharers(session, "slack", "%") == []
