"""The pauses that services ask for between requests, kept by one process or by all together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import NamedTuple

import structlog
from aiolimiter import AsyncLimiter

from bot.errors import SourceError

ARXIV_PAUSE = 3.0
"""Seconds between requests, as asked for in arXiv's terms of use for its API and its feeds."""

LONGEST_WAIT = 30.0
"""Seconds that a request waits because a service asked it to."""

_USUAL_PAUSE = 1.0
_PUBMED_PAUSE, _PUBMED_KEYED_PAUSE = 0.34, 0.11
_ARXIV_HOSTS = ("export.arxiv.org", "arxiv.org", "rss.arxiv.org")

Limiters = Mapping[str, AbstractAsyncContextManager[None]]
"""What each host's requests wait for, by host."""

log = structlog.get_logger(__name__)


class BusyError(SourceError):
    """The server asked to wait for longer than a request does: `wait` seconds."""

    def __init__(self, reason: str, wait: float | None) -> None:
        super().__init__(reason)
        self.wait = wait


class Pause(NamedTuple):
    """A service by the name that its turns are counted under, its hosts, and seconds between."""

    service: str
    hosts: tuple[str, ...]
    seconds: float


class Turns(NamedTuple):
    """How turns are shared with other processes; both may raise where nobody can be asked.

    `reserve` takes the next turn at a service, so many seconds after the one before, and gives the
    seconds until it and those for which the service asked to be left alone; `hold_off` notes these.
    """

    reserve: Callable[[str, float], Awaitable[tuple[float, float]]]
    hold_off: Callable[[str, float], Awaitable[None]]


class SharedPace(AbstractAsyncContextManager[None]):
    """Waits for a service's next turn; what it asks to wait holds for all who share its turns.

    Raises BusyError where it asked for longer than a request waits. Where the others cannot be
    asked, this process keeps the pause by itself.
    """

    def __init__(self, service: str, seconds: float, turns: Turns | None = None) -> None:
        self._service = service
        self._seconds = seconds
        self._turns = turns
        self._own = AsyncLimiter(1, seconds)

    async def __aenter__(self) -> None:
        """Return when it is this process's turn."""
        await self._own.acquire()
        if self._turns is None:
            return
        try:
            wait, held = await self._turns.reserve(self._service, self._seconds)
        except Exception:
            # A turn that nobody can share is better than no paper.
            log.exception("pace.alone", service=self._service)
            return
        if held > LONGEST_WAIT:
            raise BusyError(f"{self._service} asked to be left alone for {held:.0f} s", held)
        await asyncio.sleep(max(wait, held))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Pass on what the service asked to wait, as `error.wait` in seconds."""
        wait = getattr(error, "wait", None)
        if not wait or self._turns is None:
            return
        try:
            await self._turns.hold_off(self._service, wait)
        except Exception:
            log.exception("pace.alone", service=self._service)


def service_pauses(*, keyed: bool = False) -> list[Pause]:
    """The pauses that each service asks for; PubMed's is shorter with a key."""
    return [
        Pause("arxiv", _ARXIV_HOSTS, ARXIV_PAUSE),
        Pause(
            "pubmed",
            ("eutils.ncbi.nlm.nih.gov",),
            _PUBMED_KEYED_PAUSE if keyed else _PUBMED_PAUSE,
        ),
        Pause("biorxiv", ("api.biorxiv.org",), _USUAL_PAUSE),
        Pause("crossref", ("api.crossref.org",), _USUAL_PAUSE),
        Pause("europepmc", ("www.ebi.ac.uk",), _USUAL_PAUSE),
        Pause("openalex", ("api.openalex.org",), _USUAL_PAUSE),
        Pause("orcid", ("pub.orcid.org",), _USUAL_PAUSE),
    ]


def limiters(pauses: Iterable[Pause], turns: Turns | None = None) -> Limiters:
    """What each host's requests wait for; hosts of one service wait for each other."""
    found: dict[str, AbstractAsyncContextManager[None]] = {}
    for service, hosts, seconds in pauses:
        pace = SharedPace(service, seconds, turns)
        found.update(dict.fromkeys(hosts, pace))
    return found
