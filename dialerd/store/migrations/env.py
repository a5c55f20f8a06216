"""Run by Alembic on the connection that :mod:`dialerd.store.migrate` hands over."""

from alembic import context

from dialerd.store import dnc_schema, import_job_schema  # noqa: F401  (their tables join the metadata)
from dialerd.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
