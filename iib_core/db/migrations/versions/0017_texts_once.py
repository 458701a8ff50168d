"""Each distinct text once. The texts that are there become the first of these, one an image; a
background thread merges those that are equal (``texts.merge_some``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_IMAGE_BODY = """\
CREATE VIEW image_body AS SELECT
    b.image_id AS image_id,
    s.text AS shared,
    b.own AS own,
    CASE WHEN b.own = '' THEN s.text ELSE replace(s.text, char(26), b.own) END AS text,
    substr(s.text, s.prompt_at + 1, s.prompt_chars) AS prompt,
    substr(s.text, s.negative_at + 1, s.negative_chars) AS negative,
    s.prompt_at + s.prompt_marks * (length(b.own) - 1) AS prompt_at,
    s.prompt_chars AS prompt_chars,
    s.negative_at + s.negative_marks * (length(b.own) - 1) AS negative_at,
    s.negative_chars AS negative_chars,
    CASE WHEN b.own_tag IS NULL THEN s.auto_tags
        ELSE replace(s.auto_tags, char(26), b.own_tag) END AS auto_tags,
    s.names AS names
FROM image_text b CROSS JOIN searched_text s ON s.id = b.text_id"""


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE image_text RENAME TO searched_text")
    connection.exec_driver_sql("ALTER TABLE searched_text RENAME COLUMN image_id TO id")
    for name in ("prompt_marks", "negative_marks"):
        column = sa.Column(name, sa.Integer, nullable=False, server_default="0")
        op.add_column("searched_text", column)
    op.add_column("searched_text", sa.Column("digest", sa.BigInteger))
    op.create_index("searched_text_digest", "searched_text", ["digest"], unique=True)
    op.create_table(
        "image_text",
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("text_id", sa.Integer, nullable=False),
        sa.Column("own", sa.Text, nullable=False),
        sa.Column("own_tag", sa.Integer),
    )
    op.create_table("unmerged_text", sa.Column("id", sa.Integer, primary_key=True))
    connection.exec_driver_sql("INSERT INTO unmerged_text SELECT id FROM image ORDER BY id")
    connection.exec_driver_sql(
        "INSERT INTO image_text(image_id, text_id, own) SELECT id, id, '' FROM image ORDER BY id"
    )
    op.create_index("image_text_text", "image_text", ["text_id"])
    connection.exec_driver_sql(_IMAGE_BODY)
