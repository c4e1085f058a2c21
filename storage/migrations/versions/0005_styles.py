"""How a channel's papers look, and the messages above the posts of a slot."""

import sqlalchemy as sa
from alembic import op

import storage.models

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("channel", "post"):
        with op.batch_alter_table(name) as table:
            table.add_column(
                sa.Column("style", sa.String(16), nullable=False, server_default="cards")
            )
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("slot_at", storage.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("made_at", storage.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("maybe_sent", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lease_until", storage.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("given_up", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel_id", "slot_at"),
        sa.UniqueConstraint("delivery_id"),
    )


def downgrade() -> None:
    op.drop_table("head")
    for name in ("post", "channel"):
        with op.batch_alter_table(name) as table:
            table.drop_column("style")
