"""On PostgreSQL the text index has texts in a form whose trigrams go across spaces and signs, words
apart from the rest, and finds those of some images without reading others'. A million images take
some minutes.
"""

from alembic import op

from iib_core.db import documents
from iib_core.db.sqlite import is_sqlite

revision = "0031"
down_revision = "0030"

_BATCH = 5000


def upgrade() -> None:
    connection = op.get_bind()
    if is_sqlite(connection):
        return
    from iib_core.db import postgresql

    create_table, create_index = postgresql.TEXT_INDEX
    connection.exec_driver_sql("DROP TABLE image_fts")
    connection.exec_driver_sql(create_table)
    ids = connection.exec_driver_sql("SELECT id FROM image ORDER BY id").scalars().all()
    for start in range(0, len(ids), _BATCH):
        documents.add_stored(connection, ids[start : start + _BATCH])
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    connection.exec_driver_sql(create_index)
