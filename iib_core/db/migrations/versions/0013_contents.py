"""Which files a model has seen, in which state."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "vision_model",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "content",
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.Integer, primary_key=True),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("has_vector", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )
