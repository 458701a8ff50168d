"""Sessions that were ended before their time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "ended_session",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("expires_s", sa.BigInteger, nullable=False),
    )
