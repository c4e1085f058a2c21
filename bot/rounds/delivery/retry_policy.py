"""When a post is tried again or given up, and workspaces that do not answer."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.errors import SilentError
from bot.ports import MessageRef
from storage.claims import Claimed, Note
from storage.models import Post, PostState
from storage.posts import SUBMITTED

STALLED_SECONDS = 61.0
"""How long posts of a silent workspace are put off at least: longer than a workflow sleeps, so that
it ends and gives its place on the queue to other workspaces."""


class SilentWorkspaces:
    """Which workspaces left a call without an answer, as far as this process knows.

    Into such a one goes a single call at a time, which finds out whether it answers again. So a
    workspace that hangs takes the places of the queue from others for the time of one call, once,
    and then a single place.
    """

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._under_way: Counter[str] = Counter()

    def lets_in(self, workspace: str) -> bool:
        """Whether a call may be made into a workspace now."""
        return workspace not in self._silent or not self._under_way[workspace]

    @contextmanager
    def calling(self, workspace: str) -> Iterator[None]:
        """A call: one that raises SilentError makes the workspace silent, every other end heals."""
        self._under_way[workspace] += 1
        try:
            yield
        except SilentError:
            self._silent.add(workspace)
            raise
        except Exception:
            self._silent.discard(workspace)
            raise
        else:
            self._silent.discard(workspace)
        finally:
            self._under_way[workspace] -= 1


ATTEMPTS = 8
"""How often the details below a short post are tried."""

OUTLASTED = timedelta(days=1)
"""How long at least a platform may be down, or ask to wait, without a post being given up."""

WINDOW = timedelta(days=7)
"""How long a paper is a candidate, unless the settings say otherwise."""

LONGEST_PAUSE = 3600.0
"""Seconds between two tries of a post at most."""

_FIRST_PAUSE = 5.0
_STALLED = "its workspace does not answer"

Ending = tuple[Note, float | None]
"""What to note, and the seconds until the next try if any."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Decides between a next try, giving up and not knowing; `now` dates what is noted.

    What a refusal of the moment puts off is tried for as long as its paper is a candidate, which
    is `window` from when it was first seen, and a day at least.
    """

    now: Callable[[], datetime]
    window: timedelta = WINDOW

    def posted(self, post: Post, message: MessageRef) -> Note:
        """It stands there."""
        return Note(
            post.id or 0,
            post.attempts,
            PostState.POSTED,
            message=message.message,
            posted_at=post.posted_at or self.now(),
            form=post.form,
        )

    def put_off(self, claimed: Claimed, reason: str, pause: float | None) -> Ending:
        """Try again later what certainly did not arrive, while its paper is a candidate."""
        post = claimed.post
        if self._is_over(claimed):
            return dropped(post, f"gave up after {post.attempts} tries: {reason}"), None
        pause = pause or pause_after(post)
        log.warning("post.put_off", post_id=post.id, reason=reason, seconds=pause)
        note = _noted(post, PostState.FAILED, reason)
        return replace(note, retry_at=self._in(pause)), pause

    def freed(self, claimed: Claimed, reason: str) -> Ending:
        """Take back a pick whose channel takes no posts, so that its paper may be picked again.

        What may have arrived stays in doubt, and what a person handed in waits: both are looked at
        again in an hour, or when the channel is back.
        """
        post = claimed.post
        if post.maybe_sent:
            return self.leave(claimed, reason, LONGEST_PAUSE)
        if post.kind == SUBMITTED:
            return self.put_off(claimed, reason, LONGEST_PAUSE)
        log.info("post.freed", post_id=post.id, reason=reason)
        note = _noted(post, PostState.DUE, reason)
        return replace(note, freed_at=self.now(), channel_id=post.channel_id), None

    def wait_for(self, post: Post) -> tuple[Note, float]:
        """Put off a post of a workspace that does not answer; what was in doubt of it stays so."""
        pause = max(STALLED_SECONDS, pause_after(post))
        until = self._in(pause)
        if post.maybe_sent:
            return replace(_noted(post, PostState.SENDING, _STALLED), lease_until=until), pause
        return replace(_noted(post, PostState.FAILED, _STALLED), retry_at=until), pause

    def leave(self, claimed: Claimed, reason: str, pause: float | None = None) -> Ending:
        """Leave a post that may have arrived as SENDING, so that the next try asks first."""
        post = claimed.post
        if self._is_over(claimed):
            return unknown(post, f"unknown after {post.attempts} tries: {reason}"), None
        pause = pause or pause_after(post)
        log.warning("post.outcome_unknown", post_id=post.id, reason=reason, seconds=pause)
        note = _noted(post, PostState.SENDING, reason)
        return replace(note, lease_until=self._in(pause)), pause

    def unexplained(
        self, post: Post, message: MessageRef, reason: str, wait: float | None
    ) -> Ending:
        """It stands there, and what belongs below it comes later, or after too many tries never."""
        posted = self.posted(post, message)
        if post.attempts >= ATTEMPTS:
            return posted, None
        pause = wait or pause_after(post)
        log.warning("details.put_off", post_id=post.id, reason=reason, seconds=pause)
        return replace(posted, state=PostState.SENDING, lease_until=self._in(pause)), pause

    def _is_over(self, claimed: Claimed) -> bool:
        """Whether the paper is no candidate any more, a day after it was picked at the least."""
        seen, picked = claimed.paper.first_seen_at, claimed.post.picked_at
        return self.now() > max(seen + self.window, picked + OUTLASTED)

    def _in(self, seconds: float) -> datetime:
        # What lies further ahead counts as written by a wrong clock (`storage.clock_marks`).
        return self.now() + timedelta(seconds=min(seconds, LONGEST_PAUSE))


def pause_after(post: Post) -> float:
    """Seconds before the next try: twice as long each time, at most an hour."""
    return min(LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(post.attempts - 1, 20))


def dropped(post: Post, reason: str) -> Note:
    """It is given up."""
    log.error("post.dropped", post_id=post.id, reason=reason)
    return _noted(post, PostState.DROPPED, reason)


def unknown(post: Post, reason: str) -> Note:
    """It may stand there, and nobody can be asked: it is not sent again."""
    log.error("post.unknown", post_id=post.id, reason=reason)
    return _noted(post, PostState.UNKNOWN, reason)


def _noted(post: Post, state: PostState, reason: str) -> Note:
    return Note(post.id or 0, post.attempts, state, reason, form=post.form)
