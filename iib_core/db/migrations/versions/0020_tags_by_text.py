"""Automatic tags by text. Those that are there stay rows of each image until a background thread has
moved them (``text_tags.merge_some``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_TAGGED_IMAGE = """\
CREATE VIEW tagged_image AS
    SELECT tag_id, image_id FROM image_tag
    UNION ALL
    SELECT t.tag_id, b.image_id FROM text_tag t
        CROSS JOIN image_text b ON b.text_id = t.text_id AND b.quarter = t.quarter"""


def upgrade() -> None:
    op.add_column("image_text", sa.Column("quarter", sa.Integer))
    op.drop_index("image_text_text", "image_text")
    op.create_index("image_text_text", "image_text", ["text_id", "quarter"])
    op.create_index(
        "image_text_by_image",
        "image_text",
        ["image_id"],
        sqlite_where=sa.text("quarter IS NULL"),
    )
    op.create_table(
        "text_tag",
        sa.Column("tag_id", sa.Integer, primary_key=True),
        sa.Column("quarter", sa.Integer, primary_key=True),
        sa.Column("text_id", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.get_bind().exec_driver_sql(_TAGGED_IMAGE)
