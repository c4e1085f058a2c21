"""Cards and answers as Block Kit, built from slack_sdk's models, which check Slack's limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.cards.card import Card, Form, plain_text
from bot.cards.richtext import Line, line, link
from bot.platforms.slack.mrkdwn import escape, fitted, gathered, mrkdwn, spoken, web_link
from bot.ports import Reply

MOST_BLOCKS = 50
"""Blocks of one message."""

LONGEST_SECTION = 3000
OPEN_LINK = "open_link"
"""How the action of every link button begins; the press is only acknowledged."""

SHARE = "share_picture"
"""The action of the button that shows an answer's picture to the channel."""

_LONGEST_TITLE, _LONGEST_SUMMARY, _LONGEST_FALLBACK = 1500, 2900, 3000
_LONGEST_LABEL, _MOST_LINKS = 75, 5
_SHOW_ALL = "Show the picture to everybody here"
_SECTIONS_OF_REPLY = MOST_BLOCKS - 2


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: blocks for those who see them, `text` for notifications and screen readers.

    Without blocks, everybody sees the text.
    """

    text: str
    blocks: list[dict[str, Any]]


def card_message(card: Card) -> Message:
    """One paper: title and authors, summary, why it is here, links as buttons."""
    if card.form >= Form.PLAIN:
        return Message(fitted(plain_text(card), _LONGEST_FALLBACK), [])
    blocks: list[Block] = [section(f"*{_title(card)}*{_byline(card)}")]
    if card.summary:
        blocks.append(section(fitted(card.summary, _LONGEST_SUMMARY)))
    if notes := _notes(card):
        blocks.append(context(" · ".join(notes)))
    if buttons := _buttons(card):
        blocks.append(ActionsBlock(elements=buttons))
    spoken = f"{card.title}: {card.summary}" if card.summary else card.title
    fallback = fitted(spoken, _LONGEST_FALLBACK)
    return Message(fallback, [block.to_dict() for block in blocks])


def reply_message(reply: Reply, *, asked: str = "") -> Message:
    """An answer to a command; an answer too long for one message ends in how much is missing.

    One with a picture gets a button that shows it to the channel; `asked` is its command.
    """
    lines = [mrkdwn(each) for each in reply.lines] + [_card_line(card) for card in reply.cards]
    texts = gathered(lines, LONGEST_SECTION)
    if reply.file is not None:
        name, content = reply.file
        texts += [f"*{escape(name)}*", *_fenced(content)]
    if len(texts) > _SECTIONS_OF_REPLY:
        texts = [*texts[:_SECTIONS_OF_REPLY], "… and more than fits one message."]
    shown = " ".join(spoken(each) for each in reply.lines)
    fallback = fitted(shown, _LONGEST_FALLBACK) or "Done."
    blocks: list[Block] = [section(text or " ") for text in texts]
    if reply.picture is not None and asked:
        button = ButtonElement(text=_SHOW_ALL, action_id=SHARE, value=asked)
        blocks.append(ActionsBlock(elements=[button]))
    return Message(fallback, [block.to_dict() for block in blocks])


def line_message(*lines: Line) -> Message:
    """Lines for everybody."""
    return reply_message(Reply(lines=lines))


def section(text: str) -> SectionBlock:
    """A block of mrkdwn in which Slack looks for no links or names by itself."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def context(text: str) -> ContextBlock:
    """A block of small print."""
    short = gathered([text], LONGEST_SECTION)[0]
    return ContextBlock(elements=[MarkdownTextObject(text=short, verbatim=True)])


def _title(card: Card) -> str:
    title = fitted(card.title, _LONGEST_TITLE)
    url = web_link(card.url)
    linked = f"<{escape(url)}|{title}>" if url else title
    return linked if len(linked) < LONGEST_SECTION - _LONGEST_TITLE // 2 else title


def _byline(card: Card) -> str:
    published = f"{card.published.day} {card.published:%b %Y}" if card.published else ""
    known = [part for part in (escape(card.authors), published) if part]
    return "\n" + " · ".join(known) if known else ""


def _notes(card: Card) -> Sequence[str]:
    """The why-line, the marks and the counts that are worth a look."""
    counts = [f"▲ {card.upvotes}" if card.upvotes else "", _votes(card)]
    badges = [f"_{escape(badge)}_" for badge in card.badges]
    return [note for note in (mrkdwn(card.why), *badges, *counts) if note]


def _votes(card: Card) -> str:
    if card.votes is None or not any(card.votes):
        return ""
    up, down = card.votes
    return f"👍 {up}  👎 {down}"


def _buttons(card: Card) -> list[ButtonElement]:
    if card.form >= Form.NO_BUTTONS:
        return []
    sound = [(each.label, url) for each in card.links if (url := web_link(each.url))]
    return [
        ButtonElement(
            text=PlainTextObject(text=label[:_LONGEST_LABEL]),
            url=url,
            action_id=f"{OPEN_LINK}_{number}",
        )
        for number, (label, url) in enumerate(sound[:_MOST_LINKS])
    ]


def _card_line(card: Card) -> str:
    why = f"\n{mrkdwn(card.why)}" if card.why else ""
    return mrkdwn(line(link(card.title, card.url or ""))) + why


def _fenced(content: str) -> Iterable[str]:
    """A file's text in fixed width, in as many blocks as it takes."""
    lines = (escape(each.replace("```", "'''")) for each in content.splitlines())
    return (f"```{text}```" for text in gathered(lines, LONGEST_SECTION - 6))
