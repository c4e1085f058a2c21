"""All that is kept of one person, to be handed to them or forgotten."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import clubs, zotero
from storage.models import (
    Channel,
    LibraryPaper,
    LocalMessage,
    LocalReaction,
    Paper,
    Post,
    Saved,
    Vote,
    Watch,
    Workspace,
    ZoteroLibrary,
)

SOMEBODY = "somebody"
"""Who added a shared watch, once the person who did is forgotten."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A person, by the platform's id, in these workspaces; `local` in the local chat."""

    person: str
    workspaces: Collection[int]
    local: bool


async def workspaces(
    session: AsyncSession, platform: str, external_id: str | None
) -> Sequence[Workspace]:
    """A platform's workspaces, or the one with this id."""
    statement = select(Workspace).where(Workspace.platform == platform).order_by(col(Workspace.id))
    if external_id is not None:
        statement = statement.where(Workspace.external_id == external_id)
    return (await session.exec(statement)).all()


async def votes_of(session: AsyncSession, whose: Whose) -> Sequence[tuple[Vote, str, str]]:
    """Their votes with the channel's address and the paper's title, tombstones included."""
    statement = (
        select(Vote, Channel.address, Paper.title)
        .join(Post, col(Post.id) == col(Vote.post_id))
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Vote.person == whose.person, col(Channel.workspace_id).in_(whose.workspaces))
        .order_by(col(Vote.event_at), col(Vote.post_id), col(Vote.emoji))
    )
    return (await session.exec(statement)).all()


async def saved_by(session: AsyncSession, whose: Whose) -> Sequence[tuple[str, datetime]]:
    """The titles of the papers that they saved, and when."""
    statement = (
        select(Paper.title, Saved.saved_at)
        .join(Saved, col(Saved.paper_id) == col(Paper.id))
        .where(Saved.person == whose.person, col(Saved.workspace_id).in_(whose.workspaces))
        .order_by(col(Saved.saved_at), col(Paper.id))
    )
    return (await session.exec(statement)).all()


async def watches_of(session: AsyncSession, whose: Whose) -> Sequence[tuple[Watch, str]]:
    """The watches that they added, removed ones included, with the channel's address."""
    statement = (
        select(Watch, Channel.address)
        .join(Channel, col(Channel.id) == col(Watch.channel_id))
        .where(Watch.added_by == whose.person, col(Channel.workspace_id).in_(whose.workspaces))
        .order_by(col(Watch.added_at), col(Watch.id))
    )
    return (await session.exec(statement)).all()


async def submissions_of(session: AsyncSession, whose: Whose) -> Sequence[tuple[Post, str, str]]:
    """The papers that they had posted, with the channel's address and the title."""
    statement = (
        select(Post, Channel.address, Paper.title)
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Post.kind == "submitted", col(Channel.workspace_id).in_(whose.workspaces))
        .order_by(col(Post.id))
    )
    found = (await session.exec(statement)).all()
    return [one for one in found if one[0].match.get("submitter") == whose.person]


async def zotero_of(session: AsyncSession, whose: Whose) -> Sequence[ZoteroLibrary]:
    """The Zotero libraries that they connected with a key of theirs, for channels too."""
    statement = select(ZoteroLibrary).where(
        ZoteroLibrary.added_by == whose.person,
        col(ZoteroLibrary.workspace_id).in_(whose.workspaces),
    )
    return (await session.exec(statement.order_by(col(ZoteroLibrary.id)))).all()


async def said_by(session: AsyncSession, whose: Whose) -> Sequence[LocalMessage]:
    """What they typed in the local chat, and what was answered to them alone."""
    if not whose.local:
        return []
    statement = select(LocalMessage).where(LocalMessage.reader == whose.person)
    return (await session.exec(statement.order_by(col(LocalMessage.id)))).all()


async def reacted_by(
    session: AsyncSession, whose: Whose
) -> Sequence[tuple[LocalReaction, LocalMessage]]:
    """Their reactions in the local chat, those that mean nothing included, with the messages."""
    if not whose.local:
        return []
    statement = (
        select(LocalReaction, LocalMessage)
        .join(LocalMessage, col(LocalMessage.id) == col(LocalReaction.message_id))
        .where(LocalReaction.person == whose.person)
        .order_by(col(LocalReaction.at), col(LocalReaction.message_id), col(LocalReaction.emoji))
    )
    return (await session.exec(statement)).all()


async def people(session: AsyncSession, whose: Whose) -> Sequence[str]:
    """The ids of everybody who voted, saved or added a watch there, or used the local chat."""
    posts = select(Post.id).join(Channel, col(Channel.id) == col(Post.channel_id))
    theirs = posts.where(col(Channel.workspace_id).in_(whose.workspaces))
    channels = select(Channel.id).where(col(Channel.workspace_id).in_(whose.workspaces))
    statements = [
        select(Vote.person).where(col(Vote.post_id).in_(theirs)),
        select(Saved.person).where(col(Saved.workspace_id).in_(whose.workspaces)),
        select(Watch.added_by).where(col(Watch.channel_id).in_(channels)),
    ]
    if whose.local:
        said = select(func.coalesce(LocalMessage.reader, ""))
        statements += [select(LocalReaction.person), said]
    found = [await session.exec(each.distinct()) for each in statements]
    return sorted({one for each in found for one in each.all() if one})


async def taught_channels(session: AsyncSession, whose: Whose) -> Sequence[int]:
    """Every channel whose taste may know of them: checkpoints name nobody, so all of theirs."""
    statement = select(Channel.id).where(col(Channel.workspace_id).in_(whose.workspaces))
    return [
        each for each in (await session.exec(statement.order_by(col(Channel.id)))).all() if each
    ]


async def forget(session: AsyncSession, whose: Whose) -> None:
    """Delete what is theirs; a watch and a submitted post stay with the channel, without them."""
    channels = select(Channel.id).where(col(Channel.workspace_id).in_(whose.workspaces))
    theirs = select(Post.id).where(col(Post.channel_id).in_(channels))
    await session.exec(
        delete(Vote).where(col(Vote.person) == whose.person, col(Vote.post_id).in_(theirs))
    )
    await session.exec(
        delete(Saved).where(
            col(Saved.person) == whose.person, col(Saved.workspace_id).in_(whose.workspaces)
        )
    )
    await session.exec(
        update(Watch)
        .where(col(Watch.added_by) == whose.person, col(Watch.channel_id).in_(channels))
        .values(added_by=SOMEBODY)
    )
    await session.exec(
        update(LibraryPaper)
        .where(
            col(LibraryPaper.added_by) == whose.person, col(LibraryPaper.channel_id).in_(channels)
        )
        .values(added_by=SOMEBODY)
    )
    theirs_too = [each for each in (await session.exec(channels)).all() if each is not None]
    await clubs.forget_person(session, whose.person, theirs_too)
    await zotero.remove(session, [each.owner for each in await zotero_of(session, whose)])
    for post, _, _ in await submissions_of(session, whose):
        hidden = ("submitter", "submitted_by")
        post.match = {name: value for name, value in post.match.items() if name not in hidden}
        session.add(post)
    if whose.local:
        await _forget_local(session, whose.person)


async def _forget_local(session: AsyncSession, person: str) -> None:
    await session.exec(delete(LocalReaction).where(col(LocalReaction.person) == person))
    private = select(LocalMessage.id).where(LocalMessage.reader == person)
    await session.exec(
        delete(LocalMessage).where(
            or_(col(LocalMessage.reader) == person, col(LocalMessage.parent_id).in_(private))
        )
    )
