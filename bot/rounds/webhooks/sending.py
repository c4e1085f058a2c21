"""Tells webhooks of posts: each event under one id for ever, tried with growing pauses."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.cards.compose import full_names
from bot.cards.outgoing_event import event_json, post_data, reference
from bot.cards.richtext import bold, line, slash
from bot.errors import SettingsError
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.delivery.sender import card_of
from bot.rounds.webhooks.client import Attempt, WebhookClient, new_secret
from bot.sources.paper_ids import public_id
from storage import webhooks
from storage.database import Database
from storage.installations import Vault
from storage.models import Channel, Paper, Post, PostState, PushState, Webhook, WebhookEvent

LEASE = timedelta(minutes=2)
"""How long one request and its note may take; after a crash the next one waits so long."""

GIVE_UP = timedelta(days=3)
"""How long an event, and a webhook that takes nothing, is tried."""

_PAUSES = (60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0)
_AT_ONCE = 8
_A_TIME = 100
_TEST = "webhook.test"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookReport:
    """How a channel's webhook stands; `ended` ones are sent nothing any more."""

    host: str
    sent: int
    left: int
    failed: int
    ended: bool
    trouble: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """An event as it is sent."""

    event: WebhookEvent
    body: bytes
    at: datetime
    mark: str


class Webhooks:
    """Connects webhooks to channels and sends them what becomes of the posts.

    What is to be sent follows from the posts themselves, so nothing is lost by a crash; an event's
    id follows from its post, so a receiver knows one that a crash made come again.
    """

    def __init__(
        self,
        database: Database,
        client: WebhookClient,
        vault: Vault,
        notices: AdminNotices,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._client = client
        self._vault = vault
        self._notices = notices
        self._now = now

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def connect(self, channel: Channel, url: str, by: str) -> tuple[str, str]:
        """Send a channel's posts to this address from now on; returns its host and a new secret.

        The secret is kept sealed and never shown again. Raises WebhookError for an address that
        may not be one.
        """
        host, secret, now = await self._client.check(url), new_secret(), self._now()
        channel_id = channel.id or 0
        async with self._database.write() as session:
            known = await webhooks.find(session, channel_id)
            if known is not None and known.ended_at is not None:
                await webhooks.remove(session, channel_id)
                known = None
            row = known or Webhook(
                channel_id=channel_id, host=host, sealed=b"", added_by=by, since=now
            )
            row.host, row.added_by = host, by
            row.sealed = self._vault.seal({"url": url, "secret": secret})
            row.failures, row.failing_since, row.wait_until, row.trouble = 0, None, None, None
            session.add(row)
        return host, secret

    async def disconnect(self, channel: Channel) -> bool:
        """Forget a channel's webhook and its secret; False where there was none."""
        async with self._database.write() as session:
            return await webhooks.remove(session, channel.id or 0)

    async def report(self, channel: Channel) -> WebhookReport | None:
        """How a channel's webhook stands; None where it has none."""
        async with self._database.read() as session:
            row = await webhooks.find(session, channel.id or 0)
            states = await webhooks.count_states(session, channel.id or 0)
        if row is None:
            return None
        return WebhookReport(
            row.host,
            sent=states.get(PushState.SENT, 0),
            left=states.get(PushState.DUE, 0) + states.get(PushState.SENDING, 0),
            failed=states.get(PushState.FAILED, 0),
            ended=row.ended_at is not None,
            trouble=row.trouble,
        )

    async def test(self, channel: Channel) -> Attempt | None:
        """Send a signed event that says nothing; None where the channel has no webhook."""
        async with self._database.read() as session:
            row = await webhooks.find(session, channel.id or 0)
        if row is None:
            return None
        now = self._now()
        data = {"channel": {"address": channel.address, "name": channel.name}}
        try:
            return await self._post(
                row, _id(f"{channel.address}:{now}"), event_json(_TEST, now, data)
            )
        except SettingsError:
            return Attempt(_UNSEALABLE)

    async def are_due(self) -> bool:
        """Whether any webhook is to be told something now."""
        async with self._database.read() as session:
            return bool(await webhooks.list_ready(session, self._now()))

    async def send_due(self) -> int:
        """Tell every webhook what is due; returns how many events were taken.

        What goes wrong with one is noted there and stops no other.
        """
        async with self._database.read() as session:
            ready = await webhooks.list_ready(session, self._now())
        turns = asyncio.Semaphore(_AT_ONCE)

        async def serve(channel_id: int) -> int:
            async with turns:
                return await self._serve(channel_id)

        return sum(await asyncio.gather(*map(serve, ready)))

    async def _serve(self, channel_id: int) -> int:
        now = self._now()
        async with self._database.write() as session:
            row = await webhooks.claim(session, channel_id, now, now + LEASE)
            if row is not None:
                await webhooks.note_new(session, channel_id, now)
        if row is None:
            return 0
        sent = 0
        try:
            for _ in range(_A_TIME):
                told = await self._begin(channel_id)
                if told is None:
                    break
                attempt = await self._post(row, _id(told.mark), told.body)
                sent += attempt.taken
                if not await self._note(told.event, attempt):
                    break
        except SettingsError:
            await self._end(channel_id, _UNSEALABLE)
        await self._release(channel_id)
        return sent

    async def _begin(self, channel_id: int) -> _Told | None:
        """Note what is sent next, before it is; what came and went meanwhile is never sent."""
        now = self._now()
        async with self._database.write() as session:
            while (found := await webhooks.next_event(session, channel_id, now)) is not None:
                event, post, paper, channel = found
                if event.kind == webhooks.POSTED and post.state is not PostState.POSTED:
                    # It may have arrived, and then it is told as well that the post went.
                    if event.attempts:
                        event.state = PushState.SENT
                        session.add(event)
                    else:
                        await session.delete(event)
                    await webhooks.note_new(session, channel_id, now)
                    continue
                event.state, event.attempts = PushState.SENDING, event.attempts + 1
                session.add(event)
                row = await session.get(Webhook, channel_id)
                if row is not None:
                    row.lease_until = now + LEASE
                return _told(event, post, paper, channel)
        return None

    async def _post(self, row: Webhook, event_id: str, body: bytes) -> Attempt:
        kept = self._vault.unseal(row.sealed)
        address, secret = str(kept["url"]), str(kept["secret"])
        return await self._client.send(address, secret, event_id, body, self._now())

    async def _note(self, event: WebhookEvent, attempt: Attempt) -> bool:
        """Note what became of an event; False where the webhook is to be left alone for now."""
        now = self._now()
        async with self._database.write() as session:
            row = await session.get(Webhook, event.channel_id)
            kept = await session.get(WebhookEvent, (event.post_id, event.kind))
            if row is None or kept is None:
                return False
            given_up = now - kept.made_at >= GIVE_UP
            kept.state, kept.reason = _state(attempt, given_up=given_up), attempt.reason
            if attempt.of_content:
                kept.retry_at = now + timedelta(seconds=pause(kept.attempts))
            if attempt.taken or attempt.of_content:
                row.failures, row.failing_since, row.trouble = 0, None, attempt.reason
            else:
                row.failures, row.trouble = row.failures + 1, attempt.reason
                row.failing_since = row.failing_since or now
                wait = max(pause(row.failures), attempt.wait)
                row.wait_until = now + timedelta(seconds=wait)
            over = row.failing_since is not None and now - row.failing_since >= GIVE_UP
            session.add_all((row, kept))
        if attempt.gone or over:
            await self._end(event.channel_id, attempt.reason or "")
            return False
        if attempt.of_content and given_up:
            await self._tell_refused(event.channel_id, attempt.reason or "")
        return attempt.taken or attempt.of_content

    async def _release(self, channel_id: int) -> None:
        async with self._database.write() as session:
            row = await session.get(Webhook, channel_id)
            if row is not None:
                row.lease_until = None
                session.add(row)

    async def _end(self, channel_id: int, reason: str) -> None:
        """Send nothing there any more, and say so in the channel, once."""
        async with self._database.write() as session:
            row = await session.get(Webhook, channel_id)
            channel = await session.get(Channel, channel_id)
            if row is None or channel is None or row.ended_at is not None:
                return
            row.ended_at, row.trouble = self._now(), reason
            session.add(row)
        log.warning("webhook.ended", channel=channel.address, reason=reason)
        told = line("The webhook at ", bold(row.host), f" was switched off: {reason}. ")
        again = line("To start it again: ", slash("webhook https://…"))
        await self._notices.say(channel.address, line(*told, *again))

    async def _tell_refused(self, channel_id: int, reason: str) -> None:
        async with self._database.read() as session:
            row = await session.get(Webhook, channel_id)
            channel = await session.get(Channel, channel_id)
        if row is None or channel is None:
            return
        told = line("The webhook at ", bold(row.host), " refused a post for three days, so it is ")
        await self._notices.say(channel.address, line(*told, f"given up there: {reason}."))


_UNSEALABLE = "its stored secret cannot be opened any more"


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row: a minute, then longer, at most ten hours."""
    return _PAUSES[min(max(failures, 1), len(_PAUSES)) - 1]


def _state(attempt: Attempt, *, given_up: bool) -> PushState:
    if attempt.taken:
        return PushState.SENT
    return PushState.FAILED if given_up and attempt.of_content else PushState.DUE


def _told(event: WebhookEvent, post: Post, paper: Paper, channel: Channel) -> _Told:
    where = (channel.address, channel.name)
    paper_id = public_id(paper.key)
    at = post.posted_at or post.picked_at
    data = reference(post.delivery_id, where, paper_id)
    if event.kind == webhooks.POSTED:
        card = card_of(post, paper)
        data = post_data(post.delivery_id, where, card, full_names(paper.authors), paper_id)
    else:
        at = event.made_at
    return _Told(event, event_json(event.kind, at, data), at, f"{post.delivery_id}:{event.kind}")


def _id(mark: str) -> str:
    return f"msg_{hashlib.sha256(mark.encode()).hexdigest()[:32]}"
