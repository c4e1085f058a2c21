"""A process that sends to webhooks once, for a test that kills it: DATABASE KEY TIME."""

import asyncio
import sys
from datetime import datetime

from bot.rounds.admin_notices import AdminNotices
from bot.rounds.webhooks.client import WebhookClient
from bot.rounds.webhooks.sending import Webhooks
from bot.sources.ssrf import GuardedTransport
from storage.database import Database
from storage.installations import Vault


async def main(url: str, key: str, at: str) -> None:
    database = Database(url)
    client = WebhookClient(GuardedTransport(allow_hosts=["127.0.0.1"]))
    now = datetime.fromisoformat(at)
    notices = AdminNotices(database, {})
    await Webhooks(database, client, Vault(key), notices, lambda: now).send_due()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
