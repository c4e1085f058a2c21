"""What a paper is related to: the followed papers that it cites, and people's ORCIDs."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("paper") as table:
        table.add_column(sa.Column("relations", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("paper") as table:
        table.drop_column("relations")
