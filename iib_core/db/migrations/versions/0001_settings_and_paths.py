"""Stored settings and extra paths."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("updated_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "extra_path",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("types", sa.JSON, nullable=False),
        sa.Column("alias", sa.Text, nullable=False, server_default=""),
        sa.Column("added_ns", sa.BigInteger, nullable=False),
    )
