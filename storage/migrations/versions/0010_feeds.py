"""A channel's posts as a feed, under a secret address."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("feed_key", sa.String(), nullable=True))
        table.create_index("ix_channel_feed_key", ["feed_key"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_index("ix_channel_feed_key")
        table.drop_column("feed_key")
