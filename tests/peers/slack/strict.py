"""The limits of Block Kit, checked as Slack does: what breaks one is refused whole.

The numbers stand in Slack's Block Kit reference and in slack_sdk's models, whose own
`validate_json` is run here too, so that a block that avoided the models is caught.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_LENGTH = 11_000
"""No page names it: messages were refused with msg_blocks_too_long from there on."""

_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_MARKUP = re.compile(r"<(https?://[^|<>\s]+(\|[^<>]+)?|[@#!][^<>]*)>")
_OPTION_TEXT, _OPTION_VALUE, _MOST_OPTIONS = 75, 150, 100
_KNOWN = {"section", "context", "actions", "divider", "header", "input", "image", "rich_text"}


def check_blocks(blocks: object, most: int = MESSAGE_BLOCKS) -> str | None:
    """What is wrong with a message's blocks, or None."""
    if not isinstance(blocks, list) or len(blocks) > most:
        return f"no more than {most} blocks"
    ids = [action for block in blocks for action in _action_ids(block)]
    if len(ids) != len(set(ids)):
        return "action_id must be unique in a message"
    return next((wrong for block in blocks if (wrong := _check_block(block))), None)


def length(blocks: object) -> int:
    """Characters of all texts and addresses in a message's blocks."""
    if isinstance(blocks, str):
        return len(blocks)
    if isinstance(blocks, list):
        return sum(map(length, blocks))
    if not isinstance(blocks, dict):
        return 0
    return sum(length(value) for name, value in blocks.items() if name not in ("type", "style"))


def check_view(view: object) -> str | None:
    """What is wrong with a modal or a Home tab, or None."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return "type must be modal or home"
    try:
        View(**view).validate_json()
    except SlackObjectFormationError as error:
        return str(error)
    blocks = view.get("blocks")
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(block_ids) != len(set(block_ids)):
        return "block_id must be unique in a view"
    asks = any(block["type"] == "input" for block in blocks)
    if asks and (view["type"] == "home" or "submit" not in view):
        return "inputs need a submit button"
    return next((wrong for block in blocks if (wrong := _check_block(block))), None)


def _check_block(block: Mapping[str, Any]) -> str | None:
    if block.get("type") not in _KNOWN:
        return f"unknown block {block.get('type')}"
    try:
        parsed = Block.parse(dict(block))
        assert parsed is not None
        parsed.validate_json()
    except (SlackObjectFormationError, AssertionError) as error:
        return str(error)
    for text in _texts(block):
        if wrong := _check_text(text):
            return wrong
    return next((wrong for options in _options(block) if (wrong := _check_options(options))), None)


def _check_text(text: Mapping[str, Any]) -> str | None:
    body = text.get("text", "")
    if not body:
        return "text must not be empty"
    raw = _ENTITY.search(body) or re.search(r"[<>]", _MARKUP.sub("", body))
    if text["type"] == "mrkdwn" and raw:
        return f"unescaped & < or > in {body[:80]!r}"
    return None


def _check_options(options: Sequence[Mapping[str, Any]]) -> str | None:
    if not 1 <= len(options) <= _MOST_OPTIONS:
        return "1 to 100 options"
    for option in options:
        if len(option["text"]["text"]) > _OPTION_TEXT or len(option["value"]) > _OPTION_VALUE:
            return "an option's text or value is too long"
    return None


def _texts(node: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") in ("mrkdwn", "plain_text") and "text" in node:
            yield node
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _options(node: object) -> Iterator[Sequence[Mapping[str, Any]]]:
    if isinstance(node, dict):
        if "options" in node:
            yield node["options"]
        for value in node.values():
            yield from _options(value)
    elif isinstance(node, list):
        for value in node:
            yield from _options(value)


def _action_ids(block: Mapping[str, Any]) -> Iterator[str]:
    for element in [*block.get("elements", []), block.get("accessory")]:
        if isinstance(element, dict) and "action_id" in element:
            yield element["action_id"]
