from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.discord.manage_form import FORMS, Look, Looks, commands, form, typed_values
from bot.platforms.discord.manage_view import CardPlace, panel
from bot.ports import Overview, SourceLine
from tests.platforms.discord.test_cards import assert_legal

NOW = Overview(
    name="general",
    watches=("mixture of experts",),
    schedule="daily 09:00 UTC",
    limit=5,
    threshold=80,
    beyond=1,
    quiet=True,
    paused=False,
    paused_until=None,
    sources=(SourceLine("Daily Papers", "daily", on=True),),
)


def test_a_panel_names_who_helps() -> None:
    helped = replace(NOW, support="help@example.org")

    told = str(panel(helped, CardPlace(Looks()), may_change=False).to_components())

    assert "Help from a person: help@example.org" in told
    assert "Help from a person" not in str(
        panel(NOW, CardPlace(Looks()), may_change=False).to_components()
    )


def test_a_panel_counts_as_discord_does() -> None:
    many = replace(NOW, watches=tuple(f"{number} {'𝔸' * 90}" for number in range(60)))

    made = panel(many, CardPlace(Looks()), may_change=True).to_components()

    text = made[0]["components"][0]["content"]
    assert text.endswith("…")
    assert len(text.encode("utf-16-le")) // 2 <= 3_600
    assert all(
        len(each["label"].encode("utf-16-le")) // 2 <= 100
        for row in made[0]["components"]
        for menu in row.get("components", ())
        for each in menu.get("options", ())
    )


@pytest.mark.parametrize(
    ("what", "typed", "sent"),
    [
        pytest.param("watch", {"watch": " two\nlines "}, ["watch two lines"], id="one line"),
        pytest.param("when", {"schedule": "off"}, ["schedule off"], id="changed"),
        pytest.param("when", {"schedule": "daily 09:00 UTC"}, [], id="as it was"),
        pytest.param(
            "amount", {"limit": "3", "threshold": "90"}, ["limit 3", "threshold 90"], id="both"
        ),
        pytest.param("amount", {"limit": "", "threshold": "80"}, [], id="neither"),
        pytest.param("import", {"import": " a\nb\n"}, ["import a\nb"], id="lines"),
        pytest.param("amount", {"other": "x"}, [], id="an input that is not ours"),
    ],
)
def test_a_form_sends_what_it_changed(what: str, typed: dict[str, str], sent: list[str]) -> None:
    assert commands(what, typed, NOW) == sent


@pytest.mark.parametrize("what", list(FORMS))
def test_a_form_starts_with_what_is_set(what: str) -> None:
    sent = form(what, NOW).to_dict()
    inputs = [each["component"] for each in sent["components"]]

    assert len(sent["title"]) <= 45
    assert all(len(each["label"]) <= 45 for each in sent["components"])
    assert commands(what, {each["custom_id"]: each.get("value", "") for each in inputs}, NOW) == []


def test_values_are_found_at_any_depth() -> None:
    inner = {"type": 4, "custom_id": "limit", "value": "3"}

    assert typed_values([{"type": 18, "component": inner}]) == {"limit": "3"}
    assert typed_values([{"type": 1, "components": [inner]}]) == {"limit": "3"}
    assert typed_values([]) == {}


WORDS = st.text(max_size=150)


@given(
    st.lists(WORDS.filter(bool), max_size=60, unique=True).map(tuple),
    st.lists(st.builds(SourceLine, WORDS, WORDS, st.booleans(), st.none() | WORDS), max_size=30),
    WORDS,
    st.booleans(),
)
@settings(deadline=None, max_examples=40)
def test_a_panel_is_within_the_limits_whatever_a_channel_holds(
    watches: tuple[str, ...], sources: list[SourceLine], name: str, paused: bool
) -> None:
    made = panel(
        replace(NOW, watches=watches, sources=tuple(sources), name=name, paused=paused),
        CardPlace(Looks(frozenset(Look)), tuple(Look), at=2**63, below_forum=True),
        may_change=True,
    )

    assert_legal(made.to_components())


def test_only_who_may_change_a_channel_gets_the_means_to() -> None:
    assert (
        len(panel(NOW, CardPlace(Looks()), may_change=False).to_components()[0]["components"]) == 1
    )
    assert (
        len(panel(NOW, CardPlace(Looks()), may_change=True).to_components()[0]["components"]) == 4
    )
