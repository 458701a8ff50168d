"""Scores and tags that models give to pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "score",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "machine_tag",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
    )
    op.create_table(
        "image_machine_tag",
        sa.Column("tag_id", sa.Integer, primary_key=True),
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("confidence", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("image_machine_tag_image", "image_machine_tag", ["image_id"])
