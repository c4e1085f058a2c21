"""What can be looked at: channels, their live streams, completions, attached files and pictures."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from bot.chat import Inbox, Reply
from bot.platforms.local import payloads
from bot.platforms.local.answers import channel_path, page
from bot.platforms.local.asked import number
from bot.platforms.local.chat import LocalChat
from bot.platforms.local.controls import Controls
from bot.platforms.local.frame import load_frame, local_ref
from bot.platforms.local.pages import Pages
from bot.platforms.local.people import person_of
from bot.platforms.local.stream import Follower
from bot.platforms.local.turns import load_turns
from storage import local
from storage.models import LocalMessage

_SHOWN = 100
_LONGEST_TYPED = 2000


class Site:
    """Handlers of everything that changes nothing."""

    def __init__(
        self, chat: LocalChat, inbox: Inbox, controls: Controls | None, pages: Pages
    ) -> None:
        self._chat = chat
        self._inbox = inbox
        self._controls = controls
        self._pages = pages

    async def home(self, request: Request) -> Response:
        """The first channel, or a page that asks to make one."""
        async with self._chat.database.read() as session:
            frame = await load_frame(session, None, None)
        if frame.places:
            return RedirectResponse(channel_path(frame.places[0].name), 303)
        return page(
            request,
            self._pages,
            "empty.html",
            frame=frame,
            person=person_of(request),
            controls=self._controls,
        )

    async def channel(self, request: Request) -> Response:
        """A channel's last messages, or those before the message named by `?before=`."""
        name, person = request.path_params["channel"], person_of(request)
        before = number(request.query_params.get("before"))
        async with self._chat.database.read() as session:
            frame = await load_frame(session, name, self._clock)
            revision = await local.newest_revision(session)
            messages = await local.list_channel(
                session, str(local_ref(name)), person.id, before=before, limit=_SHOWN + 1
            )
            turns = await load_turns(session, messages[-_SHOWN:], person.id)
        if frame.head is None:
            raise HTTPException(404, f"There is no channel named {name} here.")
        return page(
            request,
            self._pages,
            "channel.html",
            frame=frame,
            person=person,
            controls=self._controls,
            turns=turns,
            revision=revision,
            live=before is None,
            earlier=turns[0].message.id if len(messages) > _SHOWN else None,
        )

    async def live(self, request: Request) -> Response:
        """Server-sent events: what changed since `Last-Event-ID` or `?after=`, then what does."""
        after = request.headers.get("last-event-id") or request.query_params.get("after")
        follower = Follower(
            self._chat,
            self._pages,
            channel=request.path_params["channel"],
            person=person_of(request),
            clock=self._clock,
        )
        return StreamingResponse(
            follower.events(number(after) or 0), media_type="text/event-stream"
        )

    async def complete(self, request: Request) -> Response:
        """Completions of what stands in the message box, as a JSON list, best first."""
        typed = request.query_params.get("typed", "")[:_LONGEST_TYPED]
        where = local_ref(request.path_params["channel"])
        return JSONResponse(list(await self._inbox.complete(where, typed)))

    async def file(self, request: Request) -> Response:
        """The attachment of an answer, for the person who asked."""
        file = (await self._reply(request)).file
        if file is None:
            raise HTTPException(404, "This answer has no file.")
        return _download(*file)

    async def picture(self, request: Request) -> Response:
        """The picture of an answer, for the person who asked, or one that everybody was shown."""
        picture = payloads.load_picture((await self._kept(request, "reply", "announcement")).body)
        if picture is None:
            raise HTTPException(404, "There is no picture here.")
        return Response(picture.png, media_type="image/png")

    async def _reply(self, request: Request) -> Reply:
        """The answer that is asked for; raises HTTPException for somebody else's."""
        return payloads.load_reply((await self._kept(request, "reply")).body)

    async def _kept(self, request: Request, *kinds: str) -> LocalMessage:
        async with self._chat.database.read() as session:
            message = await local.find(session, number(request.path_params["message"]) or 0)
        readers = (None, person_of(request).id)
        if message is None or message.kind not in kinds or message.reader not in readers:
            raise HTTPException(404, "There is no such answer here.")
        return message

    async def login_form(self, request: Request) -> Response:
        """Where the token is typed."""
        return page(request, self._pages, "login.html", wrong=False)

    @property
    def _clock(self) -> Callable[[], datetime] | None:
        controls = self._controls
        return controls.now if controls is not None and controls.virtual else None


def _download(name: str, text: str) -> Response:
    safe = "".join(each if each.isalnum() or each in "._-" else "-" for each in name)
    disposition = f"attachment; filename*=UTF-8''{quote(safe)}"
    return PlainTextResponse(text, headers={"Content-Disposition": disposition})
