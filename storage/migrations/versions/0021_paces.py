"""When a service may be asked next, whoever asks, and when a channel heard of broken sources."""

import sqlalchemy as sa
from alembic import op

import storage.models

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hostpace",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("next_at", storage.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("held_until", storage.models.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("host"),
    )
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("trouble_told_on", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("trouble_told_on")
    op.drop_table("hostpace")
