"""Shows the picture of a private answer to everybody, when its button is pressed."""

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
    """Sends a picture as the answer to a press, which needs no permission to attach files."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def show(self, asked: Asked, text: str) -> None:
        """Run the command again and show its picture to everybody in the channel."""
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
    """Whether the person may write in the channel; the bot does not do it for them otherwise."""
    if asked.guild_id is None:
        return True
    thread = isinstance(asked.channel, discord.Thread)
    granted = asked.permissions
    return granted.send_messages_in_threads if thread else granted.send_messages
