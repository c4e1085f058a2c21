"""Journal clubs: when they meet, who presents, what was chosen."""

import sqlalchemy as sa
from alembic import op

import storage.models

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_TIME = storage.models.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "club",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("weekly", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    op.create_table(
        "clubmember",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("presented", sa.Boolean(), nullable=False),
        sa.Column("left", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.PrimaryKeyConstraint("channel_id", "person"),
    )
    op.create_table(
        "clubmeeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("meets_at", _TIME, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("presenter", sa.String(), nullable=True),
        sa.Column("presenter_name", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel_id", "meets_at"),
    )
    op.create_index("ix_clubmeeting_paper_id", "clubmeeting", ["paper_id"])
    op.create_table(
        "clubpick",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["clubmeeting.id"]),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"]),
        sa.PrimaryKeyConstraint("meeting_id", "rank"),
    )
    op.create_index("ix_clubpick_paper_id", "clubpick", ["paper_id"])
    op.create_table(
        "clubvote",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["clubmeeting.id"]),
        sa.PrimaryKeyConstraint("meeting_id", "person"),
    )


def downgrade() -> None:
    for table in ("clubvote", "clubpick", "clubmeeting", "clubmember", "club"):
        op.drop_table(table)
