"""Changes of marks have the time at which they were made; 0 for those from before."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column(
        "mark_change",
        sa.Column("created_ns", sa.BigInteger, nullable=False, server_default="0"),
    )
