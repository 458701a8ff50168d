"""What files show and hold, as short numbers; files that are no duplicates of each other, and
duplicates that were resolved.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "look",
        sa.Column("image_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("version", sa.SmallInteger, nullable=False),
        sa.Column("signature", sa.LargeBinary),
    )
    op.create_table(
        "content_hash",
        sa.Column("image_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "not_duplicate",
        sa.Column("group_id", sa.Integer, primary_key=True),
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resolved",
        sa.Column("operation_id", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("victim", sa.LargeBinary, nullable=False),
        sa.Column("keeper", sa.LargeBinary, nullable=False),
        sa.Column("exact", sa.SmallInteger, nullable=False),
        sa.Column("given", sa.JSON),
        sqlite_with_rowid=False,
    )
