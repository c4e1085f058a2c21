"""The log: a card enters once, every change has a later revision, a crash loses no reaction."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.cards.richtext import bold, line, plain
from bot.errors import OutcomeUnknownError, RefusedError
from bot.platforms.local import messages
from bot.platforms.local.adapter import LocalChat
from bot.ports import ChatPlatform, MessageRef
from storage import local_chat
from storage.database import Database
from storage.models import LocalMessage
from tests.make import NOON
from tests.platforms.local.conftest import ADA, BO, GENERAL, FakeControls
from tests.platforms.local.inbox import PAPER, FakeInbox


async def _shown(database: Database, reader: str = "Ada") -> list[LocalMessage]:
    async with database.read() as session:
        return list(await local_chat.list_channel(session, str(GENERAL), reader))


async def _under(database: Database, message: MessageRef) -> list[LocalMessage]:
    async with database.read() as session:
        return list(await local_chat.list_children(session, [int(message.message)], "Ada"))


def test_it_is_a_chat_platform(chat: LocalChat) -> None:
    platform: ChatPlatform = chat

    assert platform.name == "local"


async def test_a_card_comes_back_from_the_log_as_it_went_in(
    chat: LocalChat, database: Database
) -> None:
    await chat.post(GENERAL, PAPER, delivery_id="d1")

    (message,) = await _shown(database)
    assert messages.load_card(message.body) == PAPER
    assert message.sent_at == NOON


async def test_what_is_told_to_one_person_is_seen_by_that_one_alone(
    chat: LocalChat, database: Database
) -> None:
    assert await chat.tell_person(GENERAL, "Ada", [line("For you.")])

    assert [each.kind for each in await _shown(database)] == ["announcement"]
    assert await _shown(database, "Bo") == []


async def test_posting_again_with_the_same_delivery_id_gives_the_message_it_had(
    chat: LocalChat, database: Database
) -> None:
    first = await chat.post(GENERAL, PAPER, delivery_id="d1")

    again = await chat.post(GENERAL, replace(PAPER, title="Another"), delivery_id="d1")

    assert again == first
    assert len(await _shown(database)) == 1


async def test_an_edited_head_stands_where_it_stood(chat: LocalChat, database: Database) -> None:
    head = await chat.head(GENERAL, [line("Two papers"), line("1. A")], delivery_id="h1")

    await chat.edit_head(head, [line("One paper")], delivery_id="h1")

    (message,) = await _shown(database)
    assert message.id == int(head.message)
    assert [plain(each) for each in messages.load_lines(message.body)] == ["One paper"]


async def test_of_many_deliveries_at_once_one_is_written(
    chat: LocalChat, database: Database
) -> None:
    others = [LocalChat(Database(database.url), now=chat.now) for _ in range(3)]

    refs = await asyncio.gather(*(each.post(GENERAL, PAPER, delivery_id="d1") for each in others))
    for each in others:
        await each.database.close()

    assert len(set(refs)) == 1
    assert len(await _shown(database)) == 1


async def test_a_post_is_found_by_its_delivery_id_and_others_surely_are_not_there(
    chat: LocalChat,
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")

    assert await chat.find_post(GENERAL, "d1", since=NOON - timedelta(days=1)) == ref
    assert await chat.find_post(GENERAL, "d2", since=NOON - timedelta(days=1)) is None


async def test_a_deleted_post_leaves_the_page_but_is_not_delivered_again(
    chat: LocalChat, database: Database
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")

    await chat.delete(ref)
    await chat.delete(ref)

    assert await _shown(database) == []
    assert await chat.find_post(GENERAL, "d1", since=NOON) == ref
    assert await chat.post(GENERAL, PAPER, delivery_id="d1") == ref
    assert await _shown(database) == []


async def test_an_edit_replaces_the_card_in_place(chat: LocalChat, database: Database) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    await chat.post(GENERAL, replace(PAPER, title="Second"), delivery_id="d2")

    await chat.edit(ref, replace(PAPER, title="First, corrected"))

    titles = [messages.load_card(each.body).title for each in await _shown(database)]
    assert titles == ["First, corrected", "Second"]


@pytest.mark.parametrize("gone", ["deleted", "never there", "of another channel"])
async def test_what_is_gone_is_refused_for_good(chat: LocalChat, gone: str) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    if gone == "deleted":
        await chat.delete(ref)
    elif gone == "never there":
        ref = replace(ref, message="999")
    else:
        ref = replace(ref, channel=replace(GENERAL, channel="other"))

    with pytest.raises(RefusedError, match="no message"):
        await chat.edit(ref, PAPER)
    with pytest.raises(RefusedError, match="no message"):
        await chat.thread(ref, [line("hello")])


async def test_a_thread_stands_under_its_post_and_an_announcement_in_the_channel(
    chat: LocalChat, database: Database
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")

    await chat.thread(ref, [line("one"), line("two")])
    await chat.announce(GENERAL, line(bold("Ada"), " changed the limit"))

    (under,) = await _under(database, ref)
    assert [plain(each) for each in messages.load_lines(under.body)] == ["one", "two"]
    assert [each.kind for each in await _shown(database)] == ["card", "announcement"]


async def test_every_change_has_a_later_revision_than_all_before(chat: LocalChat) -> None:
    seen = [await chat.newest_revision()]
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    steps = (
        lambda: chat.edit(ref, PAPER),
        lambda: chat.react(int(ref.message), ADA, "👍"),
        lambda: chat.react(int(ref.message), ADA, "👍"),
        lambda: chat.thread(ref, [line("hm")]),
        lambda: chat.announce(GENERAL, line("hello")),
        lambda: chat.delete(ref),
    )
    for step in steps:
        seen.append(await chat.newest_revision())
        await step()
    seen.append(await chat.newest_revision())

    assert seen == sorted(set(seen))


async def test_what_changed_since_a_revision_is_told_even_when_another_process_wrote_it(
    chat: LocalChat, database: Database
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    await chat.post(GENERAL, PAPER, delivery_id="d2")
    before = await chat.newest_revision()
    other = LocalChat(Database(database.url), now=chat.now)

    await other.thread(ref, [line("from the command line")])
    await other.database.close()

    async with database.read() as session:
        changed = await local_chat.list_changed(session, str(GENERAL), "Ada", before)
    assert [str(each.id) for each in changed] == [ref.message]


async def test_a_private_message_is_nobody_elses(chat: LocalChat, database: Database) -> None:
    await chat.write(GENERAL, kind="command", body={"text": "list"}, reader=ADA)

    assert len(await _shown(database, "Ada")) == 1
    assert await _shown(database, "Bo") == []
    async with database.read() as session:
        assert await local_chat.list_changed(session, str(GENERAL), "Bo", 0) == []
        assert await local_chat.newest_ids(session) == {}


async def test_only_posts_take_reactions(chat: LocalChat, database: Database) -> None:
    await chat.announce(GENERAL, line("hello"))
    (announcement,) = await _shown(database)

    assert await chat.react(announcement.id or 0, ADA, "👍") is None
    assert await chat.react(999, ADA, "👍") is None


async def test_a_reaction_is_put_on_and_taken_off_and_its_times_only_rise(
    chat: LocalChat, controls: FakeControls
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")

    events = [await chat.react(int(ref.message), ADA, "👍")]
    controls.moment -= timedelta(hours=1)
    events += [await chat.react(int(ref.message), ADA, "👍") for _ in range(2)]

    assert [event.added for event in events if event] == [True, False, True]
    times = [event.at for event in events if event]
    assert times == sorted(set(times))


async def test_start_repeats_the_last_reactions_removals_included(
    chat: LocalChat, inbox: FakeInbox, controls: FakeControls
) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    first = await chat.react(int(ref.message), ADA, "👍")
    controls.moment += timedelta(minutes=1)
    await chat.react(int(ref.message), BO, "👎")
    controls.moment += timedelta(minutes=1)
    taken_back = await chat.react(int(ref.message), BO, "👎")

    await chat.start(inbox)

    assert inbox.reactions == [first, taken_back]


async def test_a_log_that_cannot_be_written_leaves_the_outcome_open(
    chat: LocalChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object, **_facts: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(local_chat, "add", fail)

    with pytest.raises(OutcomeUnknownError, match="disk"):
        await chat.post(GENERAL, PAPER, delivery_id="d1")
