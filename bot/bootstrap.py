"""The composition root: settings in, a working program out. Nothing live is built at import."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import make_url

from bot.app import App, unwritable
from bot.errors import DatabaseError, SettingsError
from bot.platforms.local.adapter import LocalChat
from bot.ports import ChatPlatform, Role
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.bulletins.board import Board
from bot.rounds.bulletins.missed import Missed
from bot.rounds.delivery.bulletins import BulletinSender
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.delivery.edits import DigestHeaderEdits, VoteCountEdits
from bot.rounds.engine import Services
from bot.rounds.fates.check import FateCheck
from bot.rounds.fates.lookups import (
    ArxivLookup,
    BiorxivLookup,
    CrossrefLookup,
    Lookup,
    PubmedLookup,
)
from bot.rounds.fates.telling import FateTelling
from bot.rounds.learning.shared_models import SharedModels
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.training import ModelTraining
from bot.rounds.learning.votes import SAVE, VoteRecorder
from bot.rounds.meaning import PATIENCE_SECONDS, Meanings
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.pick import Picker
from bot.rounds.picking.suggester import Suggester
from bot.rounds.polling import Open, Polling
from bot.rounds.process.heartbeat import ProcessRegistry
from bot.rounds.process.metrics import Metrics
from bot.rounds.reachability import Reachability
from bot.rounds.retention import Kept, Retention, Upkeep
from bot.rounds.scheduling.due import Clock
from bot.rounds.summaries import Summaries, SummaryModel
from bot.rounds.webhooks.client import WebhookClient
from bot.rounds.webhooks.sending import Webhooks
from bot.rounds.zotero.client import ZoteroClient
from bot.rounds.zotero.push import ZoteroPush
from bot.sources.apis.common import Access
from bot.sources.arxiv import fetch_many
from bot.sources.base import Entry, Source
from bot.sources.http import Fetcher
from bot.sources.pace import Turns, limiters, service_pauses
from bot.sources.parser_process import FeedParser, ProcessParser
from bot.sources.registry import Reach, open_source, recognise
from bot.sources.sample import SampleDigest
from bot.sources.ssrf import GuardedTransport
from config.settings import Settings, default_data_dir
from storage import pace, sources
from storage.channels import ChannelDefaults
from storage.data_lock import DataLock
from storage.database import Database
from storage.installations import Vault
from storage.sealing import use_keys

if TYPE_CHECKING:
    from bot.platforms.slack.policies import Host

_SHOW_VOTES = frozenset({"slack"})
"""Platforms whose posts are edited to show the votes; the others count them by themselves."""


def build_app(
    settings: Settings,
    *,
    platforms: Mapping[str, ChatPlatform] | None = None,
    clock: Clock | None = None,
    demo: bool = False,
    patient: bool = True,
    role: Role = Role.ALL,
) -> App:
    """Put the program together; opens no connection and starts nothing.

    A server is `patient` with sources that do not answer; a command somebody waits for is not.
    """
    make_folder(settings)
    use_keys(_plain(settings.encryption_key))
    database = Database(settings.database)
    clock = clock or Clock()
    registry = ProcessRegistry(database, clock, role=role)
    fetcher = Fetcher(
        allow_hosts=allowed_hosts(settings),
        attempts=3 if patient else 1,
        contact=settings.contact_email,
        limiters=limiters(service_pauses(keyed=settings.pubmed_key is not None), turns(database)),
    )
    parser = ProcessParser()
    window = timedelta(days=settings.window_days)
    matches = MatchCache(database, window)
    meanings = build_meanings(settings, database, demo=demo)
    models = SharedModels(sharing=settings.share_across_workspaces, meanings=meanings)
    tastes, metrics = TasteStore(settings.half_life_days, models), Metrics()
    rounds = Picker(database, matches, tastes, window, metrics=metrics, meanings=meanings)
    if platforms is None:
        platforms = build_platforms(settings, database, clock, registry, metrics, demo=demo)
    notices = AdminNotices(database, platforms)
    telling = FateTelling(database, platforms, shows_votes=_SHOW_VOTES)
    zotero = build_zotero(settings, database, clock)
    webhooks = build_webhooks(settings, database, notices, clock)
    reach = Reachability(database, platforms, notices, clock)
    repeat_unknown = settings.unknown_outcome == "repeat"
    services = Services(
        database=database,
        rounds=rounds,
        delivery=Delivery(
            database,
            platforms,
            clock,
            registry.name,
            repeat_unknown=repeat_unknown,
            metrics=metrics,
            window=window,
        ),
        polling=Polling(database, opener(settings, fetcher, parser), clock, metrics),
        notices=notices,
        reach=reach,
        board=Board(
            database,
            Missed(database, matches, window),
            BulletinSender(
                database, platforms, reach, clock, registry.name, repeat_unknown=repeat_unknown
            ),
            clock,
        ),
        upkeep=Upkeep(
            Retention(database, tastes, _kept(settings), window),
            ModelTraining(database, models, tastes),
            zotero,
            None if demo else _fates(settings, database, fetcher, telling, clock),
        ),
        telling=telling,
        suggester=Suggester(database, matches, notices, clock),
        now=clock,
        webhooks=webhooks,
        summaries=None if demo else build_summaries(settings, database, metrics, clock),
    )
    return App(
        settings=settings,
        zotero=zotero,
        webhooks=webhooks,
        database=database,
        clock=clock,
        platforms=platforms,
        matches=matches,
        services=services,
        recorder=VoteRecorder(database, tastes, _meanings(settings), metrics),
        count_edits=VoteCountEdits(database, platforms, shown_on=_SHOW_VOTES),
        header_edits=DigestHeaderEdits(database, platforms),
        metrics=metrics,
        registry=registry,
        fetcher=fetcher,
        parser=parser,
        shared=wanted_sources(settings),
        sample=SAMPLE,
        defaults=defaults(settings),
        demo=demo,
        lock=DataLock(lock_path(settings), _main_file(settings) if database.embedded else None),
    )


def turns(database: Database) -> Turns:
    """Turns at services, shared by all processes of this database."""

    async def reserve(service: str, seconds: float) -> tuple[float, float]:
        async with database.write() as session:
            return await pace.reserve(session, service, seconds)

    async def hold_off(service: str, seconds: float) -> None:
        async with database.write() as session:
            await pace.hold_off(session, service, seconds)

    return Turns(reserve, hold_off)


def _fates(
    settings: Settings, database: Database, fetcher: Fetcher, telling: FateTelling, clock: Clock
) -> FateCheck:
    async def fetch(arxiv_ids: Sequence[str]) -> Sequence[Entry]:
        return await fetch_many(fetcher, arxiv_ids, str(settings.arxiv_url))

    email, key = settings.contact_email, _plain(settings.pubmed_key)
    lookups: tuple[Lookup, ...] = (
        ArxivLookup(fetch),
        CrossrefLookup(Access(fetcher, str(settings.crossref_url), email)),
        PubmedLookup(Access(fetcher, str(settings.pubmed_url), email, key)),
        BiorxivLookup(Access(fetcher, str(settings.biorxiv_url), email)),
    )
    return FateCheck(database, lookups, telling, clock)


def build_zotero(settings: Settings, database: Database, clock: Clock) -> ZoteroPush | None:
    """What pushes papers to Zotero; None where the host has no key to seal people's keys with."""
    vault = _vault(settings)
    if vault is None:
        return None
    transport = GuardedTransport(allow_hosts=[settings.zotero_url.host or ""])
    return ZoteroPush(database, ZoteroClient(str(settings.zotero_url), transport), vault, clock)


def build_webhooks(
    settings: Settings, database: Database, notices: AdminNotices, clock: Clock
) -> Webhooks | None:
    """What sends posts to webhooks; None where the host has no key to seal their secrets with."""
    vault = _vault(settings)
    if vault is None:
        return None
    client = WebhookClient(GuardedTransport(allow_hosts=settings.allow_hosts))
    return Webhooks(database, client, vault, notices, clock)


def build_summaries(
    settings: Settings, database: Database, metrics: Metrics, clock: Clock
) -> Summaries | None:
    """What asks a language model for summaries; None unless the host names one."""
    if settings.summary_url is None or not settings.summary_model:
        return None
    model = SummaryModel(
        str(settings.summary_url),
        settings.summary_model,
        _plain(settings.summary_key),
        settings.summary_language,
        settings.summary_requests,
        settings.summary_tokens,
    )
    transport = GuardedTransport(allow_hosts=[settings.summary_url.host or ""])
    return Summaries(database, model, transport, metrics, clock)


def _vault(settings: Settings) -> Vault | None:
    if settings.encryption_key is None:
        return None
    try:
        return Vault(_plain(settings.encryption_key))
    except SettingsError:
        # Feed addresses are sealed with any text; people's keys need a real one.
        return None


def build_meanings(settings: Settings, database: Database, *, demo: bool) -> Meanings:
    """What knows the meaning of papers; a model that is off or missing leaves it without any.

    The demo's rounds do not wait for it: its first cards are there at once.
    """
    from bot.meaning.encoder import MeaningError
    from bot.meaning.model import OFF, find_model
    from bot.meaning.process import ModelProcess

    if settings.meaning == OFF:
        return Meanings(database)
    try:
        encoder = ModelProcess(find_model(settings.meaning))
    except MeaningError as error:
        return Meanings(database, trouble=str(error))
    return Meanings(database, encoder, patience=0.0 if demo else PATIENCE_SECONDS)


def defaults(settings: Settings) -> ChannelDefaults:
    """The shared settings that a new channel starts with."""
    return ChannelDefaults(
        schedule=settings.schedule,
        post_limit=settings.limit,
        threshold=settings.threshold,
        beyond=settings.beyond,
        floor=settings.floor,
    )


def _kept(settings: Settings) -> Kept:
    return Kept(
        votes=timedelta(days=settings.keep_votes_days),
        posts=timedelta(days=settings.keep_posts_days),
        papers=timedelta(days=settings.keep_papers_days),
    )


def _meanings(settings: Settings) -> dict[str, int]:
    """What each emoji counts; a chat's own one may be written as there, :party_parrot:."""
    both = dict.fromkeys(settings.votes_down, -1) | dict.fromkeys(settings.votes_up, 1)
    return {emoji.strip(":"): value for emoji, value in both.items()}


def build_platforms(
    settings: Settings,
    database: Database,
    clock: Clock,
    registry: ProcessRegistry,
    metrics: Metrics,
    *,
    demo: bool,
) -> dict[str, ChatPlatform]:
    """The local chat, and every platform that the settings have the tokens for; the demo has none.

    A platform's library is imported where it is used, for most installs need one of them.
    """
    found: dict[str, ChatPlatform] = {"local": LocalChat(database, now=clock)}
    if settings.slack_mode is not None and not demo:
        found["slack"] = _slack(settings, database, clock, metrics)
    if settings.discord_token is not None and not demo:
        found["discord"] = _discord(settings, database, clock, registry)
    return found


def _slack(settings: Settings, database: Database, clock: Clock, metrics: Metrics) -> ChatPlatform:
    from bot.platforms.slack.build import SlackOptions, build_slack

    assert settings.slack_mode is not None
    options = SlackOptions(
        mode=settings.slack_mode,
        bot_token=_plain(settings.slack_bot_token),
        app_token=_plain(settings.slack_app_token),
        signing_secret=_plain(settings.slack_signing_secret),
        client_id=settings.slack_client_id or "",
        client_secret=_plain(settings.slack_client_secret),
        public_url=str(settings.public_url or ""),
        encryption_key=_plain(settings.encryption_key),
        base_url=str(settings.slack_base_url),
        host=settings.slack_host,
        port=settings.slack_port,
        hosted_by=host_of(settings),
        may_change=settings.slack_may_change,
        seeds=settings.slack_seed_votes,
    )
    return build_slack(options, database, clock, count_held_back=metrics.held_back)


def host_of(settings: Settings) -> Host:
    """Who runs this install, and what they promise, as the settings say."""
    from bot.platforms.slack.policies import Host

    return Host(
        operator=settings.operator or "",
        support=settings.support or "",
        public_url=str(settings.public_url or ""),
        folder=settings.data_dir / "policies",
        votes_days=settings.keep_votes_days,
        posts_days=settings.keep_posts_days,
        papers_days=settings.keep_papers_days,
        shared=settings.share_across_workspaces,
    )


def _discord(
    settings: Settings, database: Database, clock: Clock, registry: ProcessRegistry
) -> ChatPlatform:
    from bot.platforms.discord.build import DiscordOptions, build_discord

    base_url = settings.discord_base_url
    options = DiscordOptions(
        token=_plain(settings.discord_token),
        home=settings.discord_guild,
        may_change=settings.discord_may_change,
        style=settings.discord_cards,
        seeds=settings.discord_seed_votes,
        means=frozenset({*_meanings(settings), SAVE}),
        voting=settings.discord_vote_buttons,
        base_url=str(base_url) if base_url else None,
    )
    return build_discord(options, database, clock, registry)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


SAMPLE = (sources.NamedSource("sample", "digest", "Sample digest"),)
"""What the demo reads."""


_SERVICES = (
    "huggingface",
    "arxiv",
    "biorxiv",
    "pubmed",
    "europepmc",
    "crossref",
    "acl",
    "openalex",
    "orcid",
)
"""Services with an address of their own in the settings."""


def opener(settings: Settings, fetcher: Fetcher, parser: FeedParser | None = None) -> Open:
    """What makes a source from its kind and name, on the services that the settings name."""
    bases = {name: str(getattr(settings, f"{name}_url")) for name in _SERVICES}
    keys = {name: _plain(getattr(settings, f"{name}_key")) for name in ("pubmed", "openalex")}
    reach = Reach(fetcher, bases, keys, settings.contact_email, parser, settings.arxiv_cross_lists)

    def open_any(kind: str, spec: str) -> Source:
        if kind == "sample":
            return SampleDigest()
        return open_source(kind, spec, fetcher, bases=bases, reach=reach)

    return open_any


def wanted_sources(settings: Settings) -> list[sources.NamedSource]:
    """The sources that all channels share."""
    wanted: list[sources.NamedSource] = []
    if settings.huggingface:
        wanted.append(sources.NamedSource("huggingface", "daily", "Hugging Face Daily Papers"))
    texts = (*settings.arxiv_categories, *settings.feeds)
    return wanted + [sources.NamedSource(*recognise(text)) for text in texts]


def allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """Hosts that the guarded client may reach even on a private address: those the host chose."""
    bases = (getattr(settings, f"{name}_url").host or "" for name in _SERVICES)
    return (*settings.allow_hosts, *bases)


def make_folder(settings: Settings) -> None:
    """Make the folder of an embedded database, for its owner alone; raises DatabaseError.

    A folder that was there before and is not the usual one keeps its mode: it may hold more. Files
    of ours that others may read are closed to them.
    """
    if not settings.database.startswith("sqlite"):
        return
    folder = _main_file(settings).parent
    try:
        made = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if made or folder == default_data_dir():
            folder.chmod(0o700)
    except OSError as error:
        raise DatabaseError(unwritable(folder, error)) from error
    for name in ("*.sqlite", "*.sqlite-wal", "*.sqlite-shm", "*.lock"):
        for file in folder.glob(f"paperround{name}"):
            # Another user's file is for them to close.
            with contextlib.suppress(OSError):
                file.chmod(0o600)


def _main_file(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "")


def lock_path(settings: Settings) -> Path:
    """The file whose lock makes a process the one that works on this folder."""
    if settings.database.startswith("sqlite"):
        return _main_file(settings).with_suffix(".lock")
    return settings.data_dir / "paperround.lock"
