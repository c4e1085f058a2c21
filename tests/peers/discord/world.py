"""The state behind the bridge: servers, channels, people and what they said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import discord
from simcord.backend import Backend, serializers
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Guild, Message, Overwrite, User
from simcord.enums import OverwriteType

from bot.platforms.discord.auth import needed

_THREAD_CREATED = 18


class WallClock:
    """The real time plus what a test moved it by; simcord's own stands still in the past."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.elapsed)

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds


class World:
    """Short ways to arrange simcord's backend; the test may do anything in it."""

    def __init__(self) -> None:
        self.backend = Backend(clock=WallClock())
        self._away: dict[int, Guild] = {}

    @property
    def bot_id(self) -> int:
        return self.backend.bot_user.id

    def user(self, name: str, *, bot: bool = False) -> User:
        return self.backend.make_user(name, bot=bot)

    def invite(
        self, name: str, *channels: str, shard_id: int | None = None, shard_count: int = 1
    ) -> Guild:
        """A server with text channels invites the bot, which hears of it all at once."""
        with self._unheard():
            guild = self.backend.create_guild(name, shard_id=shard_id, shard_count=shard_count)
            for channel in channels:
                self.backend.create_channel(guild.id, channel)
            # What the invitation asks for, where simcord would give nearly everything.
            [role] = [each for each in guild.roles.values() if each.managed]
            role.permissions = needed(seeds=True).value
        self._announce(guild)
        return guild

    def channel(self, guild: Guild, name: str) -> Channel:
        ids = [*guild.channel_ids, *guild.thread_ids]
        return next(each for each in map(self.backend.get_channel, ids) if each.name == name)

    def member(self, guild: Guild, name: str, *permissions: str) -> User:
        """Somebody in a server who holds these permissions besides everybody's."""
        user = self.user(name)
        roles = []
        if permissions:
            granted = discord.Permissions(**dict.fromkeys(permissions, True)).value
            roles = [self.backend.create_role(guild.id, name, permissions=granted).id]
        self.backend.add_member(guild.id, user.id, roles=roles)
        return user

    def kick(self, guild: Guild) -> None:
        """The server removes the bot; what stood there stays for when it comes back."""
        self._away[guild.id] = self.backend.guilds.pop(guild.id)
        self.backend.emit("GUILD_DELETE", {"id": str(guild.id)})

    def invite_again(self, guild: Guild) -> None:
        self.backend.guilds[guild.id] = self._away.pop(guild.id)
        self._announce(guild)

    def forbid(self, channel: Channel, *permissions: str) -> None:
        """Take permissions from the bot in one channel."""
        denied = discord.Permissions(**dict.fromkeys(permissions, True)).value
        self.backend.set_overwrite(
            channel.id, Overwrite(self.bot_id, OverwriteType.MEMBER, allow=0, deny=denied)
        )

    def allow_again(self, channel: Channel) -> None:
        self.backend.delete_overwrite(channel.id, self.bot_id)

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Put a thread to sleep, as Discord does after a while or a moderator at once."""
        self._set(thread, archived=True, locked=locked)

    def lock(self, thread: Channel, *, locked: bool = True) -> None:
        self._set(thread, archived=False, locked=locked)

    def wake(self, channel_id: int) -> None:
        """What a message does to a thread that sleeps; a locked one takes none of the bot's."""
        thread = self.backend.channels.get(channel_id)
        if thread is None or thread.thread_metadata is None:
            return
        if thread.thread_metadata.locked:
            raise BackendError(403, 160005, "Thread is locked")
        if thread.thread_metadata.archived:
            self._set(thread, archived=False, locked=False)

    def texts(self, channel: Channel | int) -> list[str]:
        """What was said in a channel, one text a message, in order; not that a thread began."""
        number = channel if isinstance(channel, int) else channel.id
        kept = self.backend.messages[number].values()
        said = [each for each in kept if not each.is_ephemeral and each.type != _THREAD_CREATED]
        return [_text(each) for each in said]

    def text(self, channel: Channel, message_id: int) -> str:
        """What can be read in one message."""
        return _text(self.backend.get_message(channel.id, message_id))

    def post_ids(self, channel: Channel | int) -> list[int]:
        """The messages of the bot that carry components and no text beside them: the posts."""
        number = channel if isinstance(channel, int) else channel.id
        return [
            each.id
            for each in self.backend.messages[number].values()
            if each.author_id == self.bot_id
            and each.components
            and not (each.content or each.is_ephemeral)
        ]

    def _set(self, thread: Channel, **flags: bool) -> None:
        self.backend.edit_channel(thread.id, {}, thread_metadata=flags)

    def _announce(self, guild: Guild) -> None:
        payload = dict(serializers.guild_create_payload(self.backend, guild))
        # Discord says "unavailable" only of servers that the bot was in before.
        payload.pop("unavailable")
        self.backend.emit("GUILD_CREATE", payload)

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        listening, self.backend.subscribers = self.backend.subscribers, []
        try:
            yield
        finally:
            self.backend.subscribers = listening


def _text(message: Message) -> str:
    parts = [message.content, *_texts(message.components), *_embedded(message.embeds)]
    return "\n".join(filter(None, parts))


def _texts(components: list[dict[str, object]]) -> Iterator[str]:
    for each in components:
        if isinstance(content := each.get("content"), str):
            yield content
        inner = each.get("components")
        if isinstance(inner, list):
            yield from _texts(inner)


def _embedded(embeds: list[dict[str, object]]) -> Iterator[str]:
    for each in embeds:
        yield from (str(each[key]) for key in ("title", "description") if each.get(key))
