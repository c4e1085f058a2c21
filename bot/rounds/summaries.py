"""Machine summaries, where a host wants them: of public papers alone, within a day's budget."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import structlog
from pydantic import BaseModel

from bot.cards.machine_summary import MOST_TOKENS, checked, digest, gives_orders, messages
from bot.errors import SourceError
from bot.rounds.process.metrics import Metrics
from storage import summaries
from storage.database import Database
from storage.models import Paper, Post

REQUEST_SECONDS = 15.0
"""How long the model may take for one paper."""

ROUND_SECONDS = 20.0
"""How long the posts of a round wait for their summaries, together."""

REST = timedelta(minutes=10)
"""How long a model that does not answer is left alone."""

_KEPT = timedelta(days=60)
_AT_ONCE = 4
_LETTERS_A_TOKEN = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SummaryModel:
    """Where a model is, and what it may cost a day; `url` is the base of an OpenAI-like API."""

    url: str
    model: str
    key: str = ""
    language: str = "English"
    most_requests: int = 200
    most_tokens: int = 200_000


class Summaries:
    """Writes summaries onto posts before they are delivered; else the chosen sentences stand.

    What a paper says can at most make its own summary useless: the model has no tools, is told that
    the paper is data, is not asked about papers that speak to models, and its answer is checked.
    """

    def __init__(
        self,
        database: Database,
        model: SummaryModel,
        transport: httpx.AsyncBaseTransport,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self.model = model
        self._database = database
        self._metrics = metrics
        self._now = now
        self._resting_until: datetime | None = None
        headers = {"Authorization": f"Bearer {model.key}"} if model.key else {}
        self._client = httpx.AsyncClient(
            transport=transport, timeout=REQUEST_SECONDS, headers=headers, follow_redirects=False
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def prepare(self, post_ids: Sequence[int]) -> int:
        """Write what can be had in time onto these posts; returns how many. Never raises."""
        if not post_ids:
            return 0
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                async with self._database.read() as session:
                    public = await summaries.list_public(session, post_ids)
                turns = asyncio.Semaphore(_AT_ONCE)
                return sum(await asyncio.gather(*(self._one(each, turns) for each in public)))
        except TimeoutError:
            self._metrics.summarised("late")
        except Exception:
            # A post never waits for its summary, nor fails for it.
            log.exception("summaries.failed")
        return 0

    async def spent(self) -> tuple[int, int]:
        """The requests and tokens of today."""
        async with self._database.read() as session:
            return await summaries.spent(session, self._now().astimezone(UTC).date())

    async def _one(self, pair: tuple[Post, Paper], turns: asyncio.Semaphore) -> bool:
        post, paper = pair
        if not paper.abstract or gives_orders(paper.title, paper.abstract):
            return False
        async with turns:
            text = await self._text(paper)
        if not text:
            return False
        async with self._database.write() as session:
            row = await session.get(Post, post.id)
            if row is not None:
                row.match = {**row.match, "summary": {"text": text, "by": self.model.model}}
                session.add(row)
        return True

    async def _text(self, paper: Paper) -> str:
        name = digest(paper.title, paper.abstract, self.model.language, self.model.model)
        async with self._database.read() as session:
            known = await summaries.find(session, name)
        if known is not None:
            self._metrics.summarised("known")
            return known
        asked = messages(paper.title, paper.abstract, self.model.language)
        answer = await self._ask(asked)
        if answer is None:
            return ""
        text = checked(answer, paper.title, paper.abstract, self.model.language)
        self._metrics.summarised("written" if text else "unfit")
        async with self._database.write() as session:
            await summaries.keep(session, name, text, self._now())
            await summaries.forget_before(session, self._now() - _KEPT)
        return text

    async def _ask(self, asked: list[dict[str, str]]) -> str | None:
        """The model's answer; None where the budget is spent or it does not answer."""
        now = self._now()
        if self._resting_until is not None and now < self._resting_until:
            return None
        day = now.astimezone(UTC).date()
        estimate = sum(len(each["content"]) for each in asked) // _LETTERS_A_TOKEN + MOST_TOKENS
        async with self._database.write() as session:
            has = await summaries.spend(
                session, day, estimate, self.model.most_requests, self.model.most_tokens
            )
        if not has:
            self._metrics.summarised("budget")
            return None
        try:
            said = await self._request(asked)
            answer, used = _read(said, estimate)
        except (httpx.HTTPError, SourceError, ValueError) as error:
            self._resting_until = now + REST
            self._metrics.summarised("failed")
            log.warning("summary.failed", reason=type(error).__name__)
            return None
        async with self._database.write() as session:
            await summaries.correct(session, day, used - estimate)
        return answer

    async def _request(self, asked: list[dict[str, str]]) -> object:
        body = {
            "model": self.model.model,
            "messages": asked,
            "max_tokens": MOST_TOKENS,
            "temperature": 0,
        }
        async with asyncio.timeout(REQUEST_SECONDS):
            url = f"{self.model.url.rstrip('/')}/chat/completions"
            answer = await self._client.post(url, json=body)
        answer.raise_for_status()
        said: object = answer.json()
        return said


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    total_tokens: int


class _Completion(BaseModel):
    """What is read of a chat completion."""

    choices: list[_Choice]
    usage: _Usage | None = None


def _read(said: object, estimate: int) -> tuple[str, int]:
    """The text of a completion and the tokens that it took; raises ValueError."""
    completion = _Completion.model_validate(said)
    if not completion.choices:
        raise ValueError("not a chat completion")
    usage = completion.usage
    tokens = max(usage.total_tokens, 0) if usage else estimate
    return completion.choices[0].message.content, tokens
