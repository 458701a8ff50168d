"""Keys of stacks, and their chosen covers. Files that are in the index get their keys when they are
read again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("image", sa.Column("prompt_key", sa.BigInteger))
    op.add_column("image", sa.Column("run_key", sa.BigInteger))
    op.create_index(
        "image_prompt_key",
        "image",
        ["prompt_key"],
        sqlite_where=sa.text("prompt_key IS NOT NULL"),
    )
    op.create_index(
        "image_run_key",
        "image",
        ["run_key", "mtime_ns", "seed"],
        sqlite_where=sa.text("run_key IS NOT NULL"),
    )
    op.create_table(
        "stack_cover",
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("chosen_ns", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
