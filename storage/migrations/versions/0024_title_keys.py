"""What titles of one paper's versions have in common, to find a preprint's journal version."""

import sqlalchemy as sa
from alembic import op

from storage.paper_versions import title_key

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000


def upgrade() -> None:
    with op.batch_alter_table("paper") as table:
        table.add_column(sa.Column("title_key", sa.String(), nullable=True))
    op.create_index("ix_paper_title_key", "paper", ["title_key"])
    paper = sa.table(
        "paper",
        sa.column("id", sa.Integer),
        sa.column("title", sa.String),
        sa.column("title_key", sa.String),
    )
    known, last = op.get_bind(), 0
    asked = sa.select(paper.c.id, paper.c.title).order_by(paper.c.id).limit(_AT_ONCE)
    change = (
        sa.update(paper)
        .where(paper.c.id == sa.bindparam("paper_id"))
        .values(title_key=sa.bindparam("key"))
    )
    while rows := known.execute(asked.where(paper.c.id > last)).all():
        keys = [{"paper_id": row.id, "key": title_key(row.title)} for row in rows]
        known.execute(change, keys)
        last = rows[-1].id


def downgrade() -> None:
    op.drop_index("ix_paper_title_key", "paper")
    with op.batch_alter_table("paper") as table:
        table.drop_column("title_key")
