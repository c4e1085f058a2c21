"""The local chat's pages and actions: each request read, checked and answered."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, unquote

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from bot.cards.compose import full_names
from bot.cards.outgoing_feed import (
    ATOM,
    JSON_FEED,
    FeedHead,
    FeedItem,
    atom_feed,
    json_feed,
)
from bot.commands.completion import described
from bot.platforms.local import messages as bodies
from bot.platforms.local.adapter import Conversation, LocalChat
from bot.platforms.local.auth import (
    Door,
    TooManyGuessesError,
    address_of,
    admit,
    keep_cookie,
)
from bot.platforms.local.controls import DayControls, told
from bot.platforms.local.emoji import parse_emoji
from bot.platforms.local.host_page import load_host_page
from bot.platforms.local.names import NAME_COOKIE, is_channel_name, parse_name, person_of
from bot.platforms.local.page_stream import Follower
from bot.platforms.local.views import (
    LONGEST_COMMAND,
    Frame,
    Pages,
    load_frame,
    load_topics,
    load_turns,
    local_ref,
)
from bot.ports import Inbox, Reply
from bot.rounds.delivery.sender import card_of
from storage import channels, local_chat, posts
from storage.models import LocalMessage, Paper, Post

NOTE_COOKIE = "paperround_note"
_NOTE_SECONDS = 30
_NAME_SECONDS = 365 * 24 * 3600
_LONGEST_NOTE = 500


def channel_path(name: str) -> str:
    """The page of a channel; never an address of another site."""
    return f"/c/{quote(name, safe='')}" if name else "/"


def done(request: Request, channel: str, note: str = "") -> Response:
    """The answer to a form whose work is done: JSON for the script, else a redirect with a note."""
    if _from_script(request):
        return JSONResponse({"note": note})
    response = RedirectResponse(channel_path(channel), 303)
    if note:
        keep_cookie(request, response, NOTE_COOKIE, quote(note[:_LONGEST_NOTE]), _NOTE_SECONDS)
    return response


def moved(request: Request, channel: str) -> Response:
    """The answer that moves the browser to a channel's page."""
    if _from_script(request):
        return JSONResponse({"note": "", "to": channel_path(channel)})
    return RedirectResponse(channel_path(channel), 303)


def problem(request: Request, pages: Pages, status: int, reason: str) -> Response:
    """The answer to a request that is refused, with the reason."""
    if _from_script(request):
        return JSONResponse({"problem": reason}, status)
    return HTMLResponse(pages.render("problem.html", reason=reason), status)


def page(request: Request, pages: Pages, template: str, **context: object) -> Response:
    """A whole page, with the note that a form left, once."""
    note = unquote(request.cookies.get(NOTE_COOKIE, ""))
    response = HTMLResponse(pages.render(template, note=note, **context))
    if note:
        response.delete_cookie(NOTE_COOKIE, httponly=True, samesite="strict")
    return response


def _from_script(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


_LARGEST = 2**63
_LONGEST_TOPIC = 300
_NO_MORE = "The demo's papers end here. For today's real ones, end it and type: paperround run"


async def field(request: Request, name: str) -> str:
    """A text field of the form that was sent, "" where it is missing or a file."""
    value = (await request.form()).get(name, "")
    return value if isinstance(value, str) else ""


def number(text: str | None) -> int | None:
    """A row's number or a revision, or None for anything else."""
    if text is None or not text.isascii() or not text.isdecimal():
        return None
    value = int(text) if len(text) < len(str(_LARGEST)) else _LARGEST
    return value if value < _LARGEST else None


class Actions:
    """Handlers of the forms; each works with and without the page's script."""

    def __init__(
        self,
        chat: LocalChat,
        conversation: Conversation,
        controls: DayControls | None,
        *,
        door: Door,
        pages: Pages,
    ) -> None:
        self._chat = chat
        self._conversation = conversation
        self._controls = controls
        self._door = door
        self._pages = pages
        self._turning = asyncio.Lock()

    async def say(self, request: Request) -> Response:
        """Run a command in a channel."""
        name = request.path_params["channel"]
        if not await self._is_channel(name):
            raise HTTPException(404, f"There is no channel named {name} here.")
        text = await field(request, "text")
        if not text.strip() or len(text) > LONGEST_COMMAND:
            raise HTTPException(400, f"A command has 1 to {LONGEST_COMMAND} characters.")
        await self._conversation.say(local_ref(name), person_of(request), text)
        return done(request, name)

    async def teach(self, request: Request) -> Response:
        """Teach a channel by a file that was dropped on its page."""
        name = request.path_params["channel"]
        if not await self._is_channel(name):
            raise HTTPException(404, f"There is no channel named {name} here.")
        file, text = await field(request, "file"), await field(request, "text")
        if not text.strip():
            raise HTTPException(400, "This file is empty.")
        shown = f"like {' '.join(file.split())[:_LONGEST_TOPIC] or 'a file'}"
        await self._conversation.say(
            local_ref(name), person_of(request), f"like {text}", shown=shown
        )
        return done(request, name)

    async def begin(self, request: Request) -> Response:
        """Watch the channel's first topic, post what it finds at once, and say how votes count."""
        name, person = request.path_params["channel"], person_of(request)
        if not await self._is_channel(name):
            raise HTTPException(404, f"There is no channel named {name} here.")
        topic = " ".join((await field(request, "topic")).split())
        if not topic or len(topic) > _LONGEST_TOPIC:
            raise HTTPException(400, f"A topic has 1 to {_LONGEST_TOPIC} characters.")
        await self._conversation.begin(local_ref(name), person, topic)
        return done(request, name)

    async def react(self, request: Request) -> Response:
        """Toggle a reaction on a post."""
        try:
            emoji = parse_emoji(await field(request, "emoji"))
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        message = number(request.path_params["message"]) or 0
        if not await self._conversation.react(message, person_of(request), emoji):
            raise HTTPException(404, "This post is gone.")
        return done(request, await field(request, "back"))

    async def show(self, request: Request) -> Response:
        """Show everybody in the channel the picture of an answer."""
        message = number(request.path_params["message"]) or 0
        if not await self._conversation.show(message, person_of(request)):
            raise HTTPException(404, "There is no such picture here.")
        return done(request, await field(request, "back"))

    async def add_channel(self, request: Request) -> Response:
        """Make a channel; its page then asks what it reads."""
        name = "-".join((await field(request, "name")).lstrip("#").casefold().split())
        if not is_channel_name(name):
            raise HTTPException(
                400, "A channel's name has 1 to 40 letters, digits and hyphens, such as robotics."
            )
        if not await self._is_channel(name):
            await self._conversation.make_channel(local_ref(name), person_of(request))
        return moved(request, name)

    async def rename(self, request: Request) -> Response:
        """Change the name of the person before the page."""
        try:
            name = parse_name(await field(request, "name"))
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        response = moved(request, await field(request, "back"))
        keep_cookie(request, response, NAME_COOKIE, quote(name), _NAME_SECONDS)
        return response

    async def run_round(self, request: Request) -> Response:
        """Post now what is due in every channel."""
        controls = self._need_controls()
        if self._turning.locked():
            raise HTTPException(409, "Papers are being posted already; they will appear here.")
        async with self._turning:
            ran = await controls.run_round()
        return done(request, await field(request, "back"), told(ran))

    async def advance_day(self, request: Request) -> Response:
        """Move the demo's clock to the next day."""
        controls = self._need_controls()
        if not controls.virtual:
            raise HTTPException(403, "Only the demo's clock can be moved.")
        moment = (await controls.advance_day()).astimezone()
        self._chat.pulse.strike()
        note = f"It is now {moment:%A, %H:%M %Z}."
        if await controls.ended():
            note += f" {_NO_MORE}"
        return done(request, await field(request, "back"), note)

    async def login(self, request: Request) -> Response:
        """Let in whoever types the token, or say why not."""
        said, status = _NOT_IT, 401
        try:
            if self._door.opens(await field(request, "token"), address_of(request)):
                return admit(self._door, request, "/")
        except TooManyGuessesError as error:
            said, status = str(error), 429
        return HTMLResponse(self._pages.render("login.html", note="", wrong=said), status)

    async def _is_channel(self, name: str) -> bool:
        async with self._chat.database.read() as session:
            return await channels.find(session, str(local_ref(name))) is not None

    def _need_controls(self) -> DayControls:
        if self._controls is None:
            raise HTTPException(404, "This chat has no rounds to run.")
        return self._controls


_NOT_IT = "That is not the token. It is the value of PAPERROUND_TOKEN where Paperround runs."
_SHOWN = 100
_LONGEST_TYPED = 2000


class Site:
    """Handlers of the pages and other requests that only read."""

    def __init__(
        self, chat: LocalChat, inbox: Inbox, controls: DayControls | None, pages: Pages
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
            revision = await local_chat.newest_revision(session)
            messages = await local_chat.list_channel(
                session, str(local_ref(name)), person.id, before=before, limit=_SHOWN + 1
            )
            turns = await load_turns(session, messages[-_SHOWN:], person.id)
            topics = await self._topics(session, frame)
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
            topics=topics,
            revision=revision,
            live=before is None,
            earlier=turns[0].message.id if len(messages) > _SHOWN else None,
        )

    async def _topics(self, session: AsyncSession, frame: Frame) -> tuple[str, ...]:
        """What a channel without watches may begin with."""
        if frame.head is None or frame.head.watches:
            return ()
        return await load_topics(session, frame.head.channel, self._chat.now())

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
        """Completions of a half-typed command, best first, each with what it does, as JSON."""
        typed = request.query_params.get("typed", "")[:_LONGEST_TYPED]
        where = local_ref(request.path_params["channel"])
        found = await self._inbox.complete(where, typed)
        return JSONResponse([{"text": each, "does": described(each)} for each in found])

    async def file(self, request: Request) -> Response:
        """The attachment of an answer, for the person who asked."""
        file = (await self._reply(request)).file
        if file is None:
            raise HTTPException(404, "This answer has no file.")
        return _download(*file)

    async def picture(self, request: Request) -> Response:
        """The picture of an answer, for the person who asked, or one that everybody was shown."""
        picture = bodies.load_picture((await self._kept(request, "reply", "announcement")).body)
        if picture is None:
            raise HTTPException(404, "There is no picture here.")
        return Response(picture.png, media_type="image/png")

    async def _reply(self, request: Request) -> Reply:
        """The answer that is asked for; raises HTTPException for somebody else's."""
        return bodies.load_reply((await self._kept(request, "reply")).body)

    async def _kept(self, request: Request, *kinds: str) -> LocalMessage:
        async with self._chat.database.read() as session:
            message = await local_chat.find(session, number(request.path_params["message"]) or 0)
        readers = (None, person_of(request).id)
        if message is None or message.kind not in kinds or message.reader not in readers:
            raise HTTPException(404, "There is no such answer here.")
        return message

    async def host(self, request: Request) -> Response:
        """How everything does, for whoever hosts; it changes nothing."""
        async with self._chat.database.read() as session:
            found = await load_host_page(session, self._chat.now())
        return page(request, self._pages, "host.html", page=found)

    async def feed(self, request: Request) -> Response:
        """A channel's posts for a feed reader, or 304 where it has them already."""
        made = _FEEDS.get(request.path_params["form"])
        async with self._chat.database.read() as session:
            channel = await channels.find_feed(session, request.path_params["key"])
            if channel is None or made is None:
                raise HTTPException(
                    404, "There is no such feed: it was ended, or has a new address."
                )
            newest = await posts.list_newest(session, channel.id or 0, _IN_A_FEED)
        render, kind = made
        head = FeedHead(f"{channel.name} · Paperround", str(request.url), channel.created_at)
        body = render(head, [_feed_item(post, paper) for post, paper in newest])
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, media_type=kind, headers={"ETag": tag})

    async def login_form(self, request: Request) -> Response:
        """Where the token is typed."""
        return page(request, self._pages, "login.html", wrong="")

    @property
    def _clock(self) -> Callable[[], datetime] | None:
        controls = self._controls
        return controls.now if controls is not None and controls.virtual else None


_FEEDS = {"atom": (atom_feed, ATOM), "json": (json_feed, JSON_FEED)}
_IN_A_FEED = 50


def _feed_item(post: Post, paper: Paper) -> FeedItem:
    posted = post.posted_at or post.picked_at
    return FeedItem(post.delivery_id, card_of(post, paper), full_names(paper.authors), posted)


def _download(name: str, text: str) -> Response:
    safe = "".join(each if each.isalnum() or each in "._-" else "-" for each in name)
    disposition = f"attachment; filename*=UTF-8''{quote(safe)}"
    return PlainTextResponse(text, headers={"Content-Disposition": disposition})
