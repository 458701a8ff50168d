"""Plans that sort files into folders."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "organise_plan",
        sa.Column("job_id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("move_job_id", sa.String, nullable=False),
        sa.Column("operation_id", sa.String, nullable=False),
        sa.Column("result", sa.JSON),
    )
