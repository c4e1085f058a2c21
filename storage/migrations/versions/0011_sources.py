"""Whose text a paper has, what kind it is, when a source is asked again; one spelling of URLs."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NOISE = re.compile(
    r"(?:af|dgcid|rss|rft_dat|mkt_tok|cmpid|at_medium|at_campaign|track)=", re.IGNORECASE
)
_AT_ONCE = 1000


def upgrade() -> None:
    with op.batch_alter_table("paper") as batch:
        batch.add_column(sa.Column("authority", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column("kind", sa.String(length=16), nullable=False, server_default="paper")
        )
        batch.add_column(
            sa.Column("retracted", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("text_source_id", sa.Integer(), nullable=True))
    with op.batch_alter_table("source") as batch:
        batch.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("next_poll_at", sa.DateTime(timezone=True), nullable=True))
    _spell_urls_anew()


def downgrade() -> None:
    with op.batch_alter_table("source") as batch:
        batch.drop_column("next_poll_at")
        batch.drop_column("failures")
    with op.batch_alter_table("paper") as batch:
        batch.drop_column("text_source_id")
        batch.drop_column("retracted")
        batch.drop_column("kind")
        batch.drop_column("authority")


def _spell_urls_anew() -> None:
    """Give every paper the name that its address has today, so that it does not come again."""
    names = sa.table("papername", sa.column("name"), sa.column("paper_id"))
    connection = op.get_bind()
    old = sa.or_(names.c.name.like("url:https://www.%"), names.c.name.like("url:%?%"))
    found = connection.execute(sa.select(names.c.name, names.c.paper_id).where(old)).all()
    anew = {spelt: paper for name, paper in found if (spelt := _spelt(name)) != name}
    wanted = list(anew)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        known = set(
            connection.execute(sa.select(names.c.name).where(names.c.name.in_(part))).scalars()
        )
        rows = [{"name": name, "paper_id": anew[name]} for name in part if name not in known]
        if rows:
            connection.execute(sa.insert(names), rows)


def _spelt(name: str) -> str:
    name = name.replace("url:https://www.", "url:https://", 1)
    address, _, query = name.partition("?")
    kept = [part for part in query.split("&") if part and not _NOISE.match(part)]
    return f"{address}?{'&'.join(kept)}" if kept else address
