"""Messages as Slack shows them, near enough: Block Kit read back and drawn as a page.

It draws what was sent, not what we meant: mrkdwn is parsed here by Slack's rules, so a link or a
mention that slips through the escaping is one in the picture, too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

_LINK = re.compile(r"<((?:https?|mailto):[^|<>]+)(?:\|([^<>]*))?>")
_MENTION = re.compile(r"<([@#!][^<>|]*)(?:\|([^<>]*))?>")
_STYLES = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*(?! )([^*\n]+)(?<! )\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(?! )([^_\n]+)(?<! )_(?![\w_])"), r"<i>\1</i>"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in a channel: its blocks, the reactions on it, and how many replies it has."""

    blocks: Sequence[Mapping[str, Any]]
    reactions: tuple[tuple[str, int], ...] = ()
    replies: int = 0


def page(channel: str, messages: Sequence[Shown]) -> str:
    """A channel as one HTML page, light or dark as the reader's system is."""
    shown = "".join(map(_message, messages))
    return _PAGE.substitute(channel=escape(channel), messages=shown)


def form(view: Mapping[str, Any]) -> str:
    """A modal or a Home tab as one HTML page, with its fields as a person finds them."""
    title, submit = view.get("title"), view.get("submit")
    head = f'<nav class="form">{_text(title)}</nav>' if title else ""
    foot = f'<footer><button class="save">{_text(submit)}</button></footer>' if submit else ""
    blocks = "".join(map(_block, view["blocks"]))
    return _PAGE.substitute(
        channel="Home", messages=f'<div class="view">{blocks}{foot}</div>'
    ).replace("<nav># Home</nav>", head)


def mrkdwn(text: str) -> str:
    """Slack's mrkdwn as HTML."""
    html = _LINK.sub(lambda m: f'<a href="{m[1]}">{m[2] or m[1]}</a>', text)
    html = _MENTION.sub(lambda m: f'<span class="mention">{m[2] or m[1]}</span>', html)
    for pattern, styled in _STYLES:
        html = pattern.sub(styled, html)
    return html.replace("\n", "<br>")


def _message(shown: Shown) -> str:
    blocks = "".join(map(_block, shown.blocks))
    marks = "".join(
        f'<span class="mark">{emoji} <span>{count}</span></span>'
        for emoji, count in shown.reactions
    )
    count = f"{shown.replies} replies"
    replies = f'<div class="replies"><span></span>{count}</div>' if shown.replies else ""
    return (
        '<article><div class="avatar">📰</div><div class="body"><header><b>Paperround</b>'
        f'<span class="app">APP</span><time>09:00</time></header>{blocks}'
        f'<div class="marks">{marks}</div>{replies}</div></article>'
    )


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "section":
            menu = '<span class="menu">…</span>' if "accessory" in block else ""
            return f'<div class="section">{menu}{_text(block["text"])}</div>'
        case "input":
            optional = " <small>(optional)</small>" if block.get("optional") else ""
            label = f"<label>{_text(block['label'])}{optional}</label>"
            hint = f"<small>{_text(block['hint'])}</small>" if "hint" in block else ""
            return f'<div class="input">{label}{_field(block["element"])}{hint}</div>'
        case "context":
            return f'<div class="context">{"".join(map(_text, block["elements"]))}</div>'
        case "actions":
            buttons = "".join(
                f'<button type="button">{_text(each["text"])}</button>'
                for each in block["elements"]
            )
            return f'<div class="actions">{buttons}</div>'
        case "divider":
            return "<hr>"
        case "header":
            return f"<h3>{_text(block['text'])}</h3>"
    raise ValueError(f"no look for {block['type']}")


def _field(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "checkboxes":
            on = [each["value"] for each in element.get("initial_options", [])]
            marks = ((("☑" if each["value"] in on else "☐"), each) for each in element["options"])
            return "".join(f"<p>{mark} {_text(each['text'])}</p>" for mark, each in marks)
        case "static_select":
            return f'<p class="field">{_text(element["initial_option"]["text"])} ▾</p>'
        case "multi_static_select":
            chosen = element.get("initial_options", [])
            return f'<p class="field">{", ".join(_text(each["text"]) for each in chosen)} ▾</p>'
    hint = _text(element["placeholder"]) if "placeholder" in element else ""
    value = escape(str(element.get("initial_value") or ""))
    return f'<p class="field">{value or f"<i>{hint}</i>"}</p>'


def _text(text: Mapping[str, Any]) -> str:
    """A text object; plain text has its entities escaped by whoever sends it as JSON, so here."""
    raw = str(text["text"])
    return mrkdwn(raw) if text["type"] == "mrkdwn" else escape(raw)


_PAGE = Template("""<!doctype html>
<meta charset="utf-8"><title>$channel</title>
<style>
:root { color-scheme: light dark; --back: #fff; --text: #1d1c1d; --small: #616061; --link: #1264a3;
  --line: #ddd; --edge: #bbb; --mark: #f2f2f2; --code: #c01343; --app: #ebeaeb; }
@media (prefers-color-scheme: dark) { :root { --back: #1a1d21; --text: #d1d2d3; --small: #ababad;
  --link: #1d9bd1; --line: #35373b; --edge: #565856; --mark: #26292d; --code: #e8912d;
  --app: #35373b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 15px/22px Lato, "Slack-Lato", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; }
nav { padding: 14px 20px; border-bottom: 1px solid var(--line); font-weight: 800; font-size: 18px; }
article { display: flex; gap: 8px; padding: 12px 20px; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #1d3557;
  display: grid; place-items: center; font-size: 20px; }
.body { min-width: 0; max-width: 700px; }
header { display: flex; align-items: center; gap: 6px; line-height: 18px; }
header b { font-weight: 900; }
time, .context { color: var(--small); font-size: 12px; }
.app { background: var(--app); color: var(--small); border-radius: 2px; padding: 1px 3px;
  font-size: 10px; line-height: 12px; font-weight: 700; }
.section { margin: 4px 0 8px; overflow-wrap: anywhere; }
.context { font-size: 13px; line-height: 18px; margin: 4px 0 8px; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 4px 0 8px; }
button { height: 28px; padding: 0 9px; border: 1px solid var(--edge); border-radius: 8px;
  background: var(--back); color: var(--text); font: 700 13px/1 inherit; font-family: inherit; }
a { color: var(--link); text-decoration: none; }
code { color: var(--code); font-size: 12px; border: 1px solid var(--line); border-radius: 3px;
  padding: 1px 3px; background: var(--mark); }
.mention { background: #fab70040; color: var(--link); }
.marks { display: flex; gap: 4px; }
.mark { background: var(--mark); border-radius: 12px; padding: 0 8px; font-size: 14px; }
.mark span { font-size: 11px; color: var(--small); }
.replies { color: var(--link); font-size: 13px; font-weight: 700; margin-top: 4px; display: flex;
  gap: 6px; align-items: center; }
.replies span { width: 20px; height: 20px; border-radius: 4px; background: #1d3557; }
.view { padding: 8px 24px; max-width: 560px; }
.view h3 { margin: 12px 0 4px; }
.menu { float: right; border: 1px solid var(--edge); border-radius: 8px; padding: 0 8px; }
.input { margin: 12px 0; } .input p { margin: 4px 0; }
label { font-weight: 700; } small { color: var(--small); font-weight: 400; }
.field { border: 1px solid var(--edge); border-radius: 4px; padding: 6px 10px; min-height: 34px; }
.field i { color: var(--small); font-style: normal; }
footer { border-top: 1px solid var(--line); padding: 12px 0; text-align: right; }
.save { background: #007a5a; color: #fff; border: 0; height: 34px; padding: 0 12px; }
</style>
<nav># $channel</nav><main>$messages</main>
""")
