"""`roundup` orders a week's best, says when it comes, and ends it; `pause` notes when it began."""

from datetime import timedelta

import pytest

from tests.commands.conftest import Chat


async def test_it_is_ordered_told_and_ended(chat: Chat) -> None:
    assert "off" in await chat.say("roundup")

    ordered = await chat.reply("roundup fri 15:00")
    assert "Fri 6 Mar 2026, 15:00 UTC" in await chat.say("roundup")
    assert ordered.announcement is not None
    assert await chat.say("roundup on friday at 3pm") != ""
    assert "so already" in await chat.say("roundup friday 15:00")

    assert await chat.announce("roundup off") == "Ana ended the weekly round-up."
    assert "No round-up comes here" in await chat.say("roundup off")


async def test_it_is_read_on_the_channel_s_own_clock(chat: Chat) -> None:
    await chat.say("schedule daily 09:00 Europe/Paris")
    assert "15:00 Europe/Paris" in await chat.say("roundup fri 15:00")
    assert "15:00 Asia/Tokyo" in await chat.say("roundup fri 15:00 Asia/Tokyo")


@pytest.mark.parametrize("typed", ["roundup 15:00", "roundup fri sat 15:00", "roundup nonsense"])
async def test_what_cannot_be_read_is_answered_with_an_example(chat: Chat, typed: str) -> None:
    reply = await chat.reply(typed)
    assert reply.failed
    assert "roundup fri 15:00" in await chat.say(typed)


@pytest.mark.parametrize("typed", ["weekly", "recap", "round-up"])
async def test_words_that_people_try_lead_to_it(chat: Chat, typed: str) -> None:
    assert "roundup fri 15:00" in await chat.say(typed)


async def test_only_who_may_change_the_channel_orders_one(chat: Chat) -> None:
    assert (await chat.reply("roundup fri 15:00", may_change=False)).failed
    assert not (await chat.reply("roundup", may_change=False)).failed


async def test_a_second_pause_does_not_move_when_the_first_began(chat: Chat) -> None:
    began = chat.now
    await chat.say("pause")
    chat.now += timedelta(days=1)
    await chat.say("pause for 3 days")
    assert (await chat.channel()).paused_at == began
