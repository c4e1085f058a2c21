"""Suggestions that were made to channels, and whether a channel wants any."""

import sqlalchemy as sa
from alembic import op

import storage.models

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suggestionmade",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("told_at", storage.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"]),
        sa.PrimaryKeyConstraint("channel_id", "key"),
    )
    with op.batch_alter_table("channel") as table:
        table.add_column(
            sa.Column("suggests", sa.Boolean(), nullable=False, server_default=sa.true())
        )


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("suggests")
    op.drop_table("suggestionmade")
