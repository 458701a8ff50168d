"""What a new database holds: the tables as they are today, without the steps of ``migrations``.

So the first start imports no Alembic, which takes half a second and 13 MB.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert

from iib_core.db.folder_quarters import TRIGGERS
from iib_core.db.tables import IMAGE_BODY, TAGGED_IMAGE, metadata, tag

_TEXT_INDEX = (
    "CREATE VIRTUAL TABLE image_fts USING fts5(text, content='', columnsize=0, detail=none, "
    "tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE image_fts_terms USING fts5vocab('image_fts', 'instance')",
    "INSERT INTO image_fts(image_fts, rank) VALUES ('hashsize', 33554432)",
)
_VERSION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def create(connection: Connection, schema: str) -> None:
    """Create everything in an empty database, within its open transaction; ``schema``: the number of
    the newest migration.
    """
    metadata.create_all(connection)
    for statement in (IMAGE_BODY, TAGGED_IMAGE, *TRIGGERS, *_TEXT_INDEX):
        connection.exec_driver_sql(statement)
    begin(connection, schema)


def begin(connection: Connection, schema: str) -> None:
    """Write the first rows, on either engine."""
    connection.exec_driver_sql(_VERSION)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (schema,))
    like = {"id": 1, "type": "custom", "category": "custom", "name": "like", "key": "like"}
    connection.execute(insert(tag).values(like))
