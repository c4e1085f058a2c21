"""Papers and watches as vectors of a sentence model, and how much votes may withhold."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "papervector",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"]),
        sa.PrimaryKeyConstraint("paper_id"),
    )
    op.create_table(
        "watchvector",
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("text"),
    )
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("floor", sa.Integer(), nullable=False, server_default="20"))


def downgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.drop_column("floor")
    op.drop_table("watchvector")
    op.drop_table("papervector")
