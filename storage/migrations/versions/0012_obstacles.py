"""Channels keep why nothing can be posted there, and posts how simply they had to be said."""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("obstacle", sa.String(), nullable=True))
        table.add_column(sa.Column("back_at", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("due_at", UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table("post") as table:
        table.add_column(sa.Column("form", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("post") as table:
        table.drop_column("form")
    with op.batch_alter_table("channel") as table:
        table.drop_column("due_at")
        table.drop_column("back_at")
        table.drop_column("obstacle")
