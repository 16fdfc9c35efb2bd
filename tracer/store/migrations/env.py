"""Alembic's entry: run migrations on the connection that `tracer.store.session` opened."""

from alembic import context

from tracer.store.tables import mirror_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=mirror_metadata(),
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
