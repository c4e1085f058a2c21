"""Pushes papers to Zotero, each once: sending is noted first, and looked for after a crash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import SettingsError
from bot.rounds.zotero.client import (
    MOST_ITEMS,
    ContentError,
    TokenSeenError,
    ZoteroClient,
    ZoteroError,
)
from bot.rounds.zotero.items import item_key, write_token, zotero_item
from storage import zotero
from storage.database import Database
from storage.installations import Vault
from storage.models import ChannelState, Paper, PushState, ZoteroItem, ZoteroLibrary

LEASE = timedelta(minutes=2)
"""How long one request and its note may take; after a crash the next push waits so long."""

log = structlog.get_logger(__name__)

Batch = Sequence[tuple[ZoteroItem, Paper]]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose library it is: a person's in a workspace, or a channel's (`channel_id`)."""

    name: str
    workspace_id: int
    channel_id: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A paper that Zotero refused, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class PushReport:
    """How a library stands: `sent` items came with this push, `there` in all, `left` are to come.

    `trouble` says why it stopped before the end.
    """

    address: str
    sent: int
    there: int
    left: int
    failed: Sequence[Failure]
    trouble: str | None


class ZoteroPush:
    """Connects Zotero libraries and pushes papers to them.

    An item's key follows from library and paper, so Zotero refuses a second one for ever; the
    write token follows from the delivery ids, so a request that is repeated after a crash is known.
    """

    def __init__(
        self, database: Database, client: ZoteroClient, vault: Vault, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._client = client
        self._vault = vault
        self._now = now

    async def aclose(self) -> None:
        """Close the connections to Zotero."""
        await self._client.aclose()

    async def connect(
        self, owner: Owner, key: str, by: str, *, group: str = "", collection: str = ""
    ) -> str:
        """Keep a key, sealed, once Zotero says that it may write; returns the library's address.

        Raises ZoteroError with what to do otherwise.
        """
        holder = await self._client.key_holder(key)
        address = f"groups/{group}" if group else f"users/{holder.user_id}"
        if not holder.may_write(address):
            raise ZoteroError(f"This key may not write {address}: make one with write access.")
        async with self._database.write() as session:
            known = await zotero.find(session, owner.name)
            if known is not None and known.address != address:
                await zotero.remove(session, [owner.name])
                known = None
            library = known or ZoteroLibrary(
                owner=owner.name,
                workspace_id=owner.workspace_id,
                channel_id=owner.channel_id,
                address=address,
                sealed=b"",
                added_by=by,
                added_at=self._now(),
            )
            library.sealed, library.collection = self._vault.seal({"key": key}), collection
            library.added_by, library.trouble = by, None
            session.add(library)
        return address

    async def disconnect(self, owner: str) -> bool:
        """Forget a library and its key; False where there was none. Items in Zotero stay."""
        async with self._database.write() as session:
            return bool(await zotero.remove(session, [owner]))

    async def report(self, owner: str, *, sent: int = 0) -> PushReport | None:
        """How an owner's library stands; None where none is connected."""
        async with self._database.read() as session:
            library = await zotero.find(session, owner)
            if library is None:
                return None
            rows = await zotero.list_items(session, library.id or 0)
        states = [item.state for item, _ in rows]
        return PushReport(
            library.address,
            sent,
            there=states.count(PushState.SENT),
            left=states.count(PushState.DUE) + states.count(PushState.SENDING),
            failed=[
                Failure(paper.title, item.reason or "")
                for item, paper in rows
                if item.state is PushState.FAILED
            ],
            trouble=library.trouble,
        )

    async def push(
        self, owner: str, paper_ids: Sequence[int], *, again: bool = True
    ) -> PushReport | None:
        """Push papers that are not there yet, and what an earlier push left; None: no library.

        With `again` what Zotero refused before is tried once more.
        """
        async with self._database.write() as session:
            library = await zotero.find(session, owner)
            if library is None:
                return None
            await zotero.ask_for(session, library.id or 0, paper_ids, again=again)
            if library.wait_until is not None and library.wait_until > self._now():
                claimed = False
            else:
                claimed = await self._claim(session, library)
        sent = await self._all(library) if claimed else 0
        return await self.report(owner, sent=sent)

    async def push_due(self) -> int:
        """Push every channel's liked papers and what was left of all libraries; returns how many.

        What goes wrong in one library is noted there and stops no other.
        """
        async with self._database.read() as session:
            wanted = {
                library.owner: await zotero.list_liked(session, channel.id or 0)
                for library, channel in await zotero.list_channels(session)
                if channel.state is ChannelState.ACTIVE and not channel.paused
            }
            for owner in await zotero.list_unfinished(session):
                wanted.setdefault(owner, ())
        sent = 0
        for owner, paper_ids in wanted.items():
            report = await self.push(owner, paper_ids, again=False)
            sent += report.sent if report else 0
        return sent

    async def _claim(self, session: AsyncSession, library: ZoteroLibrary) -> bool:
        now = self._now()
        return await zotero.claim(session, library.id or 0, now, now + LEASE)

    async def _all(self, library: ZoteroLibrary) -> int:
        """Send batch after batch until nothing is left or Zotero asks to wait."""
        sent, trouble, wait = 0, None, 0.0
        try:
            key = str(self._vault.unseal(library.sealed)["key"])
            while not wait and (batch := await self._begin(library)):
                arrived, wait = await self._send(library, key, batch)
                sent += arrived
        except SettingsError:
            trouble = "The stored key cannot be opened any more: connect again with a new one."
        except ZoteroError as error:
            trouble, wait = str(error), error.wait
            log.warning("zotero.stopped", library_id=library.id, reason=trouble)
        await self._end(library, trouble, wait)
        return sent

    async def _begin(self, library: ZoteroLibrary) -> Batch:
        """Note what is sent next, before it is; a request that may have arrived comes first."""
        async with self._database.write() as session:
            batch = await zotero.next_batch(session, library.id or 0, MOST_ITEMS)
            await zotero.extend(session, library.id or 0, self._now() + LEASE)
            if batch and batch[0][0].token is None:
                token = write_token(
                    f"{library.address}:{paper.key}:{item.attempts}" for item, paper in batch
                )
                for item, paper in batch:
                    item.state, item.token = PushState.SENDING, token
                    item.attempts += 1
                    item.item_key = item.item_key or item_key(library.address, paper.key)
                    session.add(item)
        return batch

    async def _send(self, library: ZoteroLibrary, key: str, batch: Batch) -> tuple[int, float]:
        """Send a batch and note what became of it; returns how many arrived, and Zotero's pause."""
        keys = [item.item_key or "" for item, _ in batch]
        async with self._database.read() as session:
            tags = await zotero.tags_of(session, library, [paper.id or 0 for _, paper in batch])
        items = [
            zotero_item(paper, name, tags.get(paper.id or 0, ()), library.collection)
            for name, (_, paper) in zip(keys, batch, strict=True)
        ]
        try:
            written = await self._client.write(key, library.address, items, batch[0][0].token or "")
        except TokenSeenError:
            there = await self._client.existing(key, library.address, keys)
            return await self._note_seen(batch, [name in there for name in keys]), 0.0
        except ContentError as error:
            return await self._note(batch, [str(error)] * len(batch)), 0.0
        return await self._note(batch, written.reasons), written.backoff

    async def _note(self, batch: Batch, reasons: Sequence[str | None]) -> int:
        async with self._database.write() as session:
            for (item, _), reason in zip(batch, reasons, strict=True):
                item.state = PushState.SENT if reason is None else PushState.FAILED
                item.token, item.reason = None, reason
                await session.merge(item)
        return sum(reason is None for reason in reasons)

    async def _note_seen(self, batch: Batch, there: Sequence[bool]) -> int:
        """What an earlier request brought is sent; what it did not goes into another one."""
        async with self._database.write() as session:
            for (item, _), arrived in zip(batch, there, strict=True):
                item.state = PushState.SENT if arrived else PushState.DUE
                item.token = None
                await session.merge(item)
        return sum(there)

    async def _end(self, library: ZoteroLibrary, trouble: str | None, wait: float) -> None:
        until = self._now() + timedelta(seconds=wait) if wait else None
        async with self._database.write() as session:
            await zotero.release(session, library.id or 0, trouble, until)
