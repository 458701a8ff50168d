"""What changes of marks changed, so that they can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "mark_change",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("change_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("tag_id", sa.Integer),
        sa.Column("tag_type", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("color", sa.String, nullable=False),
        sa.Column("rating", sa.SmallInteger),
        sa.Column("kept", sa.JSON, nullable=False),
    )
    op.create_table(
        "changed_mark",
        sa.Column("part_id", sa.Integer, primary_key=True),
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("before", sa.Integer),
        sqlite_with_rowid=False,
    )
    op.create_index("changed_mark_image", "changed_mark", ["image_id"])
