"""An answer's picture, shown to everybody by whoever asked for it and presses the button."""

from dataclasses import replace

import discord
import structlog

from bot.cards.richtext import Line, bold, line, slash
from bot.commands.replies import say
from bot.platforms.discord.cards import CONTENT
from bot.platforms.discord.interactions import Answers, Asked, defer, picture_file, tell, where
from bot.platforms.discord.markdown import markdown
from bot.ports import Picture

_NOT_HERE = "You may not write here, so the picture stays with you."

log = structlog.get_logger(__name__)


class Pictures:
    """Shows a picture as the answer to a press: for that the bot needs no leave to attach files."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def show(self, asked: Asked, text: str) -> None:
        """Show everybody in the channel the picture of a command's answer as it is now."""
        with self._answers.working():
            if not await defer(asked, thinking=False):
                return
            if not _may_write(asked):
                await tell(asked, say(_NOT_HERE))
                return
            # A press shows, and changes nothing, whatever its custom id says.
            command = replace(self._answers.command(asked, text), may_change=False)
            reply = await self._answers.inbox.command(command)
            if reply.picture is None:
                await tell(asked, reply)
                return
            await _post(asked, reply.picture, _told(command.person.name, text, reply.picture))


def _told(name: str, text: str, picture: Picture) -> Line:
    return line(bold(name), " asked for ", slash(text), ". ", picture.alt)


async def _post(asked: Asked, picture: Picture, told: Line) -> None:
    try:
        await asked.followup.send(
            markdown(told, CONTENT),
            file=picture_file(picture),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        await asked.edit_original_response(view=None)
    except discord.HTTPException as error:
        log.warning("picture.lost", channel=str(where(asked)), code=error.code, reason=error.text)


def _may_write(asked: Asked) -> bool:
    """Whether the person could write there: what they may not, the bot does not for them."""
    if asked.guild_id is None:
        return True
    thread = isinstance(asked.channel, discord.Thread)
    granted = asked.permissions
    return granted.send_messages_in_threads if thread else granted.send_messages
