"""Papers are found by when they last changed, without looking at all of them."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_paper_updated_at", "paper", ["updated_at"])


def downgrade() -> None:
    op.drop_index("ix_paper_updated_at", "paper")
