"""A job is cancelled through any process or server."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column(
        "job", sa.Column("is_cancelled", sa.SmallInteger, nullable=False, server_default="0")
    )
