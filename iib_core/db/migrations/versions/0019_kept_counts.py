"""Counts of files by folder, media type and quarter of an hour, which triggers keep up to date;
indexes of three more orders, and of tags by their counts.
"""

import sqlalchemy as sa
from alembic import op

from iib_core.db import folder_quarters

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "folder_quarter",
        sa.Column("folder_id", sa.Integer, primary_key=True),
        sa.Column("quarter", sa.Integer, primary_key=True),
        sa.Column("media", sa.String, primary_key=True),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("image_size", "image", ["shown", "size_bytes"])
    op.create_index("image_created", "image", ["shown", "birth_ns"])
    op.create_index("image_indexed", "image", ["shown", "indexed_ns"])
    op.create_index(
        "tag_count", "tag", ["category", "count"], sqlite_where=sa.text("category <> 'prompt'")
    )
    connection = op.get_bind()
    folder_quarters.fill(connection)
    for statement in folder_quarters.TRIGGERS:
        connection.exec_driver_sql(statement)
