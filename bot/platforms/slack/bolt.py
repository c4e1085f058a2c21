"""Bolt's app: signatures checked, tokens from our keyring, events to our listeners."""

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult

from bot.platforms.slack.access import Keyring, Wire, quiet_logger
from bot.platforms.slack.listeners import Listeners


def build_bolt(
    keyring: Keyring, wire: Wire, listeners: Listeners, signing_secret: str = ""
) -> AsyncApp:
    """An app that knows who the bot is in each workspace without asking Slack each time."""

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult | None:
        organisation = context.enterprise_id if context.is_enterprise_install else None
        access = await keyring.find(context.team_id, organisation)
        if access is None:
            return None
        return AuthorizeResult(
            enterprise_id=access.organisation,
            team_id=context.team_id,
            bot_token=access.token,
            bot_user_id=access.bot_user,
            bot_id=access.bot_id,
        )

    app = AsyncApp(
        name="paperround",
        logger=quiet_logger(),
        client=wire.client(),
        signing_secret=signing_secret,
        authorize=authorize,  # type: ignore[arg-type] # None is Bolt's own "not installed"
    )
    listeners.attach(app)
    return app
