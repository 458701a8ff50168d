"""Operations and changes of marks have the name of the user who made them, and the machine."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    for table in ("operation", "mark_change"):
        for column in ("user_name", "machine"):
            op.add_column(table, sa.Column(column, sa.Text, nullable=False, server_default=""))
