"""The chat platforms that the settings have the tokens for, built but not yet started."""

from pydantic import SecretStr

from bot.chat import ChatPlatform
from bot.platforms.local.chat import LocalChat
from bot.rounds.clock import Clock
from bot.rounds.roster import Roster
from config.settings import Settings
from storage.database import Database


def build_platforms(
    settings: Settings, database: Database, clock: Clock, roster: Roster, *, demo: bool
) -> dict[str, ChatPlatform]:
    """The local chat, and every platform that the settings have the tokens for; the demo has none.

    A platform's library is imported where it is used, for most installs need one of them.
    """
    found: dict[str, ChatPlatform] = {"local": LocalChat(database, now=clock)}
    if settings.slack_mode is not None and not demo:
        found["slack"] = _slack(settings, database, clock)
    if settings.discord_token is not None and not demo:
        found["discord"] = _discord(settings, database, clock, roster)
    return found


def _slack(settings: Settings, database: Database, clock: Clock) -> ChatPlatform:
    from bot.platforms.slack.build import SlackOptions, build_slack  # noqa: PLC0415 - see above

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
        may_change=settings.slack_may_change,
        seeds=settings.slack_seed_votes,
    )
    return build_slack(options, database, clock)


def _discord(settings: Settings, database: Database, clock: Clock, roster: Roster) -> ChatPlatform:
    from bot.platforms.discord.build import (  # noqa: PLC0415 - see above
        DiscordOptions,
        build_discord,
    )

    base_url = settings.discord_base_url
    options = DiscordOptions(
        token=_plain(settings.discord_token),
        home=settings.discord_guild,
        may_change=settings.discord_may_change,
        style=settings.discord_cards,
        seeds=settings.discord_seed_votes,
        voting=settings.discord_vote_buttons,
        base_url=str(base_url) if base_url else None,
    )
    return build_discord(options, database, clock, roster)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
