"""The mean colour of a picture."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("image", sa.Column("color", sa.Integer))
