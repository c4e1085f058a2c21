"""Hours, weekends and holidays without posts."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("quiet_hours", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("quiet_hours")
