"""The form that manages a channel, and the commands that it stands for."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    DividerBlock,
    InputBlock,
    NumberInputElement,
    Option,
    OverflowMenuElement,
    PlainTextInputElement,
    SectionBlock,
    StaticMultiSelectElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.commands.parser import parse
from bot.commands.verbs import WATCH
from bot.errors import CommandError
from bot.matching.query import expression
from bot.platforms.slack.blocks import context, section
from bot.platforms.slack.mrkdwn import escape, fitted
from bot.ports import Overview, SourceLine

MOST_SOURCES = 100
"""Sources that one menu of Slack's can hold; others are managed by typing."""

PAUSED, QUIET = "paused", "quiet"
"""The values of the two switches."""


@dataclass(frozen=True, slots=True)
class FormChange:
    """A command that a form means, and the block where it was asked for."""

    block: str
    text: str


def mark_of(text: str) -> str:
    """A short name for a watch or a source, which may be too long for Slack's fields."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find_marked(texts: Sequence[str], mark: str) -> str | None:
    """The text with this mark, or None."""
    return next((text for text in texts if mark_of(text) == mark), None)


def wishes(overview: Overview, state: Mapping[str, Any] | None) -> list[FormChange]:
    """The commands that turn the channel as it is into the channel as submitted."""
    form = _Form(state)
    return [
        *_new(form, "watch", "watch"),
        *_new(form, "source", "sources add"),
        *_changed(form, "schedule", overview.schedule),
        *_changed(form, "limit", str(overview.limit)),
        *_changed(form, "threshold", str(overview.threshold)),
        *_picked(form, "style", overview.style),
        *_switched(overview, form),
        *_chosen(overview, form),
    ]


def typed_watch(state: Mapping[str, Any] | None) -> str:
    """The text in the form's field for a watch."""
    return _Form(state).text("watch")


def mistakes(asked: Sequence[FormChange]) -> dict[str, str]:
    """The error texts by block id, of commands that cannot be parsed; changes nothing."""
    found: dict[str, str] = {}
    for wish in asked:
        try:
            request = parse(wish.text)
            if request.verb is WATCH:
                expression.parse(str(request.value))
        except CommandError as error:
            found.setdefault(wish.block, str(error))
    return found


class _Form:
    """A view's state by block id; every field may be absent."""

    def __init__(self, state: Mapping[str, Any] | None) -> None:
        values = (state or {}).get("values") or {}
        self._fields: dict[str, dict[str, Any]] = {
            block: next(iter(fields.values()), {}) for block, fields in values.items()
        }

    def has(self, block: str) -> bool:
        return block in self._fields

    def text(self, block: str) -> str:
        return " ".join((self._fields.get(block, {}).get("value") or "").split())

    def picked(self, block: str) -> str:
        return str((self._fields.get(block, {}).get("selected_option") or {}).get("value") or "")

    def chosen(self, block: str) -> set[str]:
        options = self._fields.get(block, {}).get("selected_options") or []
        return {str(option.get("value")) for option in options}


def _new(form: _Form, block: str, verb: str) -> Iterator[FormChange]:
    if text := form.text(block):
        yield FormChange(block, f"{verb} {text}")


def _changed(form: _Form, block: str, before: str) -> Iterator[FormChange]:
    text = form.text(block)
    if text and text != before:
        yield FormChange(block, f"{block} {text}")


def _picked(form: _Form, block: str, before: str) -> Iterator[FormChange]:
    chosen = form.picked(block)
    if chosen and chosen != before:
        yield FormChange(block, f"{block} {chosen}")


def _switched(overview: Overview, form: _Form) -> Iterator[FormChange]:
    if not form.has("switches"):
        return
    chosen = form.chosen("switches")
    if (QUIET in chosen) != overview.quiet:
        yield FormChange("switches", f"quiet {'on' if QUIET in chosen else 'off'}")
    if (PAUSED in chosen) != overview.paused:
        yield FormChange("switches", "pause" if PAUSED in chosen else "resume")


def _chosen(overview: Overview, form: _Form) -> Iterator[FormChange]:
    if not form.has("sources"):
        return
    chosen = form.chosen("sources")
    for source in overview.sources[:MOST_SOURCES]:
        wanted = mark_of(source.spec) in chosen
        if wanted != source.on:
            yield FormChange("sources", f"sources {'add' if wanted else 'remove'} {source.spec}")


MANAGE, EDIT = "manage_channel", "edit_watch"
WATCH_MENU = "watch_menu"
PAGE_TURN = re.compile(r"^page_")
WATCHES_A_PAGE = 25

_LONGEST_OPTION, _LONGEST_WATCH = 75, 2000
_SCHEDULES = "daily 09:00 Europe/Paris weekdays, or instant, or off"
_STYLES = {
    "cards": "A full card for each paper",
    "short": "Short posts, the abstract in a thread",
    "digest": "One list each time, the papers in its thread",
}


@dataclass(frozen=True, slots=True)
class ViewState:
    """What is stored in a view's private_metadata: channel id, page number, and a watch's mark."""

    channel: str
    page: int = 0
    watch: str = ""

    def dump(self) -> str:
        """The text that Slack keeps with the view."""
        return json.dumps([self.channel, self.page, self.watch])

    @classmethod
    def find(cls, view: object) -> "ViewState | None":
        """What `dump` wrote into this view, or None for a view that is none of ours."""
        try:
            channel, page, watch = json.loads(view["private_metadata"])  # type: ignore[index]
        except (ValueError, TypeError, KeyError):
            return None
        sound = isinstance(channel, str) and type(page) is int and isinstance(watch, str)
        return cls(channel, page, watch) if sound else None


def manage_view(
    overview: Overview, place: ViewState, *, may_change: bool, notice: str = ""
) -> dict[str, Any]:
    """The channel's watches, a page at a time, and its settings; only to read for some people."""
    pages = max(1, -(-len(overview.watches) // WATCHES_A_PAGE))
    page = min(place.page, pages - 1)
    blocks = [*_notices(overview, notice), section(f"*{_heading(overview, place)}*")]
    blocks += _watches(overview, page, pages, may_change=may_change)
    blocks += _inputs(overview) if may_change else _settings(overview)
    view = View(
        type="modal",
        callback_id=MANAGE,
        title="Papers here",
        submit="Save" if may_change else None,
        close="Close",
        private_metadata=ViewState(place.channel, page).dump(),
        blocks=blocks,
    )
    return view.to_dict()


def edit_view(text: str, place: ViewState) -> dict[str, Any]:
    """The form that rewrites one watch."""
    field = PlainTextInputElement(
        action_id="value", initial_value=text, max_length=_LONGEST_WATCH, focus_on_load=True
    )
    view = View(
        type="modal",
        callback_id=EDIT,
        title="Edit watch",
        submit="Save",
        close="Back",
        private_metadata=ViewState(place.channel, place.page, mark_of(text)).dump(),
        blocks=[InputBlock(block_id="watch", label="Watch", element=field)],
    )
    return view.to_dict()


def notice_view(text: str) -> dict[str, Any]:
    """A modal with a text and no fields."""
    blocks = [section(fitted(text, 2900))]
    return View(type="modal", title="Papers here", close="Close", blocks=blocks).to_dict()


def _notices(overview: Overview, notice: str) -> list[Block]:
    lost = f"No papers reach this channel: {overview.lost}." if overview.lost else ""
    return [section(f"*{fitted(text, 2900)}*") for text in (notice, lost) if text]


def _watches(overview: Overview, page: int, pages: int, *, may_change: bool) -> list[Block]:
    start = page * WATCHES_A_PAGE
    shown = list(enumerate(overview.watches, 1))[start : start + WATCHES_A_PAGE]
    rows = [_watch(number, text, may_change=may_change) for number, text in shown]
    return [*rows, *_turning(page, pages), DividerBlock()]


def _heading(overview: Overview, place: ViewState) -> str:
    count = len(overview.watches)
    watched = f"{count} watch{'' if count == 1 else 'es'}" if count else "Nothing is watched yet"
    return f"{watched} in <#{place.channel}>"


def _watch(number: int, text: str, *, may_change: bool) -> SectionBlock:
    row = section(f"{number}. _{fitted(text, 2500)}_")
    if may_change:
        mark = mark_of(text)
        row.block_id = f"watch_{mark}"
        row.accessory = OverflowMenuElement(
            action_id=WATCH_MENU,
            options=[
                Option(label="Edit", value=f"edit:{mark}"),
                Option(label="Remove", value=f"remove:{mark}"),
            ],
        )
    return row


def _turning(page: int, pages: int) -> list[Block]:
    if pages == 1:
        return []
    turns = [("Earlier", page - 1), ("Later", page + 1)]
    buttons = [
        ButtonElement(text=label, action_id=f"page_{label.lower()}", value=str(to))
        for label, to in turns
        if 0 <= to < pages
    ]
    return [ActionsBlock(block_id="pages", elements=buttons)]


def _inputs(overview: Overview) -> list[Block]:
    return [
        _text_input("watch", "Add a watch", 'mixture of experts -survey, or "exact words"'),
        _text_input("schedule", "Schedule", _SCHEDULES, overview.schedule, hint=_SCHEDULES),
        _number_input("limit", "Papers a day, at most", overview.limit, 1, 50),
        _number_input("threshold", "Score that a paper must reach", overview.threshold, 60, 100),
        _style(overview),
        _switches(overview),
        *_sources(overview),
        _text_input("source", "Add a source", "cs.LG, or the address of a feed"),
    ]


def _text_input(
    block: str, label: str, example: str, value: str | None = None, *, hint: str | None = None
) -> InputBlock:
    field = PlainTextInputElement(
        action_id="value", placeholder=example, initial_value=value, max_length=_LONGEST_WATCH
    )
    return InputBlock(block_id=block, label=label, element=field, hint=hint, optional=True)


def _number_input(block: str, label: str, value: int, least: int, most: int) -> InputBlock:
    field = NumberInputElement(
        action_id="value",
        is_decimal_allowed=False,
        initial_value=str(value),
        min_value=str(least),
        max_value=str(most),
    )
    return InputBlock(block_id=block, label=label, element=field, hint=f"{least} to {most}")


def _style(overview: Overview) -> InputBlock:
    options = {value: Option(label=label, value=value) for value, label in _STYLES.items()}
    field = StaticSelectElement(
        action_id="value",
        options=list(options.values()),
        initial_option=options.get(overview.style),
    )
    return InputBlock(block_id="style", label="How papers look", element=field)


def _switches(overview: Overview) -> InputBlock:
    options = [
        Option(label="Paused: nothing is posted", value=PAUSED),
        Option(label="Quiet on days without papers", value=QUIET),
    ]
    on = [(overview.paused, options[0]), (overview.quiet, options[1])]
    field = CheckboxesElement(
        action_id="value",
        options=options,
        initial_options=[option for chosen, option in on if chosen] or None,
    )
    return InputBlock(block_id="switches", label="Posting", element=field, optional=True)


def _sources(overview: Overview) -> list[Block]:
    shown = overview.sources[:MOST_SOURCES]
    if not shown:
        return []
    options = {source: _source(source) for source in shown}
    field = StaticMultiSelectElement(
        action_id="value",
        options=list(options.values()),
        initial_options=[options[source] for source in shown if source.on] or None,
    )
    return [InputBlock(block_id="sources", label="Sources", element=field, optional=True)]


def _source(source: SourceLine) -> Option:
    broken = "⚠ " if source.problem else ""
    return Option(label=f"{broken}{source.name}"[:_LONGEST_OPTION], value=mark_of(source.spec))


def _settings(overview: Overview) -> list[Block]:
    read = ", ".join(source.name for source in overview.sources if source.on) or "none"
    paused = "paused" if overview.paused else "on"
    facts = (
        f"Papers come {overview.schedule}, at most {overview.limit} a day, from a score of "
        f"{overview.threshold}; posting is {paused}. Sources: {read}."
    )
    return [section(fitted(facts, 2900)), context(escape("You may not change this channel."))]
