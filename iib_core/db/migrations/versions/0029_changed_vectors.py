"""Which vectors were written since an index of them was made."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("embedding", sa.Column("changes", sa.Integer, nullable=False, server_default="0"))
