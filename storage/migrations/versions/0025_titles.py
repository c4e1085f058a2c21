"""Channels whose watches are looked for in titles alone."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(
            sa.Column("titles", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("channel") as table:
        table.alter_column("titles", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("titles")
