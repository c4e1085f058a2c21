"""The public pages for those who install the app: what it does and asks for, what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

import resvg_py
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from bot.platforms.slack.policies import Host, write_policy

SCOPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "channels:history": (
            "Read messages of public channels it is in",
            "Only to find its own posts after a fault, so that none is missing and none doubled.",
        ),
        "channels:read": (
            "See public channels",
            "To know a channel's name, and when it is renamed or archived.",
        ),
        "chat:write": ("Post messages", "To bring papers to the channels that invite it."),
        "commands": ("Add /papers", "To take your commands."),
        "files:write": (
            "Upload files",
            "To show a picture of a channel's votes when somebody asks for it.",
        ),
        "groups:history": (
            "Read messages of private channels it is in",
            "As in public channels, and only where it was invited.",
        ),
        "groups:read": (
            "See private channels it is in",
            "To know their names, and when they are renamed or archived.",
        ),
        "reactions:read": ("See reactions", "Reactions on its own posts are votes."),
        "reactions:write": ("Add reactions", "To offer 👍 👎 🔖 on every post."),
        "users:read": (
            "See people",
            "To tell admins, who may change settings, and apps, whose reactions do not count.",
        ),
    }
)
"""What each permission lets the app do, and what for."""

_FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "access_denied": "You chose not to, or an admin has to agree first. Nothing was changed.",
        "invalid_browser": "This is another browser than the one it began in, or cookies are off.",
        "invalid_state": "That took longer than ten minutes, or the page was loaded twice.",
        "invalid_code": "Slack did not take the answer: it was used already, or is too old.",
    }
)
_FAILED = "Something went wrong on the way between Slack and here. Nothing was changed."

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every page: no script runs on it, and no other page frames it."""


@dataclass(frozen=True, slots=True)
class _Scope:
    label: str
    why: str
    optional: bool


class Pages:
    """Renders the pages; `scopes` are all that the app asks for, `optional` may be refused."""

    def __init__(self, host: Host, scopes: list[str], optional: list[str]) -> None:
        self._host = host
        told = [_Scope(*SCOPES[scope], scope in optional) for scope in scopes]
        self._scopes = sorted(told, key=lambda scope: scope.optional)
        folder = str(files(__package__).joinpath("templates"))
        self._jinja = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )

    def landing(self) -> Response:
        """What the app does and asks for, with the button that installs it."""
        return self._page("landing.html", scopes=self._scopes)

    def done(self, team: str | None, app: str | None, workspace: str | None) -> str:
        """What comes next after an installation."""
        known = f"?app={app}&team={workspace}" if app and workspace else ""
        open_url = f"https://slack.com/app_redirect{known}" if known else "https://slack.com"
        return self._render("done.html", team=team, open_url=open_url)

    def failed(self, reason: str) -> str:
        """Why nothing was installed; `reason` is Slack's or Bolt's word."""
        return self._render("failed.html", reason=_FAILURES.get(reason, _FAILED))

    def policy(self, name: str) -> Response:
        """The privacy policy or the terms."""
        written = write_policy(name, self._host, platforms="Slack")
        text = Markup(MarkdownIt("js-default").render(written))  # noqa: S704 - HTML in it is escaped
        title = "Privacy policy" if name == "privacy" else "Terms of use"
        return self._page("policy.html", text=text, title=title)

    def icon(self) -> Response:
        """The app's icon."""
        return Response(icon_svg(), media_type="image/svg+xml", headers=SAFE)

    def _page(self, template: str, **given: object) -> Response:
        return HTMLResponse(self._render(template, **given), headers=SAFE)

    def _render(self, template: str, **given: object) -> str:
        return self._jinja.get_template(template).render(
            operator=self._host.operator_named, contact=self._contact(), **given
        )

    def _contact(self) -> Markup:
        support = self._host.support
        if support.startswith(("https://", "http://")):
            return Markup('<a href="{0}">{0}</a>').format(support)
        if "@" in support:
            return Markup('<a href="mailto:{0}">{0}</a>').format(support)
        return escape(self._host.support_named)


def icon_svg() -> str:
    """The app's icon as SVG."""
    folder = files("bot.platforms.local").joinpath("static")
    return folder.joinpath("icon.svg").read_text(encoding="utf-8")


def draw_icon() -> bytes:
    """The app's icon as a PNG of 1024 by 1024 pixels, as the directories take it."""
    return resvg_py.svg_to_bytes(svg_string=icon_svg(), width=1024, height=1024)
