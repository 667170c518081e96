"""Runtime room: the database's shape, brought to this release's version under an advisory lock.

The ledger is append-only in the database itself: the application's role may only read it and
call `ledger.append`, and triggers refuse UPDATE, DELETE and TRUNCATE to everyone. API keys are the owner's, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
from psycopg import sql

from runtime import migrations

MIGRATION_LOCK = 7_205_001
ROLES_LOCK = 7_205_002
"""Roles belong to the whole server, not to one database."""
APP_ROLE = "salesloop_app"
VERSION = "SELECT version_num FROM app.schema_version"
HAS_VERSION = "SELECT to_regclass('app.schema_version') IS NOT NULL"


class NewerSchema(RuntimeError):
    """The database was migrated by a newer release; the message says to which version."""


def migrate(admin_url: str, read_models: Sequence[str] = ()) -> None:
    """Create or bring up to date everything salesloop needs in the database at `admin_url`.

    Safe to run again, and from several processes at once. `read_models` is their DDL, run as the application's role. Raises
    NewerSchema, or psycopg.Error, with nothing changed.
    """
    with psycopg.connect(admin_url) as connection:
        current = _version(connection) == migrations.NEWEST
    if current:
        with psycopg.connect(admin_url) as connection:
            _bring_up(connection, read_models)
    else:
        _upgrade(admin_url, read_models)


def newer(version: str) -> NewerSchema:
    return NewerSchema(
        f"the database is at version {version} of its schema and this release knows {migrations.NEWEST}: run a newer release"
    )


def _version(connection: psycopg.Connection) -> str | None:
    """None: made by a release that kept none, or not at all."""
    if connection.execute(HAS_VERSION).fetchone() != (True,):
        return None
    row = connection.execute(VERSION).fetchone()
    found = str(row[0]) if row else None
    if found is not None and found > migrations.NEWEST:
        raise newer(found)
    return found


def _upgrade(admin_url: str, read_models: Sequence[str]) -> None:
    """The same with Alembic in the middle, in one transaction. Most migrations find nothing to do, and need not load it."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import NullPool, create_engine

    def versions() -> None:
        command.upgrade(config, "head")

    config = Config(attributes={})
    config.set_main_option("script_location", str(migrations.HERE))
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(admin_url), poolclass=NullPool
    )
    with engine.begin() as handed:
        config.attributes["connection"] = handed
        connection = handed.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        _bring_up(connection, read_models, versions)


def _bring_up(
    connection: psycopg.Connection, read_models: Sequence[str], versions: Callable[[], None] = lambda: None
) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
    migrations.execute(connection, migrations.HERE / "schemas.sql")
    versions()
    migrations.execute(connection, migrations.HERE / "accounts.sql")
    migrations.execute(connection, migrations.HERE / "functions.sql")
    connection.execute(sql.SQL("GRANT SELECT ON app.schema_version TO {}").format(sql.Identifier(APP_ROLE)))
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(APP_ROLE)))
    for statement in read_models:
        connection.execute(statement.encode())
