"""Leases on posts and digest headers while they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, ColumnElement, bindparam, case
from sqlmodel import col, delete, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, DigestHeader, Paper, Post, PostState, UtcDateTime


async def list_unfinished(session: AsyncSession, by: datetime) -> Sequence[Post]:
    """Posts that were free to be sent by then: due, to be retried, or left by a dead sender."""
    statement = (
        select(Post)
        .where(_is_free(by), col(Post.picked_at) <= by)
        .order_by(col(Post.slot_at), col(Post.rank), col(Post.id))
    )
    return (await session.exec(statement)).all()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A post taken for sending, with all that sending it needs."""

    post: Post
    channel: Channel
    paper: Paper


async def claim(
    session: AsyncSession,
    post_ids: Sequence[int],
    *,
    holder: str,
    now: datetime,
    until: datetime,
    theirs: datetime | None = None,
) -> list[Claimed]:
    """Lease posts for sending until `until`: those that are due and that nobody has a lease on.

    What was left as SENDING may have arrived (`maybe_sent`): the platform must be asked first.
    `theirs` is the platforms' time now, which a first try notes. Uniqueness lives in the statement,
    so two claimers cannot both win; they pass over what another is claiming at that moment.
    """
    free = (
        select(Post.id)
        .where(col(Post.id).in_(post_ids), _is_free(now))
        .order_by(col(Post.id))
        .with_for_update(skip_locked=True)
    )
    won = await session.exec(
        update(Post)
        .where(col(Post.id).in_(free))
        .values(
            state=PostState.SENDING,
            holder=holder,
            lease_until=until,
            attempts=Post.attempts + 1,
            maybe_sent=or_(Post.maybe_sent, Post.state == PostState.SENDING),
            tried_at=_first(Post, theirs),
        )
        .returning(col(Post.id))
        .execution_options(synchronize_session=False)
    )
    taken = won.scalars().all()
    if not taken:
        return []
    statement = (
        select(Post, Channel, Paper)
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(col(Post.id).in_(taken))
    )
    return [Claimed(*row) for row in (await session.exec(statement)).all()]


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a claimed post: its columns from now on; `attempts` is the claim's.

    With `freed_at` the pick is taken back then, as if it had never been made, and its channel
    (`channel_id`) is owed a round.
    """

    post_id: int
    attempts: int
    state: PostState
    reason: str | None = None
    message: str | None = None
    posted_at: datetime | None = None
    retry_at: datetime | None = None
    lease_until: datetime | None = None
    form: int = 0
    freed_at: datetime | None = None
    channel_id: int = 0

    @property
    def maybe_sent(self) -> bool:
        """Whether it may have arrived: a post is noted as FAILED only where it surely did not."""
        return self.state in (PostState.SENDING, PostState.UNKNOWN)


async def note(session: AsyncSession, notes: Sequence[Note]) -> None:
    """Store what became of leased posts.

    A post that somebody else claimed meanwhile is left to them, unless it was posted.
    """
    connection = await session.connection()
    if kept := [_written(each) for each in notes if each.freed_at is None]:
        await connection.execute(_NOTE, kept)
    if freed := [each for each in notes if each.freed_at is not None]:
        await connection.execute(_FREE, [_named(each) for each in freed])
        await connection.execute(_OWE, [_owed(each) for each in freed])


async def release(session: AsyncSession, holder: str, now: datetime) -> None:
    """End the leases of a sender that is dead, so that its posts can be claimed at once."""
    await session.exec(
        update(Post)
        .where(col(Post.state) == PostState.SENDING, col(Post.holder) == holder)
        .values(lease_until=now)
        .execution_options(synchronize_session=False)
    )


_NOTED = (
    "state",
    "maybe_sent",
    "reason",
    "message",
    "posted_at",
    "retry_at",
    "lease_until",
    "form",
)


_NOTE = (
    update(Post)
    .where(
        col(Post.id) == bindparam("id_"),
        or_(col(Post.attempts) == bindparam("attempts_"), bindparam("posted_", type_=Boolean)),
    )
    .values(**{key: bindparam(f"new_{key}") for key in _NOTED})
)

_FREE = delete(Post).where(
    col(Post.id) == bindparam("id_"), col(Post.attempts) == bindparam("attempts_")
)

_OWE = (
    update(Channel).where(col(Channel.id) == bindparam("id_")).values(due_at=bindparam("due_at_"))
)


def _owed(note: Note) -> dict[str, object]:
    return {"id_": note.channel_id, "due_at_": note.freed_at}


def _named(note: Note) -> dict[str, object]:
    return {"id_": note.post_id, "attempts_": note.attempts}


def _written(note: Note) -> dict[str, object]:
    values: dict[str, object] = {f"new_{key}": getattr(note, key) for key in _NOTED}
    posted = note.state is PostState.POSTED
    return values | _named(note) | {"posted_": posted}


def _first(
    table: type[Post] | type[DigestHeader], theirs: datetime | None
) -> ColumnElement[datetime | None]:
    """The time of the first try: later ones leave it, for that may be the one that arrived."""
    noted = bindparam(None, theirs, type_=UtcDateTime)
    return case((col(table.attempts) == 0, noted), else_=col(table.tried_at))


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Whether a post wants to be sent, or asked for, at `now`."""
    return or_(
        col(Post.state) == PostState.DUE,
        (col(Post.state) == PostState.FAILED) & (col(Post.retry_at) <= now),
        (col(Post.state) == PostState.SENDING) & (col(Post.lease_until) <= now),
    )


async def add_header(
    session: AsyncSession, channel: Channel, slot_at: datetime, delivery_id: str, now: datetime
) -> None:
    """Store the header message of a slot, which is sent before the slot's first post."""
    assert channel.id is not None
    session.add(
        DigestHeader(channel_id=channel.id, slot_at=slot_at, delivery_id=delivery_id, made_at=now)
    )
    await session.flush()


async def find_header(
    session: AsyncSession, channel_id: int, slot_at: datetime
) -> DigestHeader | None:
    """The header message of a slot, or None where its posts have no thread."""
    statement = select(DigestHeader).where(
        DigestHeader.channel_id == channel_id, DigestHeader.slot_at == slot_at
    )
    return (await session.exec(statement)).first()


async def find_header_message(
    session: AsyncSession, channel_id: int, message: str
) -> DigestHeader | None:
    """The header whose message in the channel this is, or None."""
    statement = select(DigestHeader).where(
        DigestHeader.channel_id == channel_id, DigestHeader.message == message
    )
    return (await session.exec(statement)).first()


async def claim_header(
    session: AsyncSession,
    head_id: int,
    *,
    holder: str,
    now: datetime,
    until: datetime,
    theirs: datetime | None = None,
) -> bool:
    """Lease a header for sending until `until`; True for the one caller that gets it.

    One that another left in the middle of sending may have arrived (`maybe_sent`).
    """
    won = await session.exec(
        update(DigestHeader)
        .where(col(DigestHeader.id) == head_id, _is_free_header(now))
        .values(
            holder=holder,
            lease_until=until,
            attempts=DigestHeader.attempts + 1,
            maybe_sent=or_(DigestHeader.maybe_sent, col(DigestHeader.lease_until).is_not(None)),
            tried_at=_first(DigestHeader, theirs),
        )
        .returning(col(DigestHeader.id))
        .execution_options(synchronize_session=False)
    )
    return won.first() is not None


async def release_headers(session: AsyncSession, holder: str, now: datetime) -> None:
    """End the leases of a sender that is dead; what it was sending may have arrived."""
    await session.exec(
        update(DigestHeader)
        .where(col(DigestHeader.holder) == holder, col(DigestHeader.lease_until).is_not(None))
        .values(lease_until=now)
        .execution_options(synchronize_session=False)
    )


async def note_header(
    session: AsyncSession,
    head_id: int,
    *,
    message: str | None = None,
    maybe_sent: bool = False,
    given_up: str | None = None,
) -> None:
    """Store what became of a leased header, and end the lease."""
    await session.exec(
        update(DigestHeader)
        .where(col(DigestHeader.id) == head_id, col(DigestHeader.message).is_(None))
        .values(message=message, maybe_sent=maybe_sent, given_up=given_up, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _is_free_header(now: datetime) -> ColumnElement[bool]:
    return (
        col(DigestHeader.message).is_(None)
        & col(DigestHeader.given_up).is_(None)
        & or_(col(DigestHeader.lease_until).is_(None), col(DigestHeader.lease_until) <= now)
    )
