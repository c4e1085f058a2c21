"""A person's own page in Slack: saved papers, their channels, and how to begin."""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.card import Card
from bot.cards.richtext import bold, line, link
from bot.commands.replies import support_lines
from bot.errors import PlatformError
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.blocks import context, section
from bot.platforms.slack.errors import translated
from bot.platforms.slack.events import workspace_of
from bot.platforms.slack.mrkdwn import escape, mrkdwn
from bot.ports import ChannelHealth, ChannelRef, Home, Inbox, Person

_PAUSES = (2.0, 10.0, 30.0)
"""Seconds before Slack is asked again for a person's channels."""

_PAGE, _MOST_CHANNELS, _SHOWN = 200, 1000, 50
_BEGIN = (
    "*Welcome.* Paperround brings the day's papers to your channels.",
    "1. Invite the bot to a channel: `/invite @Paperround`",
    "2. Say there what you follow: `/papers watch mixture of experts`",
    "3. Vote with 👍 and 👎 on what comes; 🔖 saves a paper here.",
)


log = structlog.get_logger(__name__)


class Homes:
    """Shows people their own page."""

    def __init__(self, inbox: Inbox, background: BackgroundTasks) -> None:
        self._inbox = inbox
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to people who open the tab."""
        app.event("app_home_opened")(self.on_home)

    async def on_home(
        self,
        event: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """A person looks at the bot's own page."""
        user = event.get("user")
        if event.get("tab") == "home" and isinstance(user, str):
            whole = bool(context.is_enterprise_install)
            workspace = workspace_of(body, context.team_id)
            self._background.begin(self._show_home(client, user, workspace, whole=whole))

    async def _show_home(
        self, client: AsyncWebClient, user: str, workspace: str, *, whole: bool
    ) -> None:
        """Show the page with what is known at once, and again where Slack asked to wait."""
        team = workspace if whole else None
        for pause in (*_PAUSES, None):
            visible, problem = await _channels_of(client, user, workspace, team)
            home = await self._inbox.home("slack", workspace, Person(user, user), visible=visible)
            async with translated():
                await client.views_publish(
                    user_id=user, view=home_view(home, partial=bool(problem))
                )
            if problem is None or pause is None:
                return
            log.info("home.partial", reason=str(problem), again=pause)
            await asyncio.sleep(max(pause, problem.retry_after or 0.0))


def home_view(home: Home, *, partial: bool = False) -> dict[str, Any]:
    """The Home tab; whoever saved nothing yet, as at the first look, reads how to begin.

    `partial` says that not all channels could be asked for yet.
    """
    blocks: list[Block] = []
    if not home.saved:
        blocks += [section("\n".join(_BEGIN)), DividerBlock()]
    blocks += [HeaderBlock(text="Your saved papers"), *_saved(home.saved), DividerBlock()]
    blocks += [HeaderBlock(text="Your channels"), *_channels(home.channels, partial=partial)]
    blocks += [context(mrkdwn(each)) for each in support_lines(home.support)]
    return View(type="home", blocks=blocks).to_dict()


def _saved(cards: Iterable[Card]) -> list[Block]:
    rows: list[Block] = [section(_card(card)) for card in cards]
    export = "As a file: `/papers saved export bibtex` in any channel."
    return [*rows, context(export)] if rows else [section("None yet: mark a post with 🔖.")]


def _card(card: Card) -> str:
    title = mrkdwn(line(link(card.title, card.url or "")))
    return f"{title}\n{escape(card.authors)}" if card.authors else title


def _channels(channels: tuple[ChannelHealth, ...], *, partial: bool) -> list[Block]:
    late = [context("Slack is slow to say which channels you are in; they come in a moment.")]
    if not channels and partial:
        return list(late)
    if not channels:
        return [section("The bot is in none of your channels yet.")]
    rows: list[Block] = [section(_channel(each)) for each in channels[:_SHOWN]]
    hidden = len(channels) - len(rows)
    more: list[Block] = [context(f"… and {hidden} more.")] if hidden else []
    return [*rows, *more, *(late if partial else [])]


def _channel(health: ChannelHealth) -> str:
    count = f"{health.watches} watch{'' if health.watches == 1 else 'es'}"
    state = f"⚠ {escape(health.problem)}" if health.problem else escape(health.schedule)
    # Slack shows the channel's present name for its id, and hides those that a reader cannot see.
    return f"<#{health.channel.channel}> · {mrkdwn(line(bold(count)))} · {state}"


async def _channels_of(
    client: AsyncWebClient, user: str, workspace: str, team: str | None
) -> tuple[list[ChannelRef], PlatformError | None]:
    """The channels that a person and the bot share, and public ones that the person is in.

    Where Slack does not tell all of them, those that it told and why it stopped. `team` is the
    workspace that is meant, where the token is for a whole organisation.
    """
    found: list[ChannelRef] = []
    try:
        async with translated():
            pages = await client.users_conversations(
                user=user,
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                team_id=team,
            )
            async for page in pages:
                found += [ChannelRef("slack", workspace, str(c["id"])) for c in page["channels"]]
                if len(found) >= _MOST_CHANNELS:
                    break
    except PlatformError as error:
        return found, error
    return found, None
