"""How Alembic runs our migrations: on the connection that `hub.migration` holds the lock with."""

from __future__ import annotations

from alembic import context

from leadline.hub.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
    render_as_batch=True,  # SQLite changes a column only by copying its table
)
context.run_migrations()
