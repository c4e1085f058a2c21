"""Errors that people read: each says what was wrong, where, and what to do."""


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


class EntryError(PaperroundError):
    """One entry of a source is malformed; the others beside it are unharmed."""


class PlatformError(PaperroundError):
    """A chat platform did not take a message; the children say whether it may have.

    `retry_after` is the seconds after which it may be tried again, where the platform said so.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class NotSentError(PlatformError):
    """The message certainly did not arrive; it may be sent again after `retry_after` seconds."""


class OutcomeUnknownError(PlatformError):
    """The message may or may not have arrived; ask the platform before sending again."""


class SilentError(OutcomeUnknownError):
    """The platform did not answer at all in the time it has."""


class UnaskableError(OutcomeUnknownError):
    """Nobody can find out whether an earlier message arrived; the text says what would help."""


class ChannelGoneError(PlatformError):
    """The channel was deleted or archived, or the bot was removed from it; stop posting there."""


class RefusedError(PlatformError):
    """The platform will never take this message as it is; sending it again is useless."""
