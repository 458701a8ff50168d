"""Documents of the text index for several images. Those that are there are for one each, until a
background thread has merged them (``documents.merge_some``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "shared_document",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("files", sa.SmallInteger, nullable=False),
    )
    op.create_table("unmerged_documents", sa.Column("up_to", sa.Integer, primary_key=True))
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO unmerged_documents SELECT id FROM image ORDER BY id DESC LIMIT 1"
        )
