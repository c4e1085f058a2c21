"""`club` appoints a journal club, keeps its rota and hands out its dates."""

import pytest
from icalendar import Calendar

from tests.commands.conftest import Chat


async def test_it_is_appointed_joined_and_ended(chat: Chat) -> None:
    assert "There is no journal club here" in await chat.say("agenda")
    assert "Thu 5 Mar 2026, 10:00 UTC" in await chat.say("club thu 10:00 every 2 weeks")

    assert await chat.announce("club join") == "Ana presents from now on."
    await chat.say("club join", by="Bo")
    assert "Who presents: Ana, then Bo." in await chat.say("agenda")
    assert "Bo, then Ana" in await chat.say("club swap @bo")
    assert "Ana, then Bo" in await chat.say("club take")
    assert "Who presents: Bo." in await chat.say("club leave")
    assert "thu 10:00 every 2 weeks" in await chat.say("club")

    assert await chat.announce("club off") == "Ana ended the journal club."
    assert "There is no journal club here" in await chat.say("club join")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("club vote 2", "No papers are voted on"),
        ("club swap @nobody", "Nobody on the rota is called so"),
        ("club skip", "not on the rota"),
        ("club history", "read nothing yet"),
        ("club export bibtex", "read nothing yet"),
        ("club noon", "club thu 10:00"),
    ],
)
async def test_what_cannot_be_done_is_said(chat: Chat, typed: str, said: str) -> None:
    await chat.say("club thu 10:00")
    assert said in await chat.say(typed)


async def test_the_calendar_file_has_its_dates_on_its_own_clock(chat: Chat) -> None:
    await chat.say("club thu 10:00 Europe/Paris every 2 weeks")
    file = (await chat.reply("club calendar")).file
    assert file is not None
    name, text = file
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert name == "journal-club.ics"
    assert event["DTSTART"].dt.isoformat() == "2026-03-05T10:00:00+01:00"
    assert "INTERVAL=2" in text
    assert "BEGIN:VTIMEZONE" in text
