"""An index has the order by model: a page of a large library by model took most of a second."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_index("image_model", "image", ["shown", sa.text("lower(model)")])
