"""Tells what became of papers: under their posts, on their cards, and to those who saved them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import structlog

from bot.cards.fate import told
from bot.cards.latex import readable
from bot.cards.richtext import Line, Span, line
from bot.errors import NotSentError, PlatformError
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.delivery.sender import card_of
from bot.text import one_line, shorten
from storage import fates, votes
from storage.database import Database
from storage.fates import FateNote, fates_of
from storage.models import Channel, Fate, Paper, Post, Saved

SAY_SECONDS = 30.0
"""How long a platform may take over one of them, which nothing waits for longer."""

_LONGEST_TITLE = 120
_IN_THREADS = (Fate.RETRACTED, Fate.CONCERN, Fate.PUBLISHED)

log = structlog.get_logger(__name__)


class FateTelling:
    """Says each thing once: that it is said is noted before it is sent.

    A new version is no reply: it stands on the card. `shows_votes` are the platforms whose cards
    show the votes.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        *,
        shows_votes: Collection[str] = (),
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._shows_votes = shows_votes

    async def tell(self, paper_ids: Sequence[int]) -> None:
        """Tell what was not told yet; what certainly did not arrive is told later."""
        if not paper_ids:
            return
        async with self._database.read() as session:
            found = await fates.list_posts(session, paper_ids)
            saved = await fates.list_savers(session, paper_ids)
        for post, paper, channel in found:
            for each in fates_of(paper):
                if each.kind in _IN_THREADS:
                    await self._reply(post, channel, each)
            await self._mark(post, paper, channel)
        for (workspace_id, person), rows in groupby(saved, key=_whose):
            await self._tell_saver(workspace_id, person, list(rows))

    async def _reply(self, post: Post, channel: Channel, fate: FateNote) -> None:
        message = self._message(post, channel)
        if message is None or not await self._note_told(post, fate.mark, told_now=True):
            return
        platform = self._platforms[message.channel.platform]
        mark = f"{post.delivery_id}:{fate.kind}"
        try:
            async with asyncio.timeout(SAY_SECONDS):
                await platform.thread(message, [told(fate.kind, fate.detail)], delivery_id=mark)
        except NotSentError as error:
            await self._note_told(post, fate.mark, told_now=False)
            log.warning("fate.untold", channel=channel.address, reason=str(error))
        except (PlatformError, TimeoutError) as error:
            log.warning("fate.untold", channel=channel.address, reason=str(error))

    async def _mark(self, post: Post, paper: Paper, channel: Channel) -> None:
        """Show on the card what became of its paper; one that cannot be edited stays as it is."""
        message = self._message(post, channel)
        marks = [each.mark for each in fates_of(paper)]
        if message is None or not marks or post.match.get("marks") == marks:
            return
        card = card_of(post, paper)
        if message.channel.platform in self._shows_votes:
            async with self._database.read() as session:
                counted = (await votes.counts(session, [post.id or 0])).get(post.id or 0, (0, 0))
            card = replace(card, votes=counted)
        try:
            async with asyncio.timeout(SAY_SECONDS):
                await self._platforms[message.channel.platform].edit(message, card)
        except (NotSentError, TimeoutError) as error:
            log.info("fate.unmarked", channel=channel.address, reason=str(error))
            return
        except PlatformError as error:
            log.info("fate.unmarkable", channel=channel.address, reason=str(error))
        await self._change(post, marks=marks)

    def _message(self, post: Post, channel: Channel) -> MessageRef | None:
        ref = ChannelRef.parse(channel.address)
        if post.message is None or ref.platform not in self._platforms:
            return None
        return MessageRef(ref, post.message)

    async def _note_told(self, post: Post, mark: str, *, told_now: bool) -> bool:
        """Note whether something is told under a post; False where that is noted already."""
        async with self._database.write() as session:
            row = await session.get(Post, post.id)
            if row is None:
                return False
            known = _told_under(row)
            if (mark in known) is told_now:
                return False
            known = [*known, mark] if told_now else [each for each in known if each != mark]
            row.match = {**row.match, "told": known, "retraction_told": False}
            session.add(row)
        return True

    async def _change(self, post: Post, **values: object) -> None:
        async with self._database.write() as session:
            row = await session.get(Post, post.id)
            if row is not None:
                row.match = {**row.match, **values}
                session.add(row)

    async def _tell_saver(
        self, workspace_id: int, person: str, rows: Sequence[tuple[Saved, Paper]]
    ) -> None:
        """Tell a person in one message, in private, what became of papers after they saved them."""
        news = {
            paper.id or 0: [each for each in fates_of(paper) if _is_news(each, saved)]
            for saved, paper in rows
        }
        if not any(news.values()):
            return
        async with self._database.write() as session:
            place = await fates.find_place(session, workspace_id, list(news))
            for saved, paper in rows:
                row = await session.get(Saved, (workspace_id, person, saved.paper_id))
                if row is not None:
                    row.told = [*row.told, *(each.mark for each in news[paper.id or 0])]
                    session.add(row)
        if not place:
            return
        channel = ChannelRef.parse(place)
        platform = self._platforms.get(channel.platform)
        lines = [_said(paper, each) for _, paper in rows for each in news[paper.id or 0]]
        if platform is not None:
            await platform.tell_person(channel, person, [line("Of papers you saved:"), *lines])


def _whose(row: tuple[Saved, Paper]) -> tuple[int, str]:
    return row[0].workspace_id, row[0].person


def _is_news(fate: FateNote, saved: Saved) -> bool:
    return fate.mark not in saved.told and (fate.at is None or fate.at > saved.saved_at)


def _told_under(post: Post) -> list[str]:
    before = [str(Fate.RETRACTED)] if post.match.get("retraction_told") else []
    return list(dict.fromkeys([*before, *_texts(post.match.get("told"))]))


def _texts(value: object) -> Iterable[str]:
    return [str(each) for each in value] if isinstance(value, list) else ()


def _said(paper: Paper, fate: FateNote) -> Line:
    title = Span(shorten(one_line(readable(paper.title)), _LONGEST_TITLE), url=paper.url)
    return line(title, ": ", *told(fate.kind, fate.detail))
