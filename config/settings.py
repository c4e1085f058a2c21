"""Settings from the environment and `.env`, every problem named at once."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import (
    AliasChoices,
    AnyHttpUrl,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from rapidfuzz import process
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import CommandError, SettingsError
from bot.rounds.scheduling.schedule import parse_schedule

PREFIX = "PAPERROUND_"

SlackMode = Literal["socket", "http", "oauth"]

_SLACK_WAYS: Mapping[SlackMode, tuple[str, ...]] = MappingProxyType(
    {
        "socket": ("slack_bot_token", "slack_app_token"),
        "http": ("slack_bot_token", "slack_signing_secret"),
        "oauth": (
            "slack_client_id",
            "slack_client_secret",
            "slack_signing_secret",
            "public_url",
            "encryption_key",
        ),
    }
)
"""What each way to reach Slack needs; the first that is whole is taken."""

_SLACK_PARTS = sorted({n for way in _SLACK_WAYS.values() for n in way if n.startswith("slack_")})

Words = Annotated[tuple[str, ...], NoDecode]


def default_data_dir() -> Path:
    """Where data is kept unless the settings say otherwise: this user's usual place for data."""
    return user_data_path("paperround")


class Settings(BaseSettings):
    """Everything a host can set, as `PAPERROUND_<NAME>`; frozen once read.

    Lists are separated by commas. Secrets never show in a repr, a log or an error.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", populate_by_name=True
    )

    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices(f"{PREFIX}DATABASE_URL", "DATABASE_URL")
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    token: SecretStr | None = None
    trusted_proxies: Words = ("127.0.0.1", "::1")
    public_url: AnyHttpUrl | None = None
    pages_url: AnyHttpUrl | None = None
    encryption_key: SecretStr | None = None
    operator: str | None = None
    support: str | None = None

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_host: str = "127.0.0.1"
    slack_port: int = Field(default=3000, ge=0, le=65_535)
    slack_base_url: AnyHttpUrl = AnyHttpUrl("https://slack.com/api/")
    slack_may_change: Words = ("members",)
    slack_seed_votes: bool = False

    discord_token: SecretStr | None = None
    discord_guild: int | None = Field(default=None, gt=0)
    discord_may_change: str = "manage_channels"
    discord_cards: Literal["components", "embeds"] = "components"
    discord_seed_votes: bool = False
    discord_vote_buttons: bool = False
    discord_base_url: AnyHttpUrl | None = None

    huggingface: bool = True
    huggingface_url: AnyHttpUrl = AnyHttpUrl("https://huggingface.co")
    arxiv_categories: Words = ()
    arxiv_cross_lists: bool = True
    arxiv_url: AnyHttpUrl = AnyHttpUrl("https://export.arxiv.org")
    biorxiv_url: AnyHttpUrl = AnyHttpUrl("https://api.biorxiv.org")
    pubmed_url: AnyHttpUrl = AnyHttpUrl("https://eutils.ncbi.nlm.nih.gov/entrez/eutils")
    europepmc_url: AnyHttpUrl = AnyHttpUrl("https://www.ebi.ac.uk/europepmc/webservices/rest")
    crossref_url: AnyHttpUrl = AnyHttpUrl("https://api.crossref.org")
    acl_url: AnyHttpUrl = AnyHttpUrl(
        "https://raw.githubusercontent.com/acl-org/acl-anthology/master/data/xml"
    )
    openalex_url: AnyHttpUrl = AnyHttpUrl("https://api.openalex.org")
    orcid_url: AnyHttpUrl = AnyHttpUrl("https://pub.orcid.org/v3.0")
    zotero_url: AnyHttpUrl = AnyHttpUrl("https://api.zotero.org")
    pubmed_key: SecretStr | None = None
    openalex_key: SecretStr | None = None
    contact_email: str = ""
    feeds: Words = ()
    poll_minutes: float = Field(default=15, gt=0, le=1440)
    allow_hosts: Words = ()

    window_days: float = Field(default=7, gt=0, le=90)
    schedule: str = "daily 09:00 UTC"
    limit: int = Field(default=5, ge=1, le=50)
    threshold: int = Field(default=80, ge=60, le=100)
    beyond: int = Field(default=1, ge=0, le=10)
    floor: int = Field(default=20, ge=0, le=100)
    unknown_outcome: Literal["skip", "repeat"] = "skip"
    meaning: str = "default"
    half_life_days: float = Field(default=90, ge=0.1, le=36_500)
    share_across_workspaces: bool = False
    keep_votes_days: float = Field(default=365, ge=30, le=36_500)
    keep_posts_days: float = Field(default=365, ge=30, le=36_500)
    keep_papers_days: float = Field(default=365, ge=30, le=36_500)
    votes_up: Words = ("👍", "❤️", "🔥", "🎉", "🚀")
    votes_down: Words = ("👎",)

    summary_url: AnyHttpUrl | None = None
    summary_model: str = ""
    summary_key: SecretStr | None = None
    summary_language: str = "English"
    summary_requests: int = Field(default=200, ge=1, le=1_000_000)
    summary_tokens: int = Field(default=200_000, ge=1_000, le=1_000_000_000)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "text", "json"] = "auto"

    @field_validator(
        "trusted_proxies",
        "arxiv_categories",
        "feeds",
        "allow_hosts",
        "votes_up",
        "votes_down",
        "slack_may_change",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("schedule")
    @classmethod
    def _known_schedule(cls, value: str) -> str:
        try:
            return str(parse_schedule(value))
        except CommandError as error:
            raise ValueError(str(error)) from error

    @field_validator("support")
    @classmethod
    def _reachable(cls, value: str | None) -> str | None:
        known = value is None or value.startswith(("https://", "http://"))
        if not known and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value or ""):
            raise ValueError("name an address of mail, or one that begins with https://")
        return value

    @field_validator("database_url")
    @classmethod
    def _kept_on_disk(cls, value: str | None) -> str | None:
        place = (value or "").partition(":///")[2]
        if value and value.startswith("sqlite") and place in ("", ":memory:"):
            raise ValueError("name a file, such as sqlite:///paperround.sqlite")
        return value

    @field_validator("data_dir")
    @classmethod
    def _whole_path(cls, value: Path) -> Path:
        try:
            return value.expanduser().absolute()
        except RuntimeError as error:
            raise ValueError(f"{value} names no folder: {error}") from error

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _right_token(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """The two tokens are easily confused, and Slack's own answer to that says little."""
        start = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value is not None and not value.get_secret_value().startswith(start):
            raise ValueError(f"it should begin with {start}")
        return value

    @model_validator(mode="after")
    def _whole_slack(self) -> "Settings":
        """Slack's settings make one of its three modes, or none is set."""
        given = [name for name in _SLACK_PARTS if getattr(self, name)]
        if given and self.slack_mode is None:
            raise ValueError(
                f"{_names(given)} given, but for Slack {_names(self._lacking())} must be set too, "
                'or what another way needs: the README has the three under "On Slack"'
            )
        if self.slack_mode == "oauth" and not str(self.public_url).startswith("https://"):
            raise ValueError("PAPERROUND_PUBLIC_URL must begin with https://, as Slack asks")
        return self

    def _lacking(self) -> list[str]:
        """What the way to reach Slack lacks that is nearest to being whole."""
        ways = [[n for n in way if not getattr(self, n)] for way in _SLACK_WAYS.values()]
        sizes = [len(way) for way in _SLACK_WAYS.values()]
        nearest = min(range(len(ways)), key=lambda at: (len(ways[at]), -sizes[at]))
        return ways[nearest]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must not be written down."""
        given = [getattr(self, name) for name in type(self).model_fields]
        plain = [one.get_secret_value() for one in given if isinstance(one, SecretStr)]
        password = _password(self.database_url)
        return tuple(one for one in (*plain, password) if one)

    @property
    def pages(self) -> str:
        """The address at which others reach the local chat's pages and the feeds."""
        return str(self.pages_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def slack_mode(self) -> SlackMode | None:
        """How Slack is reached: what is set says it; None without Slack."""
        whole = (
            mode for mode, parts in _SLACK_WAYS.items() if all(getattr(self, n) for n in parts)
        )
        return next(whole, None)

    @property
    def database(self) -> str:
        """The database's URL: as set, or a file in the data folder."""
        return self.database_url or _sqlite_url(self.data_dir / "paperround.sqlite")

    @property
    def embedded(self) -> bool:
        """Whether the data lives in SQLite files of our own."""
        return self.database.startswith("sqlite")

    @property
    def engine_database(self) -> str:
        """The durable engine's URL: a file beside ours, or the same Postgres."""
        if self.database.startswith("sqlite"):
            main = Path(make_url(self.database).database or "")
            return _sqlite_url(main.with_name(f"{main.stem}-engine.sqlite"))
        return self.database.replace("postgresql+psycopg:", "postgresql:", 1)


def _names(fields: Iterable[str]) -> str:
    return ", ".join(PREFIX + name.upper() for name in fields)


def _password(url: str | None) -> str | None:
    try:
        return make_url(url).password if url else None
    except SQLAlchemyError:
        return None


def _sqlite_url(path: Path) -> str:
    """The URL of a file, whatever characters its name has."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def load_settings(*, env_file: Path = Path(".env"), **chosen: object) -> Settings:
    """Read the settings; `chosen` values (from the command line) win where they are not None.

    Order: `chosen`, the environment, the `.env` file, the defaults; a plain `DATABASE_URL`
    stands in for `PAPERROUND_DATABASE_URL`. Raises SettingsError that names every problem.
    """
    _refuse_unknown(env_file)
    known = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(_env_file=env_file, **known)  # type: ignore[arg-type] # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error


def demo_settings(settings: Settings) -> Settings:
    """The same settings on data of the demo's own, unless a place for data was chosen."""
    if settings.model_fields_set & {"data_dir", "database_url"}:
        return settings
    return settings.model_copy(update={"data_dir": settings.data_dir / "demo"})


def _refuse_unknown(env_file: Path) -> None:
    """A misspelt name would otherwise be ignored in silence."""
    try:
        names = {*os.environ, *dotenv_values(env_file)}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read: {error}. Correct or remove it.") from error
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in names if name.startswith(PREFIX) and name not in known)
    if unknown:
        near = [f"{name} (did you mean {_nearest(name, known)}?)" for name in unknown]
        raise SettingsError(f"Unknown settings: {', '.join(near)}.")


def _nearest(name: str, known: set[str]) -> str:
    return str(process.extractOne(name, sorted(known))[0])


def _explain(error: ValidationError) -> str:
    problems = []
    for each in error.errors(include_input=False, include_url=False):
        said = each["msg"].removeprefix("Value error, ")
        if not each["loc"]:
            problems.append(f"  {said}")
            continue
        name = str(each["loc"][0]).upper()
        name = name if name.endswith("DATABASE_URL") else PREFIX + name
        problems.append(f"  {name}: {said}")
    return "The settings have problems; correct them in the environment or in .env:\n" + "\n".join(
        problems
    )
