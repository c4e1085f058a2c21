"""What each of Discord's error codes means for a message: one table, each code in one class.

The codes are those of Discord's documentation (Opcodes and Status Codes, JSON error codes).
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType

from bot.errors import Obstacle


class Refusal(StrEnum):
    """What a refusal is about.

    CONTENT: the message itself; something simpler may be accepted. PLACE: the channel; nothing is
    accepted there before somebody acts. MOMENT: it passes by itself. LOGIN: the bot's token;
    nothing is accepted anywhere before the host acts. TARGET: the message, thread or interaction of
    the call does not exist, or the call was made already. UNUSED: no call of this program gets this
    code, so it is treated as an unknown code: as of the moment, and reported.
    """

    CONTENT = "content"
    PLACE = "place"
    MOMENT = "moment"
    LOGIN = "login"
    TARGET = "target"
    UNUSED = "unused"


PLACES: Mapping[int, tuple[Obstacle, str]] = MappingProxyType(
    {
        10003: (Obstacle.DELETED, "the channel was deleted"),
        10004: (Obstacle.REMOVED, "the bot was removed from the server; add it again to resume"),
        10007: (Obstacle.REMOVED, "the bot was removed from the server; add it again to resume"),
        10013: (Obstacle.DELETED, "the person's account is gone"),
        20009: (Obstacle.DM_CLOSED, "the person takes no messages with such content"),
        40058: (Obstacle.UNSUITABLE, "the forum takes papers as threads only"),
        40066: (
            Obstacle.UNSUITABLE,
            "the forum wants a tag that only moderators may give; add another to resume",
        ),
        40067: (
            Obstacle.UNSUITABLE,
            "the forum wants a tag on every post; add one, or ask for none to resume",
        ),
        50001: (
            Obstacle.NO_PERMISSION,
            "the bot may not see the channel; give it View Channel to resume",
        ),
        50007: (
            Obstacle.DM_CLOSED,
            "the person takes no messages from this bot; allow direct messages to resume",
        ),
        50008: (
            Obstacle.UNSUITABLE,
            "papers cannot be posted in this kind of channel; use a text channel, thread or forum",
        ),
        50009: (
            Obstacle.RESTRICTED,
            "the server's verification level keeps the bot out; lower it to resume",
        ),
        50013: (
            Obstacle.NO_PERMISSION,
            "the bot may not post in the channel; give it Send Messages to resume",
        ),
        50033: (Obstacle.DM_CLOSED, "the person cannot get messages from this bot"),
        50055: (Obstacle.DELETED, "the server does not exist any more"),
        50083: (Obstacle.LOCKED, "the thread is archived and locked; unlock it to resume"),
        50095: (Obstacle.RESTRICTED, "the server is not available where this bot runs"),
        50278: (
            Obstacle.DM_CLOSED,
            "the person shares no server with the bot; join one that has it to resume",
        ),
        60003: (
            Obstacle.RESTRICTED,
            "the server wants two-factor authentication; whoever owns the bot has to turn it on",
        ),
        160005: (Obstacle.LOCKED, "the thread is locked; unlock it to resume"),
    }
)
"""Why nothing can be posted in a place, and after a semicolon what to do about it."""

CONTENTS: Mapping[int, str] = MappingProxyType(
    {
        20031: "a name has words in it that are not allowed",
        30015: "it has too many files",
        40005: "it is too large",
        50006: "it is empty",
        50035: "it is not formed as Discord wants it",
        50045: "its file is too large",
        50046: "its file cannot be read",
        50109: "it is not formed as Discord wants it",
        50110: "its file cannot be read",
        50123: "its kind of file is not allowed",
        50151: "its emoji is not known",
        10087: "its tag was removed from the forum",
        200000: "a rule of the server's AutoMod blocked it; let the rule leave the bot out",
        200001: "a rule of the server's AutoMod blocked its title; let the rule leave the bot out",
        240000: "Discord takes a link in it for harmful",
        400001: "the server may send no files for now",
    }
)
"""What is wrong with a message."""

MOMENTS: Mapping[int, str] = MappingProxyType(
    {
        20016: "the channel is in slow mode",
        20022: "announcements may not be changed so often",
        20028: "the channel has had too many messages",
        20029: "the server has had too many messages",
        30034: "too many commands were made today",
        30046: "too many old messages were changed",
        40002: "the bot's account has to be verified",
        40003: "too many conversations were opened",
        40004: "sending messages is switched off for a while",
        40006: "this is switched off for a while",
        40062: "too much was asked for",
        40333: "Cloudflare blocks this address",
        50041: "this version of its interface is not served now",
        50178: "the bot's account has to be verified",
        110000: "it is not ready yet",
        110001: "it is not ready yet",
        130000: "it is overloaded",
        160006: "the server has as many open threads as it may have",
        160007: "the server has as many open announcement threads as it may have",
    }
)
"""What passes by itself, or is mended at Discord's: a message waits for it."""

LOGINS = frozenset({40001, 50010, 50014})
"""The bot's own token is refused."""

TARGETS = frozenset(
    {
        *(10008, 10014, 10015, 10062, 10063),  # unknown message, emoji, webhook, interaction
        *(30010,),  # a message has twenty kinds of reactions
        *(40033, 40043, 40060, 40094),  # published, answered, or answered too often already
        *(50003, 50005, 50021, 50024, 50027, 50068),  # not for this kind of message or channel
        90001,  # who is reacted to blocked the bot
        160004,  # the message has a thread already
    }
)
"""What a call is about is not there, or is done already."""

UNUSED = frozenset(
    {
        *(10001, 10002, 10005, 10006, 10009, 10010, 10011, 10012, 10016, 10020, 10021, 10026),
        *(10027, 10028, 10029, 10030, 10031, 10032, 10033, 10036, 10038, 10049, 10050, 10057),
        *(10059, 10060, 10061, 10065, 10066, 10067, 10068, 10069, 10070, 10071, 10097, 10124),
        *(10129, 20001, 20002, 20012, 20015, 20018, 20024, 20035, 30001, 30002, 30003, 30004),
        *(30005, 30007, 30008, 30011, 30013, 30016, 30018, 30019, 30030, 30031, 30032, 30033),
        *(30035, 30037, 30038, 30039, 30040, 30042, 30045, 30047, 30048, 30052, 30056, 30058),
        *(30060, 30061, 40007, 40009, 40012, 40018, 40019, 40032, 40041, 40061, 40074, 50002),
        *(50004, 50011, 50012, 50015, 50016, 50017, 50019, 50020, 50025, 50026, 50028, 50034),
        *(50036, 50039, 50054, 50057, 50067, 50070, 50073, 50074, 50080, 50081, 50084, 50085),
        *(50086, 50091, 50097, 50101, 50124, 50131, 50132, 50138, 50144, 50145, 50146, 50159),
        *(50160, 50161, 50162, 50163, 50167, 50173, 50192, 50600, 80004, 90002, 150006, 160002),
        *(160014, 170001, 170002, 170003, 170004, 170005, 170006, 170007, 180000, 180002),
        *(220001, 220002, 220003, 220004, 340015, 350000, 350001, 500000, 520000, 520001),
        *(520002, 520003, 520004, 520006, 530000, 530001, 530002, 530003, 530004, 530006, 530007),
    }
)
"""What no call of this program is answered with: webhooks, stickers, voice, polls and the like."""

STATUSES: Mapping[int, Refusal] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: Refusal.CONTENT,
        HTTPStatus.UNAUTHORIZED: Refusal.LOGIN,
        HTTPStatus.FORBIDDEN: Refusal.MOMENT,
        HTTPStatus.NOT_FOUND: Refusal.MOMENT,
        HTTPStatus.METHOD_NOT_ALLOWED: Refusal.MOMENT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Refusal.CONTENT,
        HTTPStatus.TOO_MANY_REQUESTS: Refusal.MOMENT,
        HTTPStatus.BAD_GATEWAY: Refusal.MOMENT,
    }
)
"""What a status means where Discord gives no code of its own (0); others are of the moment.

A shield in front of Discord says 403 as well, so that alone says nothing about a channel.
"""

_CLASSES: Mapping[Refusal, frozenset[int]] = MappingProxyType(
    {
        Refusal.CONTENT: frozenset(CONTENTS),
        Refusal.PLACE: frozenset(PLACES),
        Refusal.MOMENT: frozenset(MOMENTS),
        Refusal.LOGIN: LOGINS,
        Refusal.TARGET: TARGETS,
        Refusal.UNUSED: UNUSED,
    }
)


def classes(code: int) -> Iterator[Refusal]:
    """Every class that holds a code: exactly one for each documented code but 0."""
    yield from (each for each, codes in _CLASSES.items() if code in codes)


def refusal(status: int, code: int) -> Refusal | None:
    """The class of an answer by its HTTP status and JSON code; None where neither is known."""
    if code:
        return next(classes(code), None)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal.MOMENT
    return STATUSES.get(status)
