"""When a post or a header was first tried, by the platform's own time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = ("post", "head")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("tried_at")
