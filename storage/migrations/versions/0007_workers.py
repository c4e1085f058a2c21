"""The processes that work on this database know of each other."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.models import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "worker",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("beaten_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    if op.get_bind().execute(sa.text("SELECT 1 FROM post LIMIT 1")).first() is None:
        return
    # Until now the one process was called main: what it left unfinished is taken up like others'.
    main = {"name": "main", "role": "all", "host": "", "pid": 0, "beats": 0, "stopped": True}
    now = datetime.now(UTC)
    op.bulk_insert(table, [{**main, "started_at": now, "beaten_at": now}])


def downgrade() -> None:
    op.drop_table("worker")
