"""The journal of file operations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "operation",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("strict", sa.SmallInteger, nullable=False),
        sa.Column("undoable", sa.SmallInteger, nullable=False),
        sa.Column("undoes", sa.String),
        sa.Column("trashed_bytes", sa.BigInteger),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("left_steps", sa.JSON, nullable=False),
    )
    op.create_index("operation_created", "operation", ["created_ns"])
    op.create_index("operation_state", "operation", ["state"])
    op.create_table(
        "operation_step",
        sa.Column("operation_id", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.LargeBinary, nullable=False),
        sa.Column("target", sa.LargeBinary, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("inode", sa.BigInteger, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
