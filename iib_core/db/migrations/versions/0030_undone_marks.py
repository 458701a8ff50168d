"""The history shows changes of marks that were undone."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column(
        "mark_change", sa.Column("is_undone", sa.SmallInteger, nullable=False, server_default="0")
    )
