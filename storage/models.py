"""The tables: one class for each noun, shared by all rooms; and their column types."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Enum,
    Index,
    LargeBinary,
    TypeDecorator,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from storage.sealing import SealedText


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, UTC both ways on every database (SQLite forgets the zone by itself).

    A naive datetime is refused with ValueError rather than guessed at.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words(kind: type[StrEnum]) -> Enum:
    """A column that holds the enum's values as plain text, so that a new one needs no migration."""
    return Enum(
        kind,
        native_enum=False,
        length=16,
        values_callable=lambda members: [m.value for m in members],
    )


class PaperKind(StrEnum):
    """What an entry is; only a PAPER is picked.

    FRONT is what else stands in a journal: covers, tables of contents, issue information.
    """

    PAPER = "paper"
    CORRECTION = "correction"
    RETRACTION = "retraction"
    FRONT = "front"


class PaperFacts(SQLModel):
    """What a source says of a paper; `Entry` validates it, `Paper` keeps it.

    Times are UTC. `source_summary` is the source's own short summary, not ours. `authority` says
    whose text this is, 1-3: a feed's or a file's, an aggregator's, the publisher's or arXiv's own;
    None leaves it to the kind of source. `retracted` papers were withdrawn by their journal or
    their authors. `relations` are "cites:arxiv:1706.03762 Title" for followed papers that it cites
    and "orcid:0000-0002-1825-0097 Name" for its people, as far as sources tell.
    """

    title: str
    abstract: str = ""
    authors: list[str] = Field(default_factory=list, sa_type=JSON)
    author_count: int | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    featured_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    upvotes: int | None = None
    comments: int | None = None
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    thumbnail: str | None = None
    url: str | None = None
    pdf_url: str | None = None
    code_url: str | None = None
    project_url: str | None = None
    discussion_url: str | None = None
    source_summary: str | None = None
    submitter: str | None = None
    version: int | None = None
    authority: int | None = None
    kind: PaperKind = Field(default=PaperKind.PAPER, sa_type=words(PaperKind))
    retracted: bool = False
    relations: list[str] = Field(default_factory=list, sa_type=JSON)


class Fate(StrEnum):
    """What may become of a paper after its post, what weighs most first."""

    RETRACTED = "retracted"
    CONCERN = "concern"
    PUBLISHED = "published"
    VERSION = "version"


class Paper(PaperFacts, table=True):
    """An entry stored once, whatever sources named it; `key` is its first identity.

    `became` is what `storage.fates` keeps of it after its post, by `Fate`; None for nothing.

    `source` is the kind of the source that first gave it; `PaperName` holds every identity.
    `text_source_id` is the source whose title and abstract stand here, None where an earlier
    version of the program stored it. `title_key` finds papers of the same title.
    """

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    source: str = Field(index=True)
    first_seen_at: datetime = Field(sa_type=UtcDateTime, index=True)
    updated_at: datetime = Field(sa_type=UtcDateTime, index=True)
    text_source_id: int | None = None
    became: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    title_key: str | None = Field(default=None, index=True)


class PaperName(SQLModel, table=True):
    """One identity of a paper: `arxiv:2401.00001`, `doi:10.1000/x`, `url:…` or `id:…`."""

    name: str = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)


class Sighting(SQLModel, table=True):
    """That a source named a paper, and when it first did.

    `backlog` marks what a source held when it was added: good for preview, never posted.
    """

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True, index=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    backlog: bool = False


class SourceHealth(StrEnum):
    """How the last poll of a source ended; NEW before the first."""

    NEW = "new"
    FRESH = "fresh"
    QUIET = "quiet"
    BROKEN = "broken"


class Source(SQLModel, table=True):
    """Where entries come from: `kind` and `spec` say how to read it, `cursor` how far it was read.

    Shared sources are read by every channel; others by those that added them. `failures` counts
    the polls that broke since the last one that did not; before `next_poll_at` it is not asked.
    """

    __table_args__ = (UniqueConstraint("kind", "spec"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    spec: str = Field(sa_type=SealedText)
    name: str
    shared: bool = False
    enabled: bool = True
    cursor: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    health: SourceHealth = Field(default=SourceHealth.NEW, sa_type=words(SourceHealth))
    reason: str | None = None
    polls: int = 0
    polled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fresh_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    broken_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    next_poll_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ChannelSource(SQLModel, table=True):
    """A channel's own word on a source: reading it (`on`), or not (a shared one switched off)."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    source_id: int = Field(foreign_key="source.id", primary_key=True, index=True)
    on: bool = True


class Workspace(SQLModel, table=True):
    """A Slack workspace, a Discord server or the one local chat.

    `organisation` is the Enterprise Grid organisation whose installation serves it, if any.
    `gone_at` is when it removed the bot, until the bot is back.
    """

    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    platform: str
    external_id: str
    name: str = ""
    admin_channel_id: int | None = None
    organisation: str | None = Field(default=None, index=True)
    gone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ChannelState(StrEnum):
    """Whether posts can be delivered; GONE channels are kept, and may come back."""

    ACTIVE = "active"
    GONE = "gone"


class PostStyle(StrEnum):
    """How a channel's papers look: a card each, a short post each, or a list with cards below.

    SHORT keeps the abstract for the post's thread. DIGEST is one message for a round, its head,
    which lists the titles; each paper is a message of its own in the thread of that.
    """

    CARDS = "cards"
    SHORT = "short"
    DIGEST = "digest"


class Channel(SQLModel, table=True):
    """Where posts go, with its shared settings.

    `address` is the `ChannelRef` as text; `schedule` is the canonical text of
    `bot.rounds.scheduling.schedule`; `post_limit` is papers a local day; `threshold` is 60-100;
    `floor` (0-100) is how strongly votes may speak against a paper that is still picked;
    `last_slot_at` is the last slot whose picks were made, `last_paper_id` the newest paper then.
    `paused_at` is when a pause began of which nobody was told yet what it held back.
    While `state` is GONE, `state_reason` tells people why and what to do, `obstacle` is the same as
    one of `bot.errors.Obstacle`, and `back_at` is when it ends by itself, if the platform said so.
    `titles` says that watches are looked for in titles alone.
    `due_at` is when a round outside the schedule is due, to bring the picks that were freed when
    the channel was lost. `greeted` says that the bot introduced itself there; `extras` are choices
    that only its platform offers, in that platform's own words; `feed_key` is the secret in the
    address of its outgoing feed, None where it has none; `quiet_hours` is the
    canonical text of `bot.rounds.scheduling.quiet_hours`; `suggests` is whether a
    better watch is suggested by itself; `trouble_told_on` is the local day (ISO)
    on which it last heard that sources cannot be read.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    address: str = Field(unique=True)
    name: str
    schedule: str
    post_limit: int
    threshold: int
    beyond: int
    floor: int = 20
    quiet: bool = True
    paused: bool = False
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state: ChannelState = Field(default=ChannelState.ACTIVE, sa_type=words(ChannelState))
    state_reason: str | None = None
    obstacle: str | None = None
    back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_slot_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_paper_id: int = 0
    greeted: bool = False
    extras: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    style: PostStyle = Field(default=PostStyle.CARDS, sa_type=words(PostStyle))
    feed_key: str | None = Field(default=None, index=True, unique=True)
    quiet_hours: str = ""
    suggests: bool = True
    trouble_told_on: str | None = None
    titles: bool = False


class Watch(SQLModel, table=True):
    """One topic expression of a channel; `text` is its canonical form, `typed` what was typed.

    Removed watches stay as tombstones so that an index can catch up by `revision`.
    """

    __table_args__ = (UniqueConstraint("channel_id", "text"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    text: str
    typed: str
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int = Field(index=True)


class SuggestionMade(SQLModel, table=True):
    """A suggestion that a channel was told by itself (`told_at`), or wants no more to hear of."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    key: str = Field(primary_key=True)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    refused: bool = False


class MachineSummary(SQLModel, table=True):
    """A summary that a language model wrote; `digest` is of paper, language, prompt and model.

    An empty `text` is an answer that could not be shown, so that it is not paid for again.
    """

    digest: str = Field(primary_key=True)
    text: str
    made_at: datetime = Field(sa_type=UtcDateTime)


class SummaryBudget(SQLModel, table=True):
    """What was asked of a language model on a day (UTC's, as ISO)."""

    day: str = Field(primary_key=True)
    requests: int = 0
    tokens: int = 0


class PostState(StrEnum):
    """The state of a post's delivery. SENDING is committed before the platform is called.

    UNKNOWN may stand in the channel: the platform could not be asked, so it is not sent again.
    """

    DUE = "due"
    SENDING = "sending"
    POSTED = "posted"
    FAILED = "failed"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class Post(SQLModel, table=True):
    """A card delivered, or to be, in a channel: at most one for a channel and paper.

    `kind` is "watch", "beyond", "trying" or "submitted"; `rank` is its place within the slot;
    `match` keeps score, watch and evidence as they were when it was picked. `silence` is set once
    the post has stood long enough without a vote: how many people of the channel vote at all.
    `maybe_sent` says that an attempt may have arrived, so the platform is asked before the next.
    `style` is the channel's when it was picked, which an edit keeps. `form` is how much of its card
    is said (`bot.cards.card.Form`): above 0 where the platform refused to take more. `tried_at` is
    when sending was first tried, by the platforms' time; None where that was not known.
    """

    __table_args__ = (
        UniqueConstraint("channel_id", "paper_id"),
        Index("ix_post_message", "channel_id", "message"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    paper_id: int = Field(foreign_key="paper.id", index=True)
    delivery_id: str = Field(unique=True)
    state: PostState = Field(default=PostState.DUE, sa_type=words(PostState), index=True)
    kind: str = "watch"
    slot_at: datetime = Field(sa_type=UtcDateTime, index=True)
    rank: int = 0
    score: float = 0.0
    match: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    picked_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    maybe_sent: bool = False
    holder: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None
    message: str | None = None
    posted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    silence: int | None = None
    form: int = 0
    style: PostStyle = Field(default=PostStyle.CARDS, sa_type=words(PostStyle))


class DigestHeader(SQLModel, table=True):
    """The message above a slot's posts, which are in its thread; made with the slot's picks.

    `message` is set once it surely stands. `maybe_sent` says that an attempt may have arrived;
    `given_up`, why the posts stand in the channel itself after all. `tried_at` is a post's.
    """

    __tablename__ = "head"

    __table_args__ = (UniqueConstraint("channel_id", "slot_at"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    slot_at: datetime = Field(sa_type=UtcDateTime)
    delivery_id: str = Field(unique=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    maybe_sent: bool = False
    holder: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message: str | None = None
    given_up: str | None = None
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Bulletin(SQLModel, table=True):
    """A message of a channel beside its papers, such as a week's best; once for a kind and `key`.

    `lines` are its text as JSON, empty once it stands; `choices` are the emoji by which people
    answer it. `under` is the message in whose thread it belongs. After `until` it is not sent any
    more; before `retry_at` it is not tried. The others are as in a head.
    """

    __table_args__ = (
        UniqueConstraint("channel_id", "kind", "key"),
        Index("ix_bulletin_message", "channel_id", "message"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    kind: str
    key: str
    delivery_id: str = Field(unique=True)
    lines: list[Any] = Field(default_factory=list, sa_type=JSON)
    choices: list[str] = Field(default_factory=list, sa_type=JSON)
    under: str | None = None
    made_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    maybe_sent: bool = False
    holder: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message: str | None = None
    given_up: str | None = None
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Roundup(SQLModel, table=True):
    """That a channel gets its week's best.

    `weekly` is the canonical text of `bot.rounds.scheduling.weekly`, `first` the local day of the
    first one, `since` the last slot.
    """

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    weekly: str
    first: date
    since: datetime = Field(sa_type=UtcDateTime)


class Club(SQLModel, table=True):
    """A channel's journal club: when it meets, as in a round-up; `since` is when that was set."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    weekly: str
    first: date
    since: datetime = Field(sa_type=UtcDateTime)


class ClubMember(SQLModel, table=True):
    """Somebody who presents in a channel's journal club; `place` orders them.

    `presented` in this turn of the rota; one who `left` keeps that, should they come back.
    """

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    person: str = Field(primary_key=True)
    name: str
    place: int
    presented: bool = False
    left: bool = False


class ClubMeeting(SQLModel, table=True):
    """A meeting of a journal club whose shortlist was made at `made_at`.

    `stage` is how far it is (`bot.rounds.bulletins.meetings.Stage`); `paper_id` what was chosen;
    `presenter` and `presenter_name` who presented, None where nobody did.
    """

    __table_args__ = (UniqueConstraint("channel_id", "meets_at"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    meets_at: datetime = Field(sa_type=UtcDateTime)
    made_at: datetime = Field(sa_type=UtcDateTime)
    stage: int = 0
    paper_id: int | None = Field(default=None, foreign_key="paper.id", index=True)
    presenter: str | None = None
    presenter_name: str | None = None


class ClubPick(SQLModel, table=True):
    """A paper on a meeting's shortlist; `rank` is its number, from 1."""

    meeting_id: int = Field(foreign_key="clubmeeting.id", primary_key=True)
    rank: int = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)


class ClubVote(SQLModel, table=True):
    """One person's choice for a meeting, a number of its shortlist; 0 where they took it back."""

    meeting_id: int = Field(foreign_key="clubmeeting.id", primary_key=True)
    person: str = Field(primary_key=True)
    rank: int
    at: datetime = Field(sa_type=UtcDateTime)


class Vote(SQLModel, table=True):
    """One person's one emoji on one post; `removed` rows are tombstones, so order cannot cheat."""

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    value: int
    removed: bool = False
    event_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Saved(SQLModel, table=True):
    """A paper that a person bookmarked with 🔖; `tags` are their own, without "#".

    `told` is what they were told became of it since.
    """

    workspace_id: int = Field(foreign_key="workspace.id", primary_key=True)
    person: str = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    saved_at: datetime = Field(sa_type=UtcDateTime)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    told: list[str] = Field(default_factory=list, sa_type=JSON)


class LibraryPaper(SQLModel, table=True):
    """A paper of a group's own library, by which a channel is taught; nothing is posted for it."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)


class ZoteroLibrary(SQLModel, table=True):
    """A Zotero library to which a person's saved papers, or a channel's liked ones, are pushed.

    `owner` is `person:<workspace>:<person>` or `channel:<id>`; `address` is `users/1` or
    `groups/2`; `sealed` holds the key, encrypted. `lease_until` is while a process pushes;
    before `wait_until` Zotero is not asked, and `trouble` says why the last push stopped.
    """

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    channel_id: int | None = Field(default=None, foreign_key="channel.id")
    address: str
    collection: str = ""
    sealed: bytes = Field(sa_type=LargeBinary)
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str | None = None


class PushState(StrEnum):
    """How far an item's way to Zotero is. SENDING is committed before Zotero is called."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class ZoteroItem(SQLModel, table=True):
    """A paper's way into a Zotero library; items of one request share its `token`.

    `attempts` is how many requests it was put into; `item_key` is what it is called in Zotero.
    """

    library_id: int = Field(foreign_key="zoterolibrary.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True, index=True)
    state: PushState = Field(default=PushState.DUE, sa_type=words(PushState))
    token: str | None = None
    item_key: str | None = None
    attempts: int = 0
    reason: str | None = None


class Webhook(SQLModel, table=True):
    """Where a channel's posts are also sent as JSON; `sealed` holds the address and its secret.

    `host` is the part of the address that is shown. Posts from `since` on are sent. `failures`
    counts the requests in a row that were not taken, the first of them at `failing_since`; nothing
    is sent before `wait_until`, nor ever again once it `ended_at`. `trouble` says why.
    """

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    host: str
    sealed: bytes = Field(sa_type=LargeBinary)
    added_by: str
    since: datetime = Field(sa_type=UtcDateTime)
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str | None = None


class WebhookEvent(SQLModel, table=True):
    """Something that a webhook is told of a post, once; `kind` is of `storage.webhooks.KINDS`.

    `state` SENDING is committed before the request, so after a crash it is sent again under the
    same id. A refused one waits until `retry_at`.
    """

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    kind: str = Field(primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    state: PushState = Field(default=PushState.DUE, sa_type=words(PushState))
    made_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None


class StoredTaste(SQLModel, table=True):
    """What a channel's votes taught, serialized by `bot.picks.taste`; empty while put off.

    `checkpoint` is what the votes on posts picked before `checkpoint_at` taught, which retention
    took away: a replay starts from it. `base` is the version of the model shared
    by channels that `state` is on.
    """

    __tablename__ = "taste"

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    state: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    updated_at: datetime = Field(sa_type=UtcDateTime)
    base: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    checkpoint: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    checkpoint_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StoredModel(SQLModel, table=True):
    """A model that many channels' tastes share, serialized by `bot.picks`; it names no person.

    `name` is "texts" for what all papers' words say, or the pool of channels whose votes were
    read: "all", or "workspace:" and its id. `basis` is how many papers or votes it was learned
    from, `version` tells models apart.
    """

    __tablename__ = "sharedbase"

    name: str = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    basis: int
    learned_at: datetime = Field(sa_type=UtcDateTime)
    state: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredVector(SQLModel, table=True):
    """A paper's title and abstract as a vector of the sentence model `model`, one byte a dimension.

    A row goes when the paper's text changes.
    """

    __tablename__ = "papervector"

    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    model: str
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredWatchVector(SQLModel, table=True):
    """What a watch asks for, as plain text and as a vector of the sentence model `model`."""

    __tablename__ = "watchvector"

    text: str = Field(primary_key=True)
    model: str
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Worker(SQLModel, table=True):
    """A process that works on this database; `beats` goes up for as long as it lives.

    Others see a death by a count that stands still, so that no clock is compared with another's;
    `beaten_at` is for people. One that `stopped` left its unfinished work to whoever sees it.
    """

    name: str = Field(primary_key=True)
    role: str
    host: str
    pid: int
    beats: int = 0
    stopped: bool = False
    started_at: datetime = Field(sa_type=UtcDateTime)
    beaten_at: datetime = Field(sa_type=UtcDateTime)


class ShardHolder(SQLModel, table=True):
    """A process that hears Discord, and which shards of how many (`of`) are its own.

    It has them until it gives them up or dies, which the beats of `Worker` tell.
    """

    worker: str = Field(primary_key=True)
    shards: list[int] = Field(default_factory=list, sa_type=JSON)
    of: int


class Install(SQLModel, table=True):
    """The one row about this installation: the demo's clock, the lexicon, the watch revision.

    `demo` marks data that a demo made, whose papers and clock are not real.

    `published_commands` says which command definitions Discord last took, and for which bot.
    """

    id: int = Field(default=1, primary_key=True)
    demo: bool = False
    clock_offset_seconds: int = 0
    watch_revision: int = 0
    lexicon: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    lexicon_paper_id: int = 0
    published_commands: str | None = None


class Installation(SQLModel, table=True):
    """Leave to work in a workspace, or in all of an organisation's: tokens sealed by a `Vault`.

    `place` is the platform's own id of the workspace or organisation; `problem` says why the app
    must be installed again there.
    """

    platform: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    installed_at: datetime = Field(sa_type=UtcDateTime)
    problem: str | None = None


class HostPace(SQLModel, table=True):
    """When a service may be asked next, by whichever process.

    It asked to be left alone until `held_until`.
    """

    host: str = Field(primary_key=True)
    next_at: datetime = Field(sa_type=UtcDateTime)
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InstallState(SQLModel, table=True):
    """The digest of a state that a browser must bring back once to finish installing."""

    digest: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class LocalMessage(SQLModel, table=True):
    """A message in the local chat's own log; `body` is its content as JSON.

    `kind` is "card", "announcement", "command", "reply" or "thread"; `reader` is the one person
    who may see it, None for everybody; `revision` says when it or its reactions last changed.
    `delivery_id` is unique, so a card can enter the log only once.
    """

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(index=True)
    parent_id: int | None = Field(default=None, index=True)
    delivery_id: str | None = Field(default=None, unique=True)
    author: str
    reader: str | None = None
    kind: str
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sent_at: datetime = Field(sa_type=UtcDateTime)
    revision: int = Field(default=0, index=True)
    deleted: bool = False


class LocalReaction(SQLModel, table=True):
    """A person's reaction in the local chat; `removed` rows keep when it was taken back."""

    message_id: int = Field(foreign_key="localmessage.id", primary_key=True)
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    removed: bool = False
