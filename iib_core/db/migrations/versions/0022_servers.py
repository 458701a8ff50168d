"""Several servers over one database: their leases, and the folders that each of them indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "server",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("process", sa.BigInteger, nullable=False),
        sa.Column("heartbeat_time", sa.Float, nullable=False),
        sa.Column("lease_until_time", sa.Float, nullable=False),
    )
    op.create_table(
        "indexed_root",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("server_id", sa.String, nullable=False),
    )
