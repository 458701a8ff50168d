"""Which files autotag rules gave a tag to, so that it can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "given_tag",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("tag_id", sa.Integer, nullable=False),
        sa.Column("image_ids", sa.JSON, nullable=False),
    )
