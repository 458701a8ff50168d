"""Every file has the key of its name, and an index the order of these keys: a page of a large
library by name took seconds.
"""

import sqlalchemy as sa
from alembic import op

from iib_core.db import natural

revision = "0023"
down_revision = "0022"

_FETCHED = 10_000


def upgrade() -> None:
    connection = op.get_bind()
    names = sa.text(
        "SELECT id, name FROM image WHERE name_key IS NULL AND id > :after ORDER BY id LIMIT :number"
    )
    after = 0
    while rows := connection.execute(names, {"after": after, "number": _FETCHED}).all():
        connection.execute(
            sa.text("UPDATE image SET name_key = :key WHERE id = :id"),
            [{"id": image_id, "key": natural.key(name)} for image_id, name in rows],
        )
        after = rows[-1].id
    op.create_index("image_name", "image", ["shown", "name_key"])
