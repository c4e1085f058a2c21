"""Builds the Slack platform from the host's settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

from bot.platforms.slack.adapter import Sharers, SlackChat, nobody_else
from bot.platforms.slack.auth import MEMBERS, Changers, Directory, Keyring, OneToken, Wire
from bot.platforms.slack.catch_up import CatchUp, MissedReactions, Whereabouts
from bot.platforms.slack.http_mode import WebConnection
from bot.platforms.slack.manifest import bot_scopes, optional_scopes
from bot.platforms.slack.oauth import INSTALL, Installed, StateStore, build_flow
from bot.platforms.slack.pages import Pages
from bot.platforms.slack.policies import Host
from bot.platforms.slack.sealed_tokens import SealedTokens
from bot.platforms.slack.socket_mode import SocketConnection
from storage import channels
from storage.database import Database
from storage.installations import Vault

Mode = Literal["socket", "http", "oauth"]


@dataclass(frozen=True, slots=True, repr=False)
class SlackOptions:
    """What the host chose; which fields are needed depends on `mode`, and settings check that.

    "socket" needs `bot_token` and `app_token`; "http" `bot_token` and `signing_secret`; "oauth"
    `client_id`, `client_secret`, `signing_secret`, `public_url` and `encryption_key`.
    """

    mode: Mode
    bot_token: str = ""
    app_token: str = ""
    signing_secret: str = ""
    client_id: str = ""
    client_secret: str = ""
    public_url: str = ""
    encryption_key: str = ""
    base_url: str = "https://slack.com/api/"
    host: str = "127.0.0.1"
    port: int = 3000
    hosted_by: Host = field(default_factory=Host)
    may_change: tuple[str, ...] = (MEMBERS,)
    seeds: bool = False


def build_slack(
    options: SlackOptions,
    database: Database,
    now: Callable[[], datetime],
    *,
    count_held_back: Callable[[], None] | None = None,
) -> SlackChat:
    """The platform in its mode; opens nothing. Raises SettingsError for a key that is none.

    `count_held_back` is called whenever Slack says that it held events back.
    """
    connection: SocketConnection | WebConnection
    wire = Wire(options.base_url)
    directory = Directory()
    changers = Changers(options.may_change, directory)
    keyring: Keyring = OneToken(options.bot_token, wire)
    sharers: Sharers = nobody_else
    if options.mode == "oauth":
        keyring, connection = _many(options, database, now, wire, changers, count=count_held_back)
        sharers = partial(_sharers, database)
    elif options.mode == "socket":
        connection = SocketConnection(options.app_token, changers)
    else:
        connection = WebConnection(
            options.host, options.port, options.signing_secret, changers, count=count_held_back
        )
    reactions = MissedReactions(database, keyring, wire, now, directory=directory)
    chat = SlackChat(
        keyring,
        wire,
        connection,
        seeds=options.seeds,
        catchup=CatchUp(Whereabouts(database, keyring, wire), reactions),
        sharers=sharers,
        directory=directory,
        scopes=sorted({*bot_scopes(seeds=options.seeds)} - {*optional_scopes()}),
        optional=optional_scopes(),
    )
    if isinstance(keyring, SealedTokens):
        keyring.lost = chat.tell_lost_token
    return chat


def _many(
    options: SlackOptions,
    database: Database,
    now: Callable[[], datetime],
    wire: Wire,
    changers: Changers,
    *,
    count: Callable[[], None] | None,
) -> tuple[SealedTokens, WebConnection]:
    client = (options.client_id, options.client_secret)
    install_url = f"{options.public_url.rstrip('/')}{INSTALL}"
    vault = Vault(options.encryption_key)
    keyring = SealedTokens(database, vault, wire, client, install_url)

    scopes = bot_scopes(seeds=options.seeds)
    pages = Pages(options.hosted_by, scopes, optional_scopes())

    def flow(installed: Installed) -> AsyncOAuthFlow:
        return build_flow(
            keyring,
            StateStore(database, now),
            wire,
            installed,
            client=client,
            scopes=scopes,
            public_url=options.public_url,
            pages=pages,
        )

    return keyring, WebConnection(
        options.host, options.port, options.signing_secret, changers, flow, pages=pages, count=count
    )


async def _sharers(database: Database, channel: str) -> list[str]:
    async with database.read() as session:
        return await channels.list_sharers(session, "slack", channel)
