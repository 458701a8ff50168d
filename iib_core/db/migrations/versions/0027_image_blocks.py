"""Triggers count the changes of the images, by blocks of their ids."""

import sqlalchemy as sa
from alembic import op

from iib_core.db import image_blocks
from iib_core.db.sqlite import is_sqlite

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "image_block",
        sa.Column("block", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    connection = op.get_bind()
    triggers = image_blocks.TRIGGERS
    if not is_sqlite(connection):
        from iib_core.db import postgresql

        triggers = postgresql.BLOCK_TRIGGERS
    for statement in triggers:
        connection.execute(sa.text(statement))
