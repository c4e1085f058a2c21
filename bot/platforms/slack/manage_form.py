"""The management form at work: opened, paged, edited and saved, all by way of typed commands."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.richtext import Line
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.blocks import reply_message
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
    wishes,
)
from bot.platforms.slack.mrkdwn import spoken
from bot.platforms.slack.replies import CommandReplies
from bot.ports import ChannelRef, Command, Person, Reply

Body = Mapping[str, Any]


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
        place = ViewState.load(body["view"])
        self._background.begin(
            self._redraw(
                client,
                body,
                _channel(body, context, place),
                ViewState(place.channel, int(body["actions"][0]["value"])),
            )
        )

    async def on_menu(
        self, ack: AsyncAck, body: Body, context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Edit or remove a watch."""
        await ack()
        place = ViewState.load(body["view"])
        channel = _channel(body, context, place)
        wanted, _, mark = body["actions"][0]["selected_option"]["value"].partition(":")
        overview = await self._talk.overview(channel)
        text = find_marked(overview.watches, mark)
        if text is not None and wanted == "edit":
            await client.views_push(trigger_id=body["trigger_id"], view=edit_view(text, place))
        elif text is not None:
            self._background.begin(self._remove(client, body, channel, text))
        else:
            self._background.begin(
                self._redraw(client, body, channel, place, "That watch is gone.")
            )

    async def on_edit(
        self, ack: AsyncAck, body: Body, context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Put a rewritten watch in the old one's place."""
        place = ViewState.load(body["view"])
        value = body["view"]["state"]["values"]["watch"]["value"]["value"] or ""
        wish = FormChange("watch", f"watch {value}")
        if wrong := mistakes([wish]):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        self._background.begin(
            self._replace(client, body, _channel(body, context, place), place, wish)
        )

    async def on_save(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        """Check everything, then change it; mistakes are shown beside their fields."""
        channel = _channel(body, context, ViewState.load(body["view"]))
        asked = wishes(await self._talk.overview(channel), body["view"]["state"])
        if wrong := mistakes(asked):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        self._background.begin(self._save(body, channel, asked))

    async def _save(self, body: Body, channel: ChannelRef, asked: Sequence[FormChange]) -> None:
        told: list[Line] = []
        for wish in asked:
            reply, hint = await self._do(body, channel, wish.text)
            told += [*reply.lines, *([hint] if hint and hint not in told else [])]
        if told:
            person = _person(body)
            await self._talk.whisper(channel, person.id, reply_message(Reply(lines=tuple(told))))

    async def _remove(
        self, client: AsyncWebClient, body: Body, channel: ChannelRef, text: str
    ) -> None:
        reply, hint = await self._do(body, channel, f"unwatch {text}")
        await self._redraw(
            client, body, channel, ViewState.load(body["view"]), _notice(reply, hint, always=True)
        )

    async def _replace(
        self,
        client: AsyncWebClient,
        body: Body,
        channel: ChannelRef,
        place: ViewState,
        wish: FormChange,
    ) -> None:
        """The new one first: if it is refused, the old one stays."""
        before = await self._talk.overview(channel)
        old = find_marked(before.watches, place.watch)
        reply, hint = await self._do(body, channel, wish.text)
        after = await self._talk.overview(channel)
        if old is not None and after.watches != before.watches:
            await self._do(body, channel, f"unwatch {old}")
        await self._redraw(client, body, channel, place, _notice(reply, hint))

    async def _do(self, body: Body, channel: ChannelRef, text: str) -> tuple[Reply, Line]:
        command = Command(channel, _person(body), text)
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
        """Show the channel as it is now, in the form that the person still sees."""
        overview = await self._talk.overview(channel)
        guest = _is_guest(body, channel)
        allowed = await self._talk.may_change(channel, _person(body), guest=guest)
        view = manage_view(overview, place, may_change=allowed, notice=notice)
        root = body["view"].get("root_view_id") or body["view"]["id"]
        async with translated():
            await client.views_update(view_id=root, view=view)


def _channel(body: Body, context: AsyncBoltContext, place: ViewState) -> ChannelRef:
    return ChannelRef("slack", workspace_of(body, context.team_id), place.channel)


def _person(body: Body) -> Person:
    user = body["user"]
    return Person(user["id"], user.get("username") or user.get("name") or user["id"])


def _is_guest(body: Body, channel: ChannelRef) -> bool:
    """Somebody of another company, in a shared channel; one's own organisation is no other."""
    home = body["user"].get("team_id")
    return bool(home) and home != channel.workspace and not body.get("enterprise")


def _notice(reply: Reply, hint: Line, *, always: bool = False) -> str:
    said = spoken(reply.lines[0]) if reply.lines and (reply.failed or always) else ""
    return " ".join(part for part in (said, spoken(hint)) if part)
