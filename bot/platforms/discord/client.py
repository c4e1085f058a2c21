"""discord.py's client: receives gateway events and passes each to the class that handles it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

import aiohttp
import discord
import structlog
from discord import app_commands

from bot.cards.richtext import Line
from bot.platforms.discord.announcements import Publishing
from bot.platforms.discord.auth import Place, intents, invitation
from bot.platforms.discord.breaker import Breaker
from bot.platforms.discord.catch_up import CatchingUp
from bot.platforms.discord.commands import CONTEXTS, INSTALLS, papers_group, publish
from bot.platforms.discord.errors import LONGEST_WAIT, trace_repeats
from bot.platforms.discord.events import spot
from bot.platforms.discord.interactions import Answers
from bot.platforms.discord.lifecycle import Guilds
from bot.platforms.discord.manage_form import LooksBook
from bot.platforms.discord.manage_view import ComponentHandler
from bot.platforms.discord.reactions import Cleared, Reactions, Voting
from bot.platforms.discord.records import Records
from bot.platforms.server_clock import ServerClock
from bot.ports import ChannelRef, Inbox, MessageRef
from bot.rounds.learning.votes import SAVE, VOTES, bare

log = structlog.get_logger(__name__)


class PaperroundClient(discord.AutoShardedClient):
    """discord.py's client with our events; before `open` it is good for REST calls only.

    `may_change` is the permission that lets somebody change a channel's settings; `home` is a
    server to which commands are published alone, at once, while developing. As many shards as
    Discord asks for run in one process, or those that it `hears` where others hear the rest. `up`
    is set once events were heard, or others hear them. `means` are the emoji that count.
    """

    def __init__(
        self,
        records: Records,
        looks: LooksBook,
        *,
        now: Callable[[], datetime],
        may_change: str = "manage_channels",
        home: int | None = None,
        seeds: bool = False,
        means: Collection[str] = frozenset({*VOTES, SAVE}),
    ) -> None:
        # discord.py would warn at every start that voice does not work, which nobody asked for.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        self.breaker = Breaker(shared=records)
        trace = aiohttp.TraceConfig()
        trace_repeats(trace)
        self.breaker.tracing(trace)
        self.clock = ServerClock()
        self.clock.tracing(trace)
        super().__init__(
            intents=intents(),
            max_messages=None,
            max_ratelimit_timeout=LONGEST_WAIT,
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=trace,
        )
        _shield(self._connection.parsers)
        self.tree = _Tree(self)
        self.hears: frozenset[int] | None = None
        self.up = asyncio.Event()
        self.publishing = Publishing(self)
        self._records = records
        self._looks = looks
        self._now = now
        self._may_change = may_change
        self._seeds = seeds
        self._means = frozenset(map(bare, means))
        self._home = discord.Object(home) if home is not None else None
        self._answers: Answers | None = None

    @property
    def invitation(self) -> str:
        """The address that adds the bot to a server; known once it is logged in."""
        return invitation(self.application_id or 0, seeds=self._seeds)

    async def open(
        self, inbox: Inbox, announce: Callable[[ChannelRef, Line], Awaitable[None]]
    ) -> None:
        """Take up work for `inbox`: build the commands and publish them where they changed."""
        self._answers = answers = Answers(inbox, announce, may_change=self._may_change)
        voting = Voting(inbox, self._records, self._now)
        self._controls = ComponentHandler(answers, self._records, voting, self._looks, self._now)
        self._reactions = Reactions(
            self, inbox, self._records, self._now, means=self._means, seen=self._seen
        )
        self._guilds = Guilds(self, inbox, self._records, self.invitation, self._now)
        self._catching_up = CatchingUp(self, self._guilds, self._reactions)
        self._build_commands(answers)
        await publish(self.tree, self._records, self._home)

    def get_guild(self, guild_id: int, /) -> discord.Guild | None:
        """A server of a shard that this process hears; None for one that was given up.

        discord.py still remembers such a server, but no longer hears of its changes.
        """
        guild = super().get_guild(guild_id)
        given_up = guild is not None and self.hears is not None and guild.shard_id not in self.hears
        return None if given_up else guild

    def own_shards(self) -> list[tuple[int, discord.ShardInfo]]:
        """The connected shards that this process hears, with their numbers."""
        hears = self.hears
        return [
            (number, shard)
            for number, shard in self.shards.items()
            if hears is None or number in hears
        ]

    def is_deaf(self, shard_id: int) -> bool:
        """Whether a shard's socket is open while no task reads it; discord.py does not report that.

        True for a moment while a shard connects.
        """
        shard = self.shards.get(shard_id)
        reader = getattr(getattr(shard, "_parent", None), "_task", None)
        return shard is not None and not shard.is_closed() and (reader is None or reader.done())

    async def begin_anew(self) -> None:
        """Close every socket, so that `connect` can be called again."""
        await self.close()
        # A queue of its own: what the shards of before still ask for is heard by nobody.
        await self._async_setup_hook()

    async def close(self) -> None:
        """Close the sockets, when a connection ends; REST calls stay possible.

        discord.py calls this itself.
        """
        for shard in self.shards.values():
            await shard.disconnect()

    async def shut(self) -> None:
        """Close the sockets and the REST session for good."""
        await super().close()

    async def catch_up_on(self, message: MessageRef) -> None:
        """Report the reactions on a post whose reaction events could not be assigned to it."""
        # Ready means that it was opened, too: the command line only posts.
        if self.is_ready():
            await self._reactions.compare_post(message)

    async def finish(self) -> None:
        """Wait for answers that are being given, and stop comparing."""
        if self._answers is not None:
            await self._catching_up.stop()
            await self._guilds.stop()
            await self._answers.finish()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Somebody used a button, a menu or a form; commands are the tree's work."""
        await self._controls.used(interaction)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody reacted to a message."""
        await self._reactions.changed(event)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody took a reaction back."""
        await self._reactions.changed(event)

    async def on_raw_reaction_clear(self, event: Cleared) -> None:
        """A moderator took every reaction off a message."""
        await self._reactions.cleared(event)

    async def on_raw_reaction_clear_emoji(self, event: Cleared) -> None:
        """A moderator took one emoji off a message."""
        await self._reactions.cleared(event)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""
        await self._guilds.joined(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed from a server, or the server is no more."""
        await self._guilds.left(guild)

    async def on_guild_channel_update(self, _before: Place, after: Place) -> None:
        """A channel got another name or other permissions."""
        await self._guilds.place_changed(after)

    async def on_guild_channel_delete(self, channel: Place) -> None:
        """A channel was deleted."""
        await self._guilds.channel_deleted(channel.guild.id, channel.id)

    async def on_thread_update(self, _before: Place, after: Place) -> None:
        """A thread got another name, was locked or opened again."""
        await self._guilds.place_changed(after)

    async def on_thread_join(self, thread: discord.Thread) -> None:
        """A thread was opened, woke up, or changed while it slept."""
        await self._guilds.place_changed(thread)

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted, with all that stood in it."""
        await self._guilds.thread_deleted(event.guild_id, event.parent_id, event.thread_id)

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role may do other things now; a new name, colour or place changes nothing for us."""
        if before.permissions != after.permissions:
            await self._guilds.permissions_changed(after.guild)

    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A role is no more."""
        await self._guilds.permissions_changed(role.guild)

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """The bot itself got other roles, or a time-out began or ended.

        Without the members intent, nobody else is heard of.
        """
        if after == after.guild.me and _may(before) != _may(after):
            await self._guilds.permissions_changed(after.guild)

    async def on_ready(self) -> None:
        """All servers are known; in no server at all, the log says how to invite the bot."""
        self.up.set()
        if not self.guilds and self.hears is None:
            log.warning("discord.in_no_server", invite_it_by=self.invitation)

    async def on_shard_ready(self, shard_id: int) -> None:
        """A shard began a new session: events before it were missed."""
        await self._catching_up.with_shard(shard_id)

    async def _seen(self, message: MessageRef, posted: discord.Message) -> None:
        """Publish a post that a restart kept from being published."""
        since = (await self._looks.of(message.channel)).publish_since
        if since is not None and posted.created_at >= since and not posted.flags.crossposted:
            self.publishing.publish(*spot(message))

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Log what went wrong with one event; the others are unharmed."""
        log.error("discord.event_failed", event_name=event_method, exc_info=sys.exception())

    def _build_commands(self, answers: Answers) -> None:
        self.tree.clear_commands(guild=None)
        special = {
            "settings": self._controls.show_settings,
            "import": self._controls.ask_for_import,
        }
        self.tree.add_command(papers_group(answers, special))
        self.tree.add_command(
            app_commands.ContextMenu(
                name="Why this paper?",
                callback=self._controls.why,
                allowed_contexts=CONTEXTS,
                allowed_installs=INSTALLS,
            )
        )
        if self._home is not None:
            self.tree.copy_global_to(guild=self._home)


def _may(member: discord.Member) -> tuple[object, ...]:
    """The roles and the time-out of a member, which decide its permissions."""
    return [role.id for role in member.roles], member.timed_out_until


_NEEDED = frozenset({"READY", "RESUMED"})
"""Events without which a connection is none."""


def _shield(parsers: dict[str, Callable[[object], None]]) -> None:
    """Wrap every parser, so that an unreadable event is logged and lost alone.

    In discord.py it would end the connection. Discord adds and omits fields at will (discord.py's
    issues 7501 and 9969).
    """
    for event, parse in parsers.items():
        if event not in _NEEDED:
            parsers[event] = _shielded(event, parse)


def _shielded(event: str, parse: Callable[[object], None]) -> Callable[[object], None]:
    def shielded(data: object) -> None:
        try:
            parse(data)
        except Exception:
            log.exception("discord.event_unreadable", event_name=event)

    return shielded


class _Tree(app_commands.CommandTree[PaperroundClient]):
    """The command tree; logs errors, and answers those about which the person can do something."""

    async def on_error(
        self,
        interaction: discord.Interaction[PaperroundClient],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Answer a command that Discord still offers but we no longer have; log anything else."""
        if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            text = "The commands changed a moment ago. Please try again in a minute."
            await interaction.response.send_message(text, ephemeral=True)
        else:
            log.error("discord.command_failed", exc_info=error)
