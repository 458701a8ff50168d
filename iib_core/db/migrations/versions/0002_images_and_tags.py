"""Images, their text and its index, tags."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OTHER = sa.text("media <> 'image'")
SEEDED = sa.text("seed IS NOT NULL")
CUSTOM = sa.text("custom = 1")


def upgrade() -> None:
    create_images()
    create_tags()
    # The index takes text that is folded already; detail and columnsize would double its size and
    # say nothing that a recheck does not.
    op.execute(
        "CREATE VIRTUAL TABLE image_fts USING fts5(text, content='', columnsize=0, detail=none, "
        "tokenize='trigram case_sensitive 1')"
    )
    op.execute("CREATE VIRTUAL TABLE image_fts_terms USING fts5vocab('image_fts', 'instance')")
    op.execute("INSERT INTO image_fts(image_fts, rank) VALUES ('hashsize', 33554432)")


def create_images() -> None:
    op.create_table(
        "folder",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "image",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("folder_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("shown", sa.SmallInteger, nullable=False),
        sa.Column("media", sa.String, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("birth_ns", sa.BigInteger, nullable=False),
        sa.Column("width_px", sa.Integer),
        sa.Column("height_px", sa.Integer),
        sa.Column("duration_s", sa.Float),
        sa.Column("fingerprint", sa.LargeBinary),
        sa.Column("source", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("model_hash", sa.Text),
        sa.Column("vae", sa.Text),
        sa.Column("sampler", sa.Text),
        sa.Column("scheduler", sa.Text),
        sa.Column("steps", sa.Integer),
        sa.Column("cfg_scale", sa.Float),
        sa.Column("seed", sa.BigInteger),
        sa.Column("reader", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("indexed_ns", sa.BigInteger, nullable=False),
        sa.Column("missing_ns", sa.BigInteger),
        sa.UniqueConstraint("folder_id", "name", name="image_path"),
    )
    op.create_index("image_date", "image", ["shown", "mtime_ns", "id", "folder_id"])
    op.create_index("image_folder_date", "image", ["folder_id", "shown", "mtime_ns", "id"])
    op.create_index(
        "image_media_date",
        "image",
        ["media", "shown", "mtime_ns", "id"],
        sqlite_where=OTHER,
        postgresql_where=OTHER,
    )
    op.create_index("image_seed", "image", ["seed"], sqlite_where=SEEDED, postgresql_where=SEEDED)
    op.create_table(
        "image_text",
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("prompt_at", sa.Integer, nullable=False),
        sa.Column("prompt_chars", sa.Integer, nullable=False),
        sa.Column("negative_at", sa.Integer, nullable=False),
        sa.Column("negative_chars", sa.Integer, nullable=False),
        sa.Column("auto_tags", sa.Text, nullable=False),
    )


def create_tags() -> None:
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("color", sa.String, nullable=False, server_default=""),
        sa.Column("count", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("category", "key", name="tag_name"),
    )
    op.create_table(
        "image_tag",
        sa.Column("tag_id", sa.Integer, primary_key=True),
        sa.Column("mtime_ns", sa.BigInteger, primary_key=True),
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("custom", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "image_tag_custom", "image_tag", ["image_id"], sqlite_where=CUSTOM, postgresql_where=CUSTOM
    )
