"""The parameters of files, by name, number and text, and the natural order of names and folders."""

import sqlalchemy as sa
from alembic import op

from iib_core.db import natural

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("image", sa.Column("name_key", sa.Text))
    op.add_column("folder", sa.Column("sort_key", sa.Text))
    connection = op.get_bind()
    folders = connection.exec_driver_sql("SELECT id, path FROM folder").all()
    keys = [(natural.key(path), folder_id) for folder_id, path in folders]
    if keys:
        connection.exec_driver_sql("UPDATE folder SET sort_key = ? WHERE id = ?", keys)
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
