"""A channel keeps choices that only its platform offers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("extras", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("channel") as table:
        table.alter_column("extras", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("extras")
