"""Whether a message that may have been sent stands on its platform: asked so that it is sure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from bot.errors import OutcomeUnknownError
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from storage.models import Bulletin, DigestHeader, Post

WIDE = timedelta(days=1)
"""How much earlier a search begins that has only this machine's clock to go by."""


class Lookup:
    """Asks a platform for a message, and a second time where it may show messages late.

    `watch` gives seconds that only grow: the two questions are as far apart as the platform takes
    to show what it took, so that the second answer is sure.
    """

    def __init__(self, watch: Callable[[], float] = monotonic) -> None:
        self._watch = watch
        self._missed: dict[str, float] = {}

    async def find(
        self,
        platform: ChatPlatform,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        """The message, or None if the platform surely has none.

        Raises OutcomeUnknownError with the seconds to wait where it has to be asked once more,
        and what `find_post` raises.
        """
        found = await platform.find_post(channel, delivery_id, since=since, under=under)
        if found is None and platform.shows_within:
            now = self._watch()
            left = self._missed.setdefault(delivery_id, now) + platform.shows_within - now
            if left > 0:
                reason = "it is not to be seen, and is looked for once more before it is sent again"
                raise OutcomeUnknownError(reason, retry_after=left)
        self._missed.pop(delivery_id, None)
        return found


def search_start(platform: ChatPlatform, row: Post | DigestHeader | Bulletin) -> datetime:
    """The time, by the platform's clock, before which a message cannot have been sent.

    That is when sending was first tried, where the platform's time was known then. Otherwise our
    own clock wrote it down, which may have been wrong: then a day earlier, and never in the future.
    """
    if row.tried_at is not None:
        return row.tried_at
    made = row.picked_at if isinstance(row, Post) else row.made_at
    theirs = platform.time()
    return (min(made, theirs) if theirs else made) - WIDE
