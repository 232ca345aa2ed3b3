"""Alembic's entry: runs the revisions on the connection that `hub.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from hub.store.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
