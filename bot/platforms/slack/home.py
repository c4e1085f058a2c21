"""A person's own page in Slack: saved papers, their channels, and how to begin."""

from collections.abc import Iterable
from typing import Any

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock
from slack_sdk.models.views import View

from bot.cards.card import Card
from bot.cards.spans import bold, line, link
from bot.chat import ChannelHealth, Home
from bot.platforms.slack.blocks import context, section
from bot.platforms.slack.mrkdwn import escape, mrkdwn

_MOST_CHANNELS = 50
_BEGIN = (
    "*Welcome.* Paperround brings the day's papers to your channels.",
    "1. Invite the bot to a channel: `/invite @Paperround`",
    "2. Say there what you follow: `/papers watch mixture of experts`",
    "3. Vote with 👍 and 👎 on what comes; 🔖 saves a paper here.",
)


def home_view(home: Home) -> dict[str, Any]:
    """The Home tab; somebody who has nothing yet reads how to begin."""
    blocks: list[Block] = []
    if not home.saved and not home.channels:
        blocks += [section("\n".join(_BEGIN)), DividerBlock()]
    blocks += [HeaderBlock(text="Your saved papers"), *_saved(home.saved), DividerBlock()]
    blocks += [HeaderBlock(text="Your channels"), *_channels(home.channels)]
    return View(type="home", blocks=blocks).to_dict()


def _saved(cards: Iterable[Card]) -> list[Block]:
    rows: list[Block] = [section(_card(card)) for card in cards]
    export = "As a file: `/papers saved export bibtex` in any channel."
    return [*rows, context(export)] if rows else [section("None yet: mark a post with 🔖.")]


def _card(card: Card) -> str:
    title = mrkdwn(line(link(card.title, card.url or "")))
    return f"{title}\n{escape(card.authors)}" if card.authors else title


def _channels(channels: tuple[ChannelHealth, ...]) -> list[Block]:
    if not channels:
        return [section("The bot is in none of your channels yet.")]
    rows: list[Block] = [section(_channel(each)) for each in channels[:_MOST_CHANNELS]]
    hidden = len(channels) - len(rows)
    return [*rows, context(f"… and {hidden} more.")] if hidden else rows


def _channel(health: ChannelHealth) -> str:
    count = f"{health.watches} watch{'' if health.watches == 1 else 'es'}"
    state = f"⚠ {escape(health.problem)}" if health.problem else escape(health.schedule)
    # Slack shows the channel's present name for its id, and hides those that a reader cannot see.
    return f"<#{health.channel.channel}> · {mrkdwn(line(bold(count)))} · {state}"
