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
from bot.ports import Choice, Reply

MOST_BLOCKS = 50
"""Blocks of one message."""

MOST_CHARACTERS = 10_000
"""Characters of all blocks of a message together.

Slack documents no limit, and refuses messages (msg_blocks_too_long) from some 11,000 to 13,000 on.
"""

MOST_ANSWERS = 4
"""Messages that answer one command: Slack takes five, and one is for a hint."""

LONGEST_SECTION = 3000
OPEN_LINK = "open_link"
"""How the action of every link button begins; the press is only acknowledged."""

SHARE = "share_picture"
"""The action of the button that shows an answer's picture to the channel."""

CHOICE = "choice"
"""How the action of a button begins that stands for a typed command."""

ASK = "ask"
"""How the action of a button begins that asks for the end of its command.

Its value is the name of the field, a line break, and the command so far.
"""

_LONGEST_VALUE, _MOST_CHOICES = 2000, 5
_LONGEST_TITLE, _LONGEST_SUMMARY, _LONGEST_FALLBACK = 1500, 2900, 3000
_LONGEST_LABEL, _MOST_LINKS = 75, 5
_SHOW_ALL = "Show the picture to everybody here"
_SECTIONS_OF_MESSAGE = MOST_BLOCKS - 2
_AND_MORE = "… and more than fits here."


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


def reply_messages(reply: Reply, *, asked: str = "") -> list[Message]:
    """An answer to a command in at most MOST_ANSWERS messages; the last says where more was left.

    One with a picture gets a button that shows it to the channel; `asked` is its command.
    """
    lines = [mrkdwn(each) for each in reply.lines] + [_card_line(card) for card in reply.cards]
    texts = gathered(lines, LONGEST_SECTION)
    if reply.file is not None:
        name, content = reply.file
        texts += [f"*{escape(name)}*", *_fenced(content)]
    parts = _parts(texts or ["Done."])
    if len(parts) > MOST_ANSWERS:
        parts = [*parts[: MOST_ANSWERS - 1], [*parts[MOST_ANSWERS - 1][:-1], _AND_MORE]]
    shown = fitted(" ".join(spoken(each) for each in reply.lines), _LONGEST_FALLBACK) or "Done."
    found = [_sections(part, shown) for part in parts]
    found[-1] = with_choices(found[-1], reply.choices)
    if reply.picture is not None and asked:
        button = ButtonElement(text=_SHOW_ALL, action_id=SHARE, value=asked)
        found[-1].blocks.append(ActionsBlock(elements=[button]).to_dict())
    return found


def with_choices(message: Message, choices: Sequence[Choice]) -> Message:
    """A message with its buttons below, where there are any."""
    if not (buttons := choice_buttons(choices)):
        return message
    return Message(message.text, [*message.blocks, ActionsBlock(elements=buttons).to_dict()])


def choice_buttons(choices: Sequence[Choice]) -> list[ButtonElement]:
    """At most five buttons; one whose command is too long for Slack is left to be typed."""
    fitting = [each for each in choices if len(each.command) <= _LONGEST_VALUE][:_MOST_CHOICES]
    return [
        ButtonElement(
            text=PlainTextObject(text=fitted(each.label, _LONGEST_LABEL), emoji=False),
            action_id=f"{ASK if each.asks else CHOICE}_{at}",
            value=f"{each.asks}\n{each.command}" if each.asks else each.command,
        )
        for at, each in enumerate(fitting)
    ]


def line_messages(lines: Sequence[Line]) -> list[Message]:
    """The lines as messages within Slack's limits; at least one."""
    parts = _parts(gathered([mrkdwn(each) for each in lines], LONGEST_SECTION) or ["Done."])
    shown = fitted(" ".join(spoken(each) for each in lines), _LONGEST_FALLBACK) or "Done."
    return [_sections(part, shown) for part in parts]


def line_message(*lines: Line) -> Message:
    """A few short lines; what is more than one message holds is left out."""
    return line_messages(lines)[0]


def head_message(lines: Sequence[Line]) -> Message:
    """The list above a round's posts in one message, which can be edited as one.

    Where it is too long the last rows lose their links, which the posts below have too, and then
    all rows are shortened.
    """
    rows = [mrkdwn(each) for each in lines]
    for at in reversed(range(len(rows))):
        if sum(map(len, rows)) + len(rows) <= MOST_CHARACTERS:
            break
        rows[at] = escape(spoken(lines[at]))
    room = MOST_CHARACTERS // max(1, len(rows)) - 1
    if sum(map(len, rows)) + len(rows) > MOST_CHARACTERS:
        rows = [fitted(spoken(each), room) for each in lines]
    shown = fitted(" ".join(spoken(each) for each in lines), _LONGEST_FALLBACK) or "Done."
    return _sections(gathered(rows, LONGEST_SECTION) or ["Done."], shown)


def _parts(texts: Sequence[str]) -> list[list[str]]:
    """Sections shared out among messages, none of which is too long."""
    parts: list[list[str]] = []
    for text in texts:
        last = parts[-1] if parts else None
        if (
            last is None
            or len(last) >= _SECTIONS_OF_MESSAGE
            or sum(map(len, last)) + len(text) > MOST_CHARACTERS
        ):
            parts.append([])
        parts[-1].append(text)
    return parts


def _sections(texts: Sequence[str], shown: str) -> Message:
    return Message(shown, [section(text or " ").to_dict() for text in texts])


def section(text: str) -> SectionBlock:
    """A block of mrkdwn in which Slack looks for no links or names by itself."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def context(text: str) -> ContextBlock:
    """A context block, which Slack shows small and grey."""
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
    """The why-line, the badges, and the counts above 0."""
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
    """A file's text as code blocks of at most 3,000 characters."""
    lines = (escape(each.replace("```", "'''")) for each in content.splitlines())
    return (f"```{text}```" for text in gathered(lines, LONGEST_SECTION - 6))
