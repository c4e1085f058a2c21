"""Messages beside the papers, weekly round-ups, and when a pause began."""

import sqlalchemy as sa
from alembic import op

import storage.models

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = storage.models.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("under", sa.String(), nullable=True),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("maybe_sent", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("retry_at", _TIME, nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("given_up", sa.String(), nullable=True),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("delivery_id"),
        sa.UniqueConstraint("channel_id", "kind", "key"),
    )
    op.create_index("ix_bulletin_message", "bulletin", ["channel_id", "message"])
    op.create_table(
        "roundup",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("weekly", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("paused_at", _TIME, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("paused_at")
    op.drop_table("roundup")
    op.drop_table("bulletin")
