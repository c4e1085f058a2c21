"""The management form at work: opened, paged, edited and saved, all by way of typed commands."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.richtext import Line
from bot.errors import PlatformError
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.blocks import reply_messages
from bot.platforms.slack.errors import translated
from bot.platforms.slack.events import workspace_of
from bot.platforms.slack.manage_view import (
    EDIT,
    MANAGE,
    PAGE_TURN,
    WATCH_MENU,
    FormChange,
    ViewState,
    edit_view,
    find_marked,
    manage_view,
    mistakes,
    typed_watch,
    wishes,
)
from bot.platforms.slack.mrkdwn import spoken
from bot.platforms.slack.replies import CommandReplies
from bot.ports import ChannelRef, Command, Person, Reply

Body = Mapping[str, Any]

_PAGE_NUMBER = re.compile(r"[0-9]{1,4}")

log = structlog.get_logger(__name__)


class Forms:
    """The channel form; it opens for everybody, and takes changes from those who may make them."""

    def __init__(self, talk: CommandReplies, background: BackgroundTasks) -> None:
        self._talk = talk
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to the form's buttons and submissions."""
        app.action(WATCH_MENU)(self.on_menu)
        app.action(PAGE_TURN)(self.on_page)
        app.view(MANAGE)(self.on_save)
        app.view(EDIT)(self.on_edit)

    async def open(
        self, client: AsyncWebClient, command: Command, trigger: str, *, guest: bool = False
    ) -> None:
        """Show the form; raises PlatformError, as when the three seconds of a trigger are over."""
        overview = await self._talk.overview(command.channel)
        allowed = await self._talk.may_change(command.channel, command.person, guest=guest)
        view = manage_view(overview, ViewState(command.channel.channel), may_change=allowed)
        async with translated():
            await client.views_open(trigger_id=trigger, view=view)

    async def on_page(
        self, ack: AsyncAck, body: Body, context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Turn to another page of watches."""
        await ack()
        place, page = ViewState.find(body.get("view")), _pressed(body).get("value") or ""
        if place is None or not _PAGE_NUMBER.fullmatch(page):
            return
        there = ViewState(place.channel, int(page))
        self._background.begin(self._redraw(client, body, _channel(body, context, place), there))

    async def on_menu(
        self, ack: AsyncAck, body: Body, context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Edit or remove a watch."""
        await ack()
        place, chosen = ViewState.find(body.get("view")), _pressed(body).get("selected_option")
        if place is None or not chosen:
            return
        channel = _channel(body, context, place)
        wanted, _, mark = str(chosen.get("value")).partition(":")
        overview = await self._talk.overview(channel)
        text = find_marked(overview.watches, mark)
        if text is not None and wanted == "edit":
            self._background.begin(self._edit(client, body, text, place))
        elif text is not None:
            self._background.begin(self._remove(client, body, channel, place, text))
        else:
            gone = self._redraw(client, body, channel, place, "That watch is gone.")
            self._background.begin(gone)

    async def on_edit(
        self, ack: AsyncAck, body: Body, context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Put a rewritten watch in the old one's place."""
        place = ViewState.find(body["view"])
        wish = FormChange("watch", f"watch {typed_watch(body['view'].get('state'))}")
        if wrong := mistakes([wish]):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        if place is not None:
            channel = _channel(body, context, place)
            self._background.begin(self._replace(client, body, channel, place, wish))

    async def on_save(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        """Check everything, then change it; mistakes are shown beside their fields."""
        place = ViewState.find(body["view"])
        if place is None:
            await ack()
            return
        channel = _channel(body, context, place)
        asked = wishes(await self._talk.overview(channel), body["view"].get("state"))
        if wrong := mistakes(asked):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        self._background.begin(self._save(body, channel, asked))

    async def _edit(self, client: AsyncWebClient, body: Body, text: str, place: ViewState) -> None:
        try:
            async with translated():
                await client.views_push(
                    trigger_id=str(body.get("trigger_id")), view=edit_view(text, place)
                )
        except PlatformError as error:
            log.info("form.unopened", reason=str(error))

    async def _save(self, body: Body, channel: ChannelRef, asked: Sequence[FormChange]) -> None:
        told: list[Line] = []
        for wish in asked:
            reply, hint = await self._do(body, channel, wish.text)
            told += [*reply.lines, *([hint] if hint and hint not in told else [])]
        if told:
            person = person_of(body)
            for message in reply_messages(Reply(lines=tuple(told))):
                await self._talk.whisper(channel, person.id, message)

    async def _remove(
        self,
        client: AsyncWebClient,
        body: Body,
        channel: ChannelRef,
        place: ViewState,
        text: str,
    ) -> None:
        reply, hint = await self._do(body, channel, f"unwatch {text}")
        await self._redraw(client, body, channel, place, _notice(reply, hint, always=True))

    async def _replace(
        self,
        client: AsyncWebClient,
        body: Body,
        channel: ChannelRef,
        place: ViewState,
        wish: FormChange,
    ) -> None:
        """Add the new watch, then remove the old one, unless the new one is refused."""
        before = await self._talk.overview(channel)
        old = find_marked(before.watches, place.watch)
        reply, hint = await self._do(body, channel, wish.text)
        after = await self._talk.overview(channel)
        if old is not None and after.watches != before.watches:
            await self._do(body, channel, f"unwatch {old}")
        await self._redraw(client, body, channel, place, _notice(reply, hint))

    async def _do(self, body: Body, channel: ChannelRef, text: str) -> tuple[Reply, Line]:
        command = Command(channel, person_of(body), text)
        reply = await self._talk.ask(command, guest=_is_guest(body, channel))
        return reply, await self._talk.announce(channel, reply)

    async def _redraw(
        self,
        client: AsyncWebClient,
        body: Body,
        channel: ChannelRef,
        place: ViewState,
        notice: str = "",
    ) -> None:
        """Update the open form to the channel's present state."""
        overview = await self._talk.overview(channel)
        guest = _is_guest(body, channel)
        allowed = await self._talk.may_change(channel, person_of(body), guest=guest)
        view = manage_view(overview, place, may_change=allowed, notice=notice)
        root = body["view"].get("root_view_id") or body["view"].get("id")
        try:
            async with translated():
                await client.views_update(view_id=root, view=view)
        except PlatformError as error:
            # What was asked for is done; the person closed the form before it could show that.
            log.info("form.closed", reason=str(error))


def _channel(body: Body, context: AsyncBoltContext, place: ViewState) -> ChannelRef:
    return ChannelRef("slack", workspace_of(body, context.team_id), place.channel)


def _pressed(body: Body) -> Mapping[str, Any]:
    """The action object of the button or menu that was used, or {}."""
    first: Mapping[str, Any] = (body.get("actions") or [{}])[0]
    return first


def person_of(body: Body) -> Person:
    """Who sent a form or pressed something in it."""
    user = body["user"]
    return Person(user["id"], user.get("username") or user.get("name") or user["id"])


def _is_guest(body: Body, channel: ChannelRef) -> bool:
    """Whether the person is of another company (not of the same organisation)."""
    home = body["user"].get("team_id")
    return bool(home) and home != channel.workspace and not body.get("enterprise")


def _notice(reply: Reply, hint: Line, *, always: bool = False) -> str:
    said = spoken(reply.lines[0]) if reply.lines and (reply.failed or always) else ""
    return " ".join(part for part in (said, spoken(hint)) if part)
