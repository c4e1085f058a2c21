"""When a workspace removed the bot, and why the app must be installed again somewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workspace") as table:
        table.add_column(sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("problem", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("installation") as table:
        table.drop_column("problem")
    with op.batch_alter_table("workspace") as table:
        table.drop_column("gone_at")
