"""What this process did, counted for Prometheus. No label ever holds a name, a URL or a secret."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.errors import ChannelGoneError, NotSentError, PlatformError, RefusedError

_SECONDS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

_ENDS = ("papers", "empty", "failed")
_PICKED = ("watch", "trying", "beyond")
_CAST = ("up", "down", "none")


class Metrics:
    """Counters of one process, in a registry of their own; counting never fails and never waits."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._rounds = self._counter("rounds", "Slots whose picks were made.", "outcome")
        self._picks = self._counter("picks", "Papers picked for a channel.", "kind")
        self._matches = self._counter("matches", "Matches found between watches and papers.")
        self._matched = 0
        self._posts = self._counter(
            "posts", "Messages handed to a platform.", "platform", "outcome"
        )
        self._retries = self._counter("retries", "Tries of a post after its first.", "platform")
        self._votes = self._counter("votes", "Votes given, changed or taken back.", "value")
        self._held_back = self._counter("events_held_back", "Minutes without Slack's events.")
        self._polls = self._counter("polls", "Polls of a source.", "kind", "outcome")
        self._entries = self._counter("papers", "Papers new to this install.", "kind")
        self._summaries = self._counter("summaries", "Machine summaries wanted.", "outcome")
        self.budget = self._gauge("summary_spent_today", "Asked of the model today.", "what")
        self.waiting = self._gauge("posts_waiting", "Posts that are not delivered yet.", "state")
        self.oldest = self._gauge("oldest_wait_seconds", "Age of the oldest slot not delivered.")
        self.age = self._gauge("source_age_seconds", "Since a source gave news.", "source", "kind")
        self.index = self._gauge("index_size", "What is held in memory for matching.", "what")
        self.workers = self._gauge("processes", "Processes that beat of late, by role.", "role")
        self._seconds = Histogram(
            "paperround_post_seconds",
            "What a platform took to answer a post.",
            ["platform"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        # Who asks for rates sees the first step only of a series that was there before it.
        for counter, values in (
            (self._rounds, _ENDS),
            (self._picks, _PICKED),
            (self._votes, _CAST),
        ):
            for value in values:
                counter.labels(value)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"paperround_{name}", told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"paperround_{name}", told, labels, registry=self.registry)

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

    def picked(self, kinds: Sequence[str]) -> None:
        """Count a slot and the kinds of its picks."""
        self._rounds.labels("papers" if kinds else "empty").inc()
        for kind in kinds:
            self._picks.labels(kind).inc()

    def unpicked(self) -> None:
        """Count a slot whose picks could not be made this time."""
        self._rounds.labels("failed").inc()

    def matched(self, so_far: int) -> None:
        """Count matches up to `so_far`, which were found since the process began."""
        self._matches.inc(so_far - self._matched)
        self._matched = so_far

    def held_back(self) -> None:
        """Count a minute in which Slack sent no more events of a workspace."""
        self._held_back.inc()

    def voted(self, value: int) -> None:
        """Count a vote by what it now is: -1, 0 or +1."""
        self._votes.labels({1: "up", -1: "down"}.get(value, "none")).inc()

    def polled(self, kind: str, outcome: str, taken: int) -> None:
        """Count a poll of a kind of source, how it ended, and the papers that were new."""
        self._polls.labels(kind, outcome).inc()
        self._entries.labels(kind).inc(taken)

    def summarised(self, outcome: str) -> None:
        """Count a summary: "written", "known", "unfit", "failed", "late" or "budget"."""
        self._summaries.labels(outcome).inc()

    def retried(self, platform: str) -> None:
        """Count a try of a post that was tried before."""
        self._retries.labels(platform).inc()

    @contextmanager
    def posting(self, platform: str) -> Iterator[None]:
        """Time a call that posts, and count how it ended."""
        began = perf_counter()
        outcome = "failed"
        try:
            yield
            outcome = "posted"
        except PlatformError as error:
            outcome = _outcome(error)
            raise
        finally:
            self._seconds.labels(platform).observe(perf_counter() - began)
            self._posts.labels(platform, outcome).inc()


def _outcome(error: PlatformError) -> str:
    if isinstance(error, NotSentError):
        return "not_sent"
    if isinstance(error, ChannelGoneError):
        return "gone"
    return "refused" if isinstance(error, RefusedError) else "unknown"
