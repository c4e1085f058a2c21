"""Messages as Discord shows them, near enough: its payloads read back and drawn as a page.

It draws what was sent, not what we meant: Markdown is parsed here by Discord's rules, so a link or
a mention that slips through the escaping is one in the picture, too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from string import Template
from typing import Any

_PLAIN = re.compile(r"\\([^A-Za-z0-9\s])|(`+)(?!`)(.+?)(?<!`)\2(?!`)")
_LINK = re.compile(r"\[([^\]]+)\]\(&lt;(https?://.+?)&gt;\)|\[([^\]]+)\]\((https?://[^)\s]+)\)")
_MENTION = re.compile(r"&lt;(?:@[!&]?|#)\d+&gt;|@everyone|@here")
_STYLES = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"__(.+?)__"), r"<u>\1</u>"),
    (re.compile(r"\*(?!\s)(.+?)(?<!\s)\*"), r"<i>\1</i>"),
    (re.compile(r"(?<!\w)_(.+?)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"~~(.+?)~~"), r"<s>\1</s>"),
    (re.compile(r"\|\|(.+?)\|\|"), r'<span class="spoiler">\1</span>'),
)
_BLOCKS = (
    (re.compile(r"### +(.+)"), r"<h3>\1</h3>"),
    (re.compile(r"## +(.+)"), r"<h2>\1</h2>"),
    (re.compile(r"# +(.+)"), r"<h1>\1</h1>"),
    (re.compile(r"-# +(.+)"), r"<small>\1</small>"),
    (re.compile(r"&gt; +(.+)"), r"<blockquote>\1</blockquote>"),
    (re.compile(r"[-*] +(.+)"), r"<li>\1</li>"),
    (re.compile(r"(\d+\. +.+)"), r"<li>\1</li>"),
)
_HIDDEN = 0xE000
"""The first of the characters that stand for escaped ones while a text is read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in a channel, with the reactions on it and the thread below it."""

    message: Mapping[str, Any]
    reactions: tuple[tuple[str, int], ...] = ()
    thread: tuple[str, int] | None = None


@dataclass
class _Hidden:
    """Characters that have no effect, kept out of the way of the parser."""

    kept: list[str] = field(default_factory=list)

    def hide(self, text: str) -> str:
        self.kept.append(text)
        return chr(_HIDDEN + len(self.kept) - 1)

    def show(self, html: str) -> str:
        for place in reversed(range(len(self.kept))):
            html = html.replace(chr(_HIDDEN + place), self.kept[place])
        return html


def page(channel: str, messages: Sequence[Shown]) -> str:
    """A channel as one HTML page, light or dark as the reader's system is."""
    shown = "".join(map(_message, messages))
    return _PAGE.substitute(channel=escape(channel), messages=shown)


def markdown(text: str) -> str:
    """Discord's Markdown as HTML."""
    hidden = _Hidden()
    text = _PLAIN.sub(
        lambda m: hidden.hide(escape(m[1]) if m[1] else f"<code>{escape(m[3].strip())}</code>"),
        text,
    )
    return hidden.show("".join(_row(row) for row in escape(text, quote=False).split("\n")))


def _row(row: str) -> str:
    for pattern, block in _BLOCKS:
        if (found := pattern.fullmatch(row)) is not None:
            return found.expand(block).replace(found[1], _inline(found[1]))
    return f"<p>{_inline(row)}</p>"


def _inline(html: str) -> str:
    links: list[str] = []

    def kept(found: re.Match[str]) -> str:
        label, address = found[1] or found[3], found[2] or found[4]
        links.append(f'<a href="{address}">{_styled(label)}</a>')
        return f"\x00{len(links) - 1}\x00"

    html = _styled(_MENTION.sub(r'<span class="mention">\g<0></span>', _LINK.sub(kept, html)))
    return re.sub(r"\x00(\d+)\x00", lambda m: links[int(m[1])], html)


def _styled(html: str) -> str:
    for pattern, styled in _STYLES:
        html = pattern.sub(styled, html)
    return html


def _message(shown: Shown) -> str:
    message = shown.message
    parts = [
        markdown(str(message.get("content") or "")) if message.get("content") else "",
        *map(_embed, message.get("embeds", ())),
        *map(_component, message.get("components", ())),
    ]
    marks = "".join(
        f'<span class="mark">{emoji} <b>{count}</b></span>' for emoji, count in shown.reactions
    )
    below = ""
    if shown.thread is not None:
        name, count = shown.thread
        below = f'<div class="thread"><b>{escape(name)}</b><a>{count} Messages ›</a></div>'
    return (
        '<article><div class="avatar">📰</div><div class="body"><header><b>Paperround</b>'
        '<span class="app">APP</span><time>Today at 09:00</time></header>'
        f'{"".join(parts)}<div class="marks">{marks}</div>{below}</div></article>'
    )


def _component(part: Mapping[str, Any]) -> str:
    inner = "".join(map(_component, part.get("components", ())))
    match part["type"]:
        case 1:
            return f'<div class="row">{inner}</div>'
        case 2:
            return _button(part)
        case 9:
            beside = _component(part["accessory"])
            return f'<div class="section"><div>{inner}</div>{beside}</div>'
        case 10:
            return f'<div class="text">{markdown(part["content"])}</div>'
        case 11:
            return f'<img class="thumbnail" alt="" src="{escape(part["media"]["url"])}">'
        case 17:
            return f'<div class="box" style="border-left-color: {_colour(part)}">{inner}</div>'
    raise ValueError(f"no look for a component of type {part['type']}")


def _button(part: Mapping[str, Any]) -> str:
    emoji = (part.get("emoji") or {}).get("name", "")
    label = escape(part.get("label") or "")
    away = ' <span class="away">↗</span>' if part["style"] == 5 else ""
    return f'<button type="button" class="style-{part["style"]}">{emoji}{label}{away}</button>'


def _embed(made: Mapping[str, Any]) -> str:
    title = markdown(made["title"]).removeprefix("<p>").removesuffix("</p>")
    if made.get("url"):
        title = f'<a href="{escape(made["url"])}">{title}</a>'
    author, footer = made.get("author", {}).get("name"), made.get("footer", {}).get("text")
    picture = made.get("thumbnail", {}).get("url")
    text = markdown(made.get("description", ""))
    return (
        f'<div class="box embed" style="border-left-color: {_colour(made)}">'
        '<div class="section"><div>'
        + (f'<div class="author">{escape(author)}</div>' if author else "")
        + f'<div class="title">{title}</div><div class="text">{text}</div>'
        + (f"<footer>{escape(footer)}</footer>" if footer else "")
        + "</div>"
        + (f'<img class="thumbnail" alt="" src="{escape(picture)}">' if picture else "")
        + "</div></div>"
    )


def _colour(part: Mapping[str, Any]) -> str:
    number = part.get("accent_color") or part.get("color") or 0x1E1F22
    return f"#{number:06x}"


_PAGE = Template("""<!doctype html>
<meta charset="utf-8"><title>$channel</title>
<style>
:root { color-scheme: light dark; --back: #fff; --box: #f9f9fa; --edge: #e3e3e6; --text: #2f3136;
  --strong: #060607; --small: #5c5e66; --link: #0068e0; --button: #e3e5e8; --mark: #f2f3f5; }
@media (prefers-color-scheme: dark) { :root { --back: #313338; --box: #2b2d31; --edge: #3b3d44;
  --text: #dbdee1; --strong: #f2f3f5; --small: #949ba4; --link: #00a8fc; --button: #4e5058;
  --mark: #2b2d31; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 16px/22px "gg sans", "Noto Sans", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; }
nav { padding: 12px 16px; border-bottom: 1px solid var(--edge); font-weight: 600;
  color: var(--strong); }
nav span { color: var(--small); font-size: 20px; margin-right: 8px; }
article { display: flex; gap: 16px; padding: 10px 16px; }
.avatar { flex: none; width: 40px; height: 40px; border-radius: 50%; background: #1d3557;
  display: grid; place-items: center; font-size: 20px; }
.body { min-width: 0; flex: 1; max-width: 640px; }
header { display: flex; align-items: center; gap: 6px; }
header b { color: var(--strong); font-weight: 500; }
.app { background: #5865f2; color: #fff; border-radius: 4px; padding: 0 5px; font-size: 10px;
  line-height: 15px; font-weight: 600; }
time { color: var(--small); font-size: 12px; }
.box { background: var(--box); border: 1px solid var(--edge); border-left: 4px solid;
  border-radius: 8px; padding: 14px 16px; margin: 4px 0; display: grid; gap: 8px; }
.embed { border-radius: 4px; max-width: 520px; }
.section { display: flex; gap: 16px; justify-content: space-between; }
.section > div { min-width: 0; display: grid; gap: 6px; align-content: start; }
.text { overflow-wrap: anywhere; }
p, h1, h2, h3 { margin: 0; } li { list-style: none; }
h3, .title { font-size: 16px; line-height: 22px; font-weight: 700; color: var(--strong); }
small, footer { display: block; color: var(--small); font-size: 13px; line-height: 18px; }
.author { font-size: 14px; font-weight: 600; color: var(--strong); }
.embed .text { font-size: 14px; line-height: 18px; }
.thumbnail { flex: none; width: 85px; height: 85px; border-radius: 8px; object-fit: cover; }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 4px; }
button { height: 32px; padding: 0 16px; border: 0; border-radius: 8px; background: var(--button);
  color: var(--strong); font: 500 14px/1 inherit; font-family: inherit; }
.away { color: var(--small); }
a { color: var(--link); text-decoration: none; }
code { background: var(--mark); border-radius: 4px; padding: 0 4px; font-size: 14px; }
.mention { background: #5865f24d; color: #5865f2; border-radius: 3px; padding: 0 2px; }
.spoiler { background: #000; color: #000; }
blockquote { border-left: 4px solid var(--edge); margin: 0; padding-left: 12px; }
.marks { display: flex; gap: 4px; margin-top: 4px; }
.mark { background: var(--mark); border: 1px solid var(--edge); border-radius: 8px;
  padding: 1px 8px; font-size: 14px; }
.mark b { font-weight: 500; color: var(--small); }
.thread { display: inline-flex; gap: 10px; background: var(--mark); border-radius: 8px;
  padding: 8px 12px; margin-top: 6px; font-size: 14px; }
</style>
<nav><span>#</span>$channel</nav><main>$messages</main>
""")
