"""What a new database holds: the tables as they are today, without the steps of ``migrations``.

So the first start imports no Alembic, which takes half a second and 13 MB.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert

from iib_core.db import folder_quarters, image_blocks
from iib_core.db.tables import IMAGE_BODY, TAGGED_IMAGE, metadata, tag
from iib_core.errors import DatabaseError

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

# Begins the version of a database that ``store_migration`` has not filled yet.
HALF = "half-"


def create(connection: Connection, schema: str) -> None:
    """Create everything in an empty database, within its open transaction; ``schema``: the number of
    the newest migration.
    """
    metadata.create_all(connection)
    triggers = (*folder_quarters.TRIGGERS, *image_blocks.TRIGGERS)
    for statement in (IMAGE_BODY, TAGGED_IMAGE, *triggers, *_TEXT_INDEX):
        connection.exec_driver_sql(statement)
    begin(connection, schema)


def begin(connection: Connection, schema: str) -> None:
    """Write the first rows, on either engine."""
    connection.exec_driver_sql(_VERSION)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (schema,))
    like = {"id": 1, "type": "custom", "category": "custom", "name": "like", "key": "like"}
    connection.execute(insert(tag).values(like))


def read_version(connection: Connection) -> str:
    """The number of the newest migration, as the database says it."""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def write_version(connection: Connection, version: str) -> None:
    """Set what ``read_version`` returns."""
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (version,))


def require_whole(version: str, name: str) -> None:
    """Raise DatabaseError for the version of a database that holds half of a library."""
    if version.startswith(HALF):
        raise DatabaseError(
            f"{name} holds half of a library: run 'iib migrate-store' again as it was run before, or "
            "empty it."
        )
