"""The privacy policy and the terms, filled in for whoever hosts this."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

POLICIES = ("privacy", "terms")


@dataclass(frozen=True, slots=True)
class Host:
    """Who runs this install, and what they promise.

    `support` is an address of mail or the web, or "" where the host named none. `folder` may hold
    texts of the host's own, as `privacy.md`. The days are those of the settings PAPERROUND_KEEP_….
    """

    operator: str = ""
    support: str = ""
    public_url: str = ""
    folder: Path | None = None
    votes_days: float = 365
    posts_days: float = 365
    papers_days: float = 365
    shared: bool = False

    @property
    def operator_named(self) -> str:
        """The operator, or words for one without a name."""
        return self.operator or "whoever hosts this bot"

    @property
    def support_named(self) -> str:
        """Where help is to be had, or words for where none was named."""
        return self.support or "ask whoever hosts this bot"


def write_policy(name: str, host: Host, *, platforms: str = "Slack and Discord") -> str:
    """A policy as Markdown; `name` is one of POLICIES."""
    # Markdown, which is escaped where it becomes a page.
    plain = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    return plain.from_string(_template(name, host.folder)).render(
        operator=host.operator_named,
        support=host.support_named,
        platforms=platforms,
        privacy_url=f"{host.public_url.rstrip('/')}/slack/privacy",
        votes_days=f"{host.votes_days:g}",
        posts_days=f"{host.posts_days:g}",
        papers_days=f"{host.papers_days:g}",
        shared=host.shared,
    )


def _template(name: str, folder: Path | None) -> str:
    own = folder / f"{name}.md" if folder else None
    if own is not None and own.is_file():
        return own.read_text(encoding="utf-8")
    return files("config").joinpath("policies", f"{name}.md").read_text(encoding="utf-8")
