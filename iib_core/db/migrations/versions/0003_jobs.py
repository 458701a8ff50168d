"""Background jobs, and how a missing file is found again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("job_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("created_time", sa.Float, nullable=False),
        sa.Column("updated_time", sa.Float, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
    )
    missing = sa.text("missing_ns IS NOT NULL")
    op.create_index(
        "image_missing",
        "image",
        ["mtime_ns", "size_bytes"],
        sqlite_where=missing,
        postgresql_where=missing,
    )
