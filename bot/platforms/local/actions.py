"""What can be done: commands, reactions, a new channel, another name, the clock and its rounds."""

import asyncio
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.platforms.local.answers import done, moved
from bot.platforms.local.asked import field, number
from bot.platforms.local.chat import LocalChat
from bot.platforms.local.controls import Controls, told
from bot.platforms.local.conversation import Conversation
from bot.platforms.local.emoji import parse_emoji
from bot.platforms.local.frame import local_ref
from bot.platforms.local.guard import Door, admit
from bot.platforms.local.pages import LONGEST_COMMAND, Pages
from bot.platforms.local.people import parse_name, person_of, remember_name
from storage import channels

_CHANNEL = re.compile(r"[^\W_][\w-]{0,39}")


def is_channel_name(name: str) -> bool:
    """Whether a local channel may be called so: 1-40 letters, digits, _ and -."""
    return _CHANNEL.fullmatch(name) is not None


class Actions:
    """Handlers of the forms; each works with and without the page's script."""

    def __init__(
        self,
        chat: LocalChat,
        conversation: Conversation,
        controls: Controls | None,
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
        """Make a channel, by asking for the settings it starts with."""
        name = "-".join((await field(request, "name")).lstrip("#").casefold().split())
        if not is_channel_name(name):
            raise HTTPException(
                400, "A channel's name has 1 to 40 letters, digits and hyphens, such as robotics."
            )
        if not await self._is_channel(name):
            await self._conversation.say(local_ref(name), person_of(request), "settings")
        return moved(request, name)

    async def rename(self, request: Request) -> Response:
        """Be somebody else from now on."""
        try:
            name = parse_name(await field(request, "name"))
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        response = moved(request, await field(request, "back"))
        remember_name(response, name)
        return response

    async def run_round(self, request: Request) -> Response:
        """Run the next round of every channel."""
        controls = self._need_controls()
        if self._turning.locked():
            raise HTTPException(409, "A round is running already; its posts will appear here.")
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
        return done(request, await field(request, "back"), f"It is now {moment:%A, %H:%M %Z}.")

    async def login(self, request: Request) -> Response:
        """Let in whoever types the token."""
        if self._door.opens(await field(request, "token")):
            return admit(self._door, "/")
        return HTMLResponse(self._pages.render("login.html", note="", wrong=True), 401)

    async def _is_channel(self, name: str) -> bool:
        async with self._chat.database.read() as session:
            return await channels.find(session, str(local_ref(name))) is not None

    def _need_controls(self) -> Controls:
        if self._controls is None:
            raise HTTPException(404, "This chat has no rounds to run.")
        return self._controls
