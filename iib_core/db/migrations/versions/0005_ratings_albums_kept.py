"""Ratings, albums, what is kept of files that are not indexed, and the tag that everybody starts
with.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

RATED = sa.text("rating IS NOT NULL")
PRINTED = sa.text("fingerprint IS NOT NULL")


def upgrade() -> None:
    op.add_column("extra_path", sa.Column("removed_ns", sa.BigInteger))
    op.add_column("image", sa.Column("rating", sa.SmallInteger))
    op.create_index(
        "image_rating",
        "image",
        ["rating", "shown", "mtime_ns", "id"],
        sqlite_where=RATED,
        postgresql_where=RATED,
    )
    op.create_table(
        "album",
        sa.Column("tag_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "album_order",
        sa.Column("tag_id", sa.Integer, primary_key=True),
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("album_order_position", "album_order", ["tag_id", "position"])
    op.create_table(
        "kept",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("albums", sa.JSON, nullable=False),
        sa.Column("rating", sa.SmallInteger),
        sa.Column("kept_ns", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "kept_fingerprint", "kept", ["fingerprint"], sqlite_where=PRINTED, postgresql_where=PRINTED
    )
    create_like()


def create_like() -> None:
    """A library of before may have a tag of that name."""
    op.execute(
        "INSERT INTO tag(id, type, category, name, key) SELECT coalesce((SELECT max(id) FROM tag), 0) + "
        "1, 'custom', 'custom', 'like', 'like' "
        "WHERE NOT EXISTS (SELECT 1 FROM tag WHERE category = 'custom' AND key = 'like')"
    )
