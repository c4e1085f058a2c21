"""Sends one claimed post: asks whether it is there, sends it, notes the outcome."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Any, TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from bot.cards.card import Card, Form, simplified
from bot.cards.compose import compose
from bot.cards.fate import marked
from bot.cards.machine_summary import signed
from bot.cards.why import why_line
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    SilentError,
    UnaskableError,
)
from bot.matching.types import Evidence
from bot.picks.kinship import Told
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.delivery import retry_policy
from bot.rounds.delivery.lookup import Lookup, search_start
from bot.rounds.delivery.retry_policy import (
    LONGEST_PAUSE,
    STALLED_SECONDS,
    Ending,
    Outcomes,
    SilentWorkspaces,
)
from bot.rounds.delivery.threads import Threads
from bot.rounds.picking.match_cache import WatchMatch
from bot.rounds.process.metrics import Metrics
from bot.rounds.reachability import Reachability
from storage.claims import Claimed
from storage.database import Database
from storage.fates import details_of
from storage.models import ChannelState, Paper, Post, PostStyle


def memo(found: WatchMatch | None, told: Told | None) -> dict[str, Any]:
    """What is kept of a pick; `told` is None where taste had no say in it."""
    told = told or Told()
    return {
        "watch": found.watch if found else "",
        "score": found.match.score if found else 0.0,
        "evidence": [asdict(each) for each in found.match.evidence] if found else [],
        "likes": list(told.likes),
        "dislikes": list(told.dislikes),
        "like": told.like,
        "unlike": told.unlike,
        "apart": told.apart,
    }


def card_of(post: Post, paper: Paper) -> Card:
    """The card of a post, with the why-line of the time it was picked."""
    kept = post.match
    evidence = [Evidence(**each) for each in kept.get("evidence", [])]
    why = why_line(
        watch=kept.get("watch", ""),
        evidence=evidence,
        score=kept.get("score", 0.0),
        likes=kept.get("likes", ()),
        dislikes=kept.get("dislikes", ()),
        like=kept.get("like", ""),
        unlike=kept.get("unlike", ""),
        apart=kept.get("apart", ""),
        kind=post.kind,
        submitted_by=kept.get("submitted_by"),
    )
    named = [each.words for each in evidence if each.field == "authors"]
    card = compose(paper, why=why, named=named)
    if written := kept.get("summary"):
        card = replace(card, summary=signed(written["text"], written["by"]))
    if post.style is PostStyle.SHORT:
        card = replace(card, summary="")
    return simplified(marked(card, details_of(paper)), Form(post.form))


def _title_card(paper: Paper) -> Card:
    """What is said of a paper whose card cannot be made, so that it is not lost."""
    return Card(title=paper.title, url=paper.url, authors="", summary="")


CALL_SECONDS = 90.0
"""How long a platform may take over one post, its own waiting for limits included: no lease ends
sooner, and no channel waits longer for another platform's silence."""

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class Sender:
    """Hands claimed posts to their platforms; `holder` names this process.

    It never sends a post whose earlier attempt may have arrived without asking the platform. Where
    the platform cannot be asked, such a post stays UNKNOWN, or with `repeat_unknown` is sent again.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        now: Callable[[], datetime],
        holder: str,
        *,
        repeat_unknown: bool,
        metrics: Metrics,
        watch: Callable[[], float] = monotonic,
        window: timedelta,
    ) -> None:
        self._platforms = platforms
        self._metrics = metrics
        self._notices = AdminNotices(database, platforms)
        self._reach = Reachability(database, platforms, self._notices, now)
        self._outcomes = Outcomes(now, window)
        self._lookup = Lookup(watch)
        self._threads = Threads(database, now, holder, self._lookup)
        self._repeat_unknown = repeat_unknown
        self._silent = SilentWorkspaces()
        self._found: dict[int, MessageRef] = {}

    async def send(self, claimed: Claimed, held_from: float) -> Ending:
        """Send a post that this process holds since `held_from` on its own watch.

        Returns what to note, and the seconds until the next try if any.
        """
        with bound_contextvars(**_traces(claimed.post)):
            return await self._send(claimed, held_from + CALL_SECONDS)

    def found(self, post_id: int) -> MessageRef | None:
        """The message that a post turned out to be, sent by an earlier attempt; told once."""
        return self._found.pop(post_id, None)

    async def catch_up(self, found: Sequence[MessageRef]) -> None:
        """Read the votes that came before it was known here that these posts stand."""
        for message in found:
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    await self._platforms[message.channel.platform].catch_up_on(message)
            except Exception:
                # The next start compares every post of the last days again.
                log.exception("votes.unread", message=message.message)

    async def _send(self, claimed: Claimed, until: float) -> Ending:
        """Send it `until` then at the latest: a process that was asleep since its claim must not.

        Its lease may have ended, and another may have sent.
        """
        post, channel = claimed.post, claimed.channel
        if channel.state is ChannelState.GONE:
            return self._outcomes.freed(claimed, channel.state_reason or "the channel is gone")
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        if platform is None:
            return self._outcomes.put_off(
                claimed, f"no {ref.platform} connection is configured", LONGEST_PAUSE
            )
        try:
            card = card_of(post, claimed.paper)
        except Exception:
            log.exception("post.unwritable", post_id=post.id)
            card = _title_card(claimed.paper)
        if post.message is not None:
            return await self._complete(claimed, platform, MessageRef(ref, post.message))
        if monotonic() >= until:
            return self._outcomes.leave(claimed, "this process was held up")
        return await self._call(claimed, platform, ref, card, until)

    async def _call(  # noqa: PLR0911 - one for each way in which a call ends
        self,
        claimed: Claimed,
        platform: ChatPlatform,
        ref: ChannelRef,
        card: Card,
        until: float,
    ) -> Ending:
        post, workspace = claimed.post, f"{ref.platform}:{ref.workspace}"
        if not self._silent.lets_in(workspace):
            return self._outcomes.wait_for(post)
        try:
            with self._silent.calling(workspace):
                message = await _in_time(self._find_or_post(platform, ref, claimed, card), until)
        except ChannelGoneError as error:
            await self._reach.lose(claimed.channel, error)
            return self._outcomes.freed(claimed, str(error))
        except RefusedError as error:
            await self._notices.paper_refused(claimed.channel, card.title, str(error))
            return retry_policy.dropped(post, str(error)), None
        except NotSentError as error:
            if error.unlisted is not None:
                _report_unlisted(ref.platform, error.unlisted)
            return self._outcomes.put_off(claimed, str(error), error.retry_after)
        except UnaskableError as error:
            return retry_policy.unknown(post, str(error)), None
        except PlatformError as error:
            return self._outcomes.leave(claimed, str(error), error.retry_after)
        except Exception as error:
            # A fault of the platform's library, too, leaves open whether the message arrived. It
            # may be the content that it cannot write: something simpler is tried after asking.
            log.exception("post.failed", post_id=post.id)
            post.form = min(post.form + 1, max(Form))
            return self._outcomes.leave(
                claimed, f"an unexpected {type(error).__name__}; the log says more"
            )
        log.info("posted", post_id=post.id, channel=str(ref))
        return await self._complete(claimed, platform, message)

    async def _complete(
        self, claimed: Claimed, platform: ChatPlatform, message: MessageRef
    ) -> Ending:
        """Put what a short post leaves out below it, sooner or later; the post itself is done."""
        post = claimed.post
        try:
            told = self._threads.explain(platform, post, claimed.paper, message)
            await _in_time(told, monotonic() + CALL_SECONDS)
        except (NotSentError, OutcomeUnknownError) as error:
            return self._outcomes.unexplained(post, message, str(error), error.retry_after)
        except RefusedError as error:
            log.info("details.refused", post_id=post.id, reason=str(error))
        except Exception:
            # Whatever it was, the post is there.
            log.exception("details.given_up", post_id=post.id)
        return self._outcomes.posted(post, message), None

    async def _find_or_post(
        self, platform: ChatPlatform, ref: ChannelRef, claimed: Claimed, card: Card
    ) -> MessageRef:
        post = claimed.post
        if post.attempts > 1:
            self._metrics.retried(platform.name)
        head = await self._threads.above(platform, ref, post)
        if post.maybe_sent:
            found = await self._find(platform, ref, post, head)
            if found is not None:
                self._found[post.id or 0] = found
                log.info("post.found", post_id=post.id)
                return found
        with self._metrics.posting(platform.name):
            return await self._post(platform, ref, post, card, head)

    async def _post(
        self,
        platform: ChatPlatform,
        ref: ChannelRef,
        post: Post,
        card: Card,
        head: MessageRef | None,
    ) -> MessageRef:
        """Send a card in the first of its forms that the platform takes; RefusedError for all.

        Each is tried in the channel as well as under a head, which may be deleted or locked.
        """
        refusal = RefusedError("nothing of it can be said")
        for form in list(Form)[post.form :]:
            post.form = form
            for under in (head, None) if head else (None,):
                try:
                    return await platform.post(
                        ref, simplified(card, form), delivery_id=post.delivery_id, under=under
                    )
                except RefusedError as error:
                    refusal = error
                    log.warning("post.refused", post_id=post.id, form=form.name, reason=str(error))
        raise refusal

    async def _find(
        self, platform: ChatPlatform, ref: ChannelRef, post: Post, head: MessageRef | None
    ) -> MessageRef | None:
        try:
            since = search_start(platform, post)
            return await self._lookup.find(platform, ref, post.delivery_id, since=since, under=head)
        except NotSentError as error:
            # It is the question that did not arrive; of the post nothing is known yet.
            raise OutcomeUnknownError(str(error), retry_after=error.retry_after) from error
        except UnaskableError as error:
            if not self._repeat_unknown:
                raise
            log.warning("post.repeated", post_id=post.id, reason=str(error))
            return None


async def _in_time(call: Coroutine[object, object, _T], until: float) -> _T:
    try:
        async with asyncio.timeout(until - monotonic()):
            return await call
    except TimeoutError as error:
        reason = f"no answer within {CALL_SECONDS:.0f} s"
        raise SilentError(reason, retry_after=STALLED_SECONDS) from error


@lru_cache(maxsize=256)
def _report_unlisted(platform: str, code: str) -> None:
    """Tell whoever hosts it, once, of a platform's code that no table of ours has."""
    log.error("platform.unlisted_code", platform=platform, code=code, taken_for="of the moment")


def _traces(post: Post) -> dict[str, object]:
    """What every line of the log about this post carries, so that it can be followed."""
    slot = f"{post.channel_id}:{post.slot_at:%Y-%m-%dT%H:%M:%S}"
    return {"paper_id": post.paper_id, "delivery": post.delivery_id, "slot": slot}
