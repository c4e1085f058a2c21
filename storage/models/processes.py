"""The install, its tokens, its processes and what they share."""

from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime


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
