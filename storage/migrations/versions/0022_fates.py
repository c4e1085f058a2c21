"""What became of papers after their post, and which savers were told."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("paper") as table:
        table.add_column(sa.Column("became", sa.JSON(), nullable=True))
    with op.batch_alter_table("saved") as table:
        table.add_column(sa.Column("told", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("saved") as table:
        table.drop_column("told")
    with op.batch_alter_table("paper") as table:
        table.drop_column("became")
