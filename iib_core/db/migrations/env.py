"""Alembic's entry: runs the migrations on the connection that the caller opened."""

from alembic import context

from iib_core.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
