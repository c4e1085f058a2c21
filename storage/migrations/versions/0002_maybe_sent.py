"""A post knows whether an earlier attempt may have arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("post") as table:
        table.add_column(
            sa.Column("maybe_sent", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    post = sa.table("post", sa.column("attempts"), sa.column("state"), sa.column("maybe_sent"))
    op.execute(
        post.update()
        .where(post.c.attempts > 0, post.c.state != "posted")
        .values(maybe_sent=sa.true())
    )
    with op.batch_alter_table("post") as table:
        table.alter_column("maybe_sent", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("post") as table:
        table.drop_column("maybe_sent")
