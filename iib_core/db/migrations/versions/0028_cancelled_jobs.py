"""A job is cancelled through any process or server."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column(
        "job", sa.Column("is_cancelled", sa.SmallInteger, nullable=False, server_default="0")
    )
