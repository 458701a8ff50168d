"""Names of models and LoRAs beside the text. NULL marks rows whose text index has one part only."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("image_text", sa.Column("names", sa.Text))
