"""The end of workspaces: when one removed the bot, and how all that is kept of one is deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import bulletins, clubs, install_state
from storage.models import (
    Channel,
    ChannelSource,
    ChannelState,
    DigestHeader,
    Installation,
    LibraryPaper,
    Paper,
    PaperName,
    Post,
    Saved,
    Sighting,
    Source,
    StoredModel,
    StoredTaste,
    SuggestionMade,
    Vote,
    Watch,
    Webhook,
    WebhookEvent,
    Workspace,
    ZoteroItem,
    ZoteroLibrary,
)

FORGOTTEN = "forgotten-"
"""How the id of a workspace begins of which nothing is kept but that there was one."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much is kept of a workspace."""

    channels: int
    watches: int
    posts: int
    votes: int
    saved: int


async def end(session: AsyncSession, platform: str, place: str, now: datetime) -> None:
    """Note that a workspace removed the bot; the first time counts."""
    await session.exec(
        update(Workspace)
        .where(col(Workspace.platform) == platform, col(Workspace.external_id) == place)
        .values(gone_at=func.coalesce(Workspace.gone_at, now))
        .execution_options(synchronize_session=False)
    )


async def begin_again(session: AsyncSession, platform: str, place: str) -> None:
    """Note that the bot is back in a workspace, or in all that an organisation has."""
    await session.exec(
        update(Workspace)
        .where(
            col(Workspace.platform) == platform,
            or_(col(Workspace.external_id) == place, col(Workspace.organisation) == place),
        )
        .values(gone_at=None)
        .execution_options(synchronize_session=False)
    )


async def list_ended(session: AsyncSession, before: datetime) -> Sequence[Workspace]:
    """The workspaces that removed the bot before then and have no channel that it posts in."""
    active = select(Channel.id).where(
        col(Channel.workspace_id) == col(Workspace.id), Channel.state == ChannelState.ACTIVE
    )
    statement = select(Workspace).where(col(Workspace.gone_at) < before, ~active.exists())
    return (await session.exec(statement.order_by(col(Workspace.id)))).all()


async def holdings(session: AsyncSession, workspace: Workspace) -> Holdings:
    """How much is kept of a workspace."""
    channels = select(Channel.id).where(Channel.workspace_id == workspace.id)
    posts = select(Post.id).where(col(Post.channel_id).in_(channels))
    saved = select(Saved.paper_id).where(Saved.workspace_id == workspace.id)
    watches = select(Watch.id).where(col(Watch.channel_id).in_(channels))
    votes = select(Vote.post_id).where(col(Vote.post_id).in_(posts))

    counts = [
        (await session.exec(select(func.count()).select_from(each.subquery()))).one()
        for each in (channels, watches, posts, votes, saved)
    ]
    return Holdings(*counts)


async def forget(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    """Delete what is kept of a workspace: settings, watches, posts, votes, tastes and tokens.

    Its channels and watches stay as rows without a word in them, so that no number of theirs is
    given to anybody else while a running process still knows it. Sources that nobody else reads
    go with the papers that only they had.
    """
    channels = select(Channel.id).where(Channel.workspace_id == workspace.id)
    posts = select(Post.id).where(col(Post.channel_id).in_(channels))
    await session.exec(delete(Vote).where(col(Vote.post_id).in_(posts)))
    await session.exec(delete(SuggestionMade).where(col(SuggestionMade.channel_id).in_(channels)))
    await session.exec(delete(WebhookEvent).where(col(WebhookEvent.channel_id).in_(channels)))
    await session.exec(delete(Webhook).where(col(Webhook.channel_id).in_(channels)))
    await session.exec(delete(Post).where(col(Post.channel_id).in_(channels)))
    await session.exec(delete(DigestHeader).where(col(DigestHeader.channel_id).in_(channels)))
    ids = [each for each in (await session.exec(channels)).all() if each is not None]
    await bulletins.forget_channels(session, ids)
    await clubs.forget_channels(session, ids)
    await session.exec(delete(LibraryPaper).where(col(LibraryPaper.channel_id).in_(channels)))
    await session.exec(delete(StoredTaste).where(col(StoredTaste.channel_id).in_(channels)))
    await session.exec(delete(Saved).where(col(Saved.workspace_id) == workspace.id))
    libraries = select(ZoteroLibrary.id).where(ZoteroLibrary.workspace_id == workspace.id)
    await session.exec(delete(ZoteroItem).where(col(ZoteroItem.library_id).in_(libraries)))
    await session.exec(delete(ZoteroLibrary).where(col(ZoteroLibrary.workspace_id) == workspace.id))
    await session.exec(delete(StoredModel).where(col(StoredModel.name) == _pool(workspace)))
    await _forget_sources(session, workspace)
    await session.exec(
        delete(Installation).where(
            col(Installation.platform) == workspace.platform,
            col(Installation.place) == workspace.external_id,
        )
    )
    await _blank_watches(session, workspace, now)
    await _blank_channels(session, workspace)
    workspace.external_id, workspace.name = f"{FORGOTTEN}{workspace.id}", ""
    workspace.organisation = workspace.admin_channel_id = workspace.gone_at = None
    session.add(workspace)
    await session.flush()


def _pool(workspace: Workspace) -> str:
    return f"workspace:{workspace.id}"


async def _blank_watches(session: AsyncSession, workspace: Workspace, now: datetime) -> None:
    revision = await install_state.next_watch_revision(session)
    statement = select(Watch).join(Channel, col(Channel.id) == col(Watch.channel_id))
    theirs = await session.exec(statement.where(Channel.workspace_id == workspace.id))
    for watch in theirs.all():
        watch.text, watch.typed, watch.added_by = f"#{watch.id}", "", ""
        watch.removed_at, watch.revision = watch.removed_at or now, revision
        session.add(watch)


async def _blank_channels(session: AsyncSession, workspace: Workspace) -> None:
    statement = select(Channel).where(Channel.workspace_id == workspace.id)
    for channel in (await session.exec(statement)).all():
        channel.address = f"{workspace.platform}:{FORGOTTEN}{workspace.id}/{channel.id}"
        channel.name, channel.extras, channel.feed_key = "", {}, None
        channel.state, channel.state_reason = ChannelState.GONE, "it was forgotten"
        channel.due_at = channel.back_at = None
        session.add(channel)


async def _forget_sources(session: AsyncSession, workspace: Workspace) -> None:
    """Delete the sources that only this workspace read, and the papers that only they named."""
    channels = select(Channel.id).where(Channel.workspace_id == workspace.id)
    own = select(ChannelSource.source_id).where(col(ChannelSource.channel_id).in_(channels))
    others = select(ChannelSource.source_id).where(col(ChannelSource.channel_id).not_in(channels))
    addresses = select(Channel.address).where(Channel.workspace_id == workspace.id)
    # What people of a channel handed over themselves is read by no other.
    handed = col(Source.kind).in_(("submitted", "library")) & col(Source.spec).in_(addresses)
    statement = select(Source.id).where(
        or_(col(Source.id).in_(own), handed),
        col(Source.shared).is_(False),
        col(Source.id).not_in(others),
    )
    alone = [each for each in (await session.exec(statement)).all() if each is not None]
    await session.exec(delete(ChannelSource).where(col(ChannelSource.channel_id).in_(channels)))
    if not alone:
        return
    seen = select(Sighting.paper_id).where(col(Sighting.source_id).in_(alone))
    elsewhere = select(Sighting.paper_id).where(col(Sighting.source_id).not_in(alone))
    kept = or_(
        col(Paper.id).in_(elsewhere),
        col(Paper.id).in_(select(Post.paper_id)),
        col(Paper.id).in_(select(Saved.paper_id)),
        col(Paper.id).in_(select(LibraryPaper.paper_id)),
        col(Paper.id).in_(select(ZoteroItem.paper_id)),
    )
    found = await session.exec(select(Paper.id).where(col(Paper.id).in_(seen), ~kept))
    lost = [each for each in found.all() if each is not None]
    await session.exec(delete(Sighting).where(col(Sighting.source_id).in_(alone)))
    for part in (lost[at : at + 500] for at in range(0, len(lost), 500)):
        await session.exec(delete(PaperName).where(col(PaperName.paper_id).in_(part)))
        await session.exec(delete(Paper).where(col(Paper.id).in_(part)))
    await session.exec(delete(Source).where(col(Source.id).in_(alone)))
