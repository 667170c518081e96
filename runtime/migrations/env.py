"""runtime: what Alembic runs between itself and the versions: on the one connection, in the one transaction, that it is handed."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema="app",
)
context.run_migrations()
