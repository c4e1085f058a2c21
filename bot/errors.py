"""Errors that people read: each says what was wrong, where, and what to do."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum


class PaperroundError(Exception):
    """The root of all expected failures; its text is fit for a chat user and for a terminal."""


class SettingsError(PaperroundError):
    """Settings are missing, malformed or contradict each other."""


class DatabaseError(PaperroundError):
    """The database cannot be opened, is newer than this program, or is not ours."""


class NotFoundError(PaperroundError):
    """Something named by a person does not exist."""


class CommandError(PaperroundError):
    """A typed command could not be understood or is not allowed here."""


class ExpressionError(CommandError):
    """A watch expression is malformed.

    `position` is the 0-based character at fault; `suggestion` is the nearest valid expression,
    or None where there is none.
    """

    def __init__(self, reason: str, *, position: int, suggestion: str | None = None) -> None:
        hint = f" Did you mean: {suggestion}" if suggestion else ""
        super().__init__(f"{reason} (at character {position + 1}).{hint}")
        self.reason = reason
        self.position = position
        self.suggestion = suggestion


class SourceError(PaperroundError):
    """A source answered with something that cannot be read, or did not answer."""


class NoFeedError(SourceError):
    """What should be a feed is something else; `offers` are the feeds that it announces, if any."""

    def __init__(self, reason: str, offers: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.offers = tuple(offers)


class EntryError(PaperroundError):
    """One entry of a source is malformed; the others beside it are unharmed."""


class PlatformError(PaperroundError):
    """A chat platform did not take a message.

    Every refusal is of one of three kinds. Of the moment: NotSentError and OutcomeUnknownError,
    which also say whether the message may have arrived; the post is put off and never dropped for
    it. Of the place: ChannelGoneError; the posts are freed and come when the place is back. Of the
    content: RefusedError; the same is said simpler. `retry_after` is the seconds after which it
    may be tried again, where the platform said so.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class NotSentError(PlatformError):
    """The message certainly did not arrive; it may be sent again after `retry_after` seconds.

    `unlisted` is the platform's own code where no table of ours has it: it is reported once.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None = None, unlisted: str | None = None
    ) -> None:
        super().__init__(reason, retry_after=retry_after)
        self.unlisted = unlisted


class OutcomeUnknownError(PlatformError):
    """The message may or may not have arrived; ask the platform before sending again."""


class SilentError(OutcomeUnknownError):
    """The platform did not answer at all in the time it has."""


class UnaskableError(OutcomeUnknownError):
    """Nobody can find out whether an earlier message arrived; the text says what would help."""


class Obstacle(StrEnum):
    """Why nothing can be posted in a channel, kept with the channel.

    It decides what brings the channel back, beside a message that the platform takes there. Where
    the platform tells of no return (RESTRICTED, UNSUITABLE, OTHER), only such a message does.
    """

    NOT_INVITED = "not_invited"
    """The bot is not a member: somebody has to invite it."""

    NO_PERMISSION = "no_permission"
    """The bot may not see the channel, or not post there: its permissions have to change."""

    RESTRICTED = "restricted"
    """Only some people may post there, and the platform does not say when that ends."""

    ARCHIVED = "archived"
    """The channel or thread is archived."""

    LOCKED = "locked"
    """The thread is locked."""

    TIMED_OUT = "timed_out"
    """The bot may not speak for a while."""

    DELETED = "deleted"
    """The channel is no more."""

    DM_CLOSED = "dm_closed"
    """The person takes no direct messages from the bot, or shares no server with it."""

    REMOVED = "removed"
    """The app was removed from the workspace, or has no good token for it any more."""

    UNSUITABLE = "unsuitable"
    """No papers can be posted in a channel of this kind, or as it is set up."""

    OTHER = "other"
    """Anything else."""


class ChannelGoneError(PlatformError):
    """Nothing can be posted in the channel until somebody acts there; posts are freed meanwhile.

    The text is half a sentence for people: the true reason, and after a semicolon the next step,
    such as "the bot is not in the channel; type /invite @Paperround there". `obstacle` is the same
    for the program. `until` is when it ends by itself (UTC), where the platform says so.
    """

    def __init__(
        self,
        reason: str,
        *,
        obstacle: Obstacle = Obstacle.OTHER,
        until: datetime | None = None,
    ) -> None:
        super().__init__(reason)
        self.obstacle = obstacle
        self.until = until


class RefusedError(PlatformError):
    """The platform will never take this message as it is; something simpler may pass."""
