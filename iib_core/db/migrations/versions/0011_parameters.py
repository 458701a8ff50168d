"""The parameters of files, by name, number and text."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "parameter_name",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "parameter_value",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Float),
        sa.Column("text", sa.Text),
        sa.Column("key", sa.Text, nullable=False),
        sa.UniqueConstraint("name_id", "key", name="parameter_value_key"),
    )
    op.create_table(
        "image_parameter",
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("name_id", sa.Integer, primary_key=True),
        sa.Column("value_id", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("image_parameter_value", "image_parameter", ["value_id", "image_id", "name_id"])
