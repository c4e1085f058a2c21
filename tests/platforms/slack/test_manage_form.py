"""The form does what the same commands would, for those who may."""

from dataclasses import replace
from typing import Any

import pytest

from bot.platforms.slack.manage_view import (
    FormChange,
    ViewState,
    edit_view,
    manage_view,
    mark_of,
    mistakes,
    wishes,
)
from bot.ports import Overview, SourceLine
from tests.peers.slack.strict import check_view
from tests.peers.slack.workspace import BO
from tests.platforms.slack.edge import edge
from tests.platforms.slack.inbox import PLAIN


def state(values: dict[str, Any]) -> dict[str, Any]:
    return {"values": {block: {"value": value} for block, value in values.items()}}


def chosen(*values: str) -> dict[str, Any]:
    return {"selected_options": [{"value": value} for value in values]}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"watch": {"value": None}, "schedule": {"value": "daily 09:00 UTC"}}, []),
        ({"watch": {"value": " a  b "}}, ["watch a b"]),
        ({"schedule": {"value": "instant"}}, ["schedule instant"]),
        ({"limit": {"value": "7"}, "threshold": {"value": "80"}}, ["limit 7"]),
        ({"threshold": {"value": "90"}}, ["threshold 90"]),
        ({"switches": chosen("quiet")}, []),
        ({"switches": chosen()}, ["quiet off"]),
        ({"switches": chosen("quiet", "paused")}, ["pause"]),
        ({"sources": chosen(mark_of("cs.LG"))}, []),
        ({"sources": chosen()}, ["sources remove cs.LG"]),
        (
            {"sources": chosen(mark_of("cs.LG"), mark_of("https://f.x/y"))},
            ["sources add https://f.x/y"],
        ),
        ({"source": {"value": "cs.CL"}}, ["sources add cs.CL"]),
        ({"style": {"selected_option": {"value": "cards"}}}, []),
        ({"style": {"selected_option": {"value": "digest"}}}, ["style digest"]),
        ({"style": {"selected_option": None}}, []),
    ],
)
def test_a_form_means_the_commands_for_what_changed(
    values: dict[str, Any], expected: list[str]
) -> None:
    assert [wish.text for wish in wishes(PLAIN, state(values))] == expected


def test_a_paused_channel_resumes() -> None:
    paused = replace(PLAIN, paused=True)

    asked = wishes(paused, state({"switches": chosen("quiet")}))

    assert [wish.text for wish in asked] == ["resume"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("watch routing", False),
        ('watch "open', True),
        ("watch (a OR", True),
        ("schedule sometimes", True),
        ("limit 99", True),
        ("sources add cs.LG", False),
    ],
)
def test_mistakes_are_found_before_anything_changes(text: str, wrong: bool) -> None:
    assert ("block" in mistakes([FormChange("block", text)])) is wrong


MANY = replace(
    PLAIN,
    watches=tuple(f'"watch {n}" & <b> ' + "x" * 300 for n in range(300)),
    sources=tuple(
        SourceLine("s" * 200, f"https://f.x/{n}" + "y" * 400, on=True) for n in range(150)
    ),
    schedule="daily 09:00 America/Argentina/ComodRivadavia mon,tue,wed,thu,fri",
    lost="the channel was archived & <gone>",
)


def test_the_longest_watch_can_be_edited() -> None:
    view = edit_view("x" * 2000, ViewState("C1"))

    field = view["blocks"][0]["element"]
    assert check_view(view) is None
    assert len(field["initial_value"]) <= field["max_length"]


@pytest.mark.parametrize("overview", [PLAIN, MANY, replace(PLAIN, watches=(), sources=())])
@pytest.mark.parametrize("page", [0, 5, 99])
@pytest.mark.parametrize("may_change", [True, False])
def test_every_form_keeps_slacks_limits(overview: Overview, page: int, may_change: bool) -> None:
    view = manage_view(overview, ViewState("C1", page), may_change=may_change, notice="a < b")

    assert check_view(view) is None
    assert ("submit" in view) is may_change


async def test_a_watch_is_removed_from_its_menu() -> None:
    async with edge() as one:
        form = await one.people.open_form()
        mark = mark_of("routing")
        await one.people.press(form, _menu(f"remove:{mark}"))
        await one.slack.wait_for(lambda: one.slack.counts["views.update"] == 1)
        shown = str(one.slack.api.views[form["id"]]["blocks"])

    assert [command.text for command in one.inbox.commands] == ["unwatch routing"]
    assert "_routing_" not in shown
    assert "ok unwatch" in shown


async def test_a_watch_is_rewritten_and_the_old_one_goes() -> None:
    async with edge() as one:
        form = await one.people.open_form()
        await one.people.press(form, _menu(f"edit:{mark_of('routing')}"))
        await one.slack.wait_for(lambda: len(one.slack.api.opened) == 2)
        edit = {**one.slack.api.opened[1], "root_view_id": form["id"]}

        wrong = await one.people.submit(edit, {"watch": {"value": '"open'}})
        assert "watch" in wrong["errors"]
        await one.people.submit(edit, {"watch": {"value": "sparse routing"}})
        await one.slack.wait_for(lambda: one.slack.counts["views.update"] == 1)
        shown = str(one.slack.api.views[form["id"]]["blocks"])

    assert [c.text for c in one.inbox.commands] == ["watch sparse routing", "unwatch routing"]
    assert "_sparse routing_" in shown
    assert "_routing_" not in shown


async def test_a_watch_that_is_gone_meanwhile_is_said_to_be() -> None:
    async with edge() as one:
        form = await one.people.open_form()
        await one.people.press(form, _menu(f"remove:{mark_of('other')}"))
        await one.slack.wait_for(lambda: one.slack.counts["views.update"] == 1)
        shown = str(one.slack.api.views[form["id"]]["blocks"])

    assert "That watch is gone" in shown
    assert one.inbox.commands == []


async def test_pages_turn() -> None:
    async with edge() as one:
        one.inbox.seen = MANY
        form = await one.people.open_form()
        await one.people.press(form, {"action_id": "page_later", "block_id": "pages", "value": "1"})
        await one.slack.wait_for(lambda: one.slack.counts["views.update"] == 1)
        shown = str(one.slack.api.views[form["id"]]["blocks"])

    assert "26. " in shown
    assert "25. " not in shown


async def test_a_form_for_somebody_who_may_not_change_has_nothing_to_save() -> None:
    async with edge(allowed=("admins",)) as one:
        form = await one.people.open_form(user=BO)

    assert "submit" not in form
    assert "overflow" not in str(form["blocks"])


async def test_a_guest_of_another_company_changes_nothing_by_pressing() -> None:
    async with edge() as one:
        form = await one.people.open_form()
        await one.people.press(form, _menu(f"remove:{mark_of('routing')}"), team="T0OTHER")
        await one.inbox.until(lambda: len(one.inbox.commands) == 1)

    assert not one.inbox.commands[0].may_change
    assert "routing" in one.inbox.seen.watches


async def test_what_became_of_a_saved_form_is_told_to_its_author_alone() -> None:
    async with edge() as one:
        form = await one.people.open_form()
        await one.people.submit(form, {"watch": {"value": "speech"}, "limit": {"value": "9"}})
        await one.slack.wait_for(lambda: len(one.slack.workspace.ephemeral) == 1)

    [told] = one.slack.workspace.ephemeral
    assert told["user"] == "U0ADA"
    assert told["text"] == "ok watch ok limit"


async def test_a_person_is_told_directly_where_the_bot_is_not() -> None:
    async with edge() as one:
        form = await one.people.open_form(channel="C0ADMIN")
        await one.people.submit(form, {"watch": {"value": "speech"}})
        await one.slack.wait_for(lambda: len(one.slack.workspace.ephemeral) == 1)

    [told] = one.slack.workspace.ephemeral
    assert (told["channel"], told["direct"]) == ("U0ADA", True)


def _menu(value: str) -> dict[str, Any]:
    return {
        "action_id": "watch_menu",
        "block_id": "watch_x",
        "type": "overflow",
        "selected_option": {"value": value, "text": {"type": "plain_text", "text": "x"}},
    }
