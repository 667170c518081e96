"""Runtime room: the database's shape, made once under an advisory lock.

The ledger is append-only in the database itself: the application's role may only read it and
call `ledger.append`, and triggers refuse UPDATE, DELETE and TRUNCATE to everyone. API keys are the owner's, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

MIGRATION_LOCK = 7_205_001
ROLES_LOCK = 7_205_002
"""Roles belong to the whole server, not to one database."""
APP_ROLE = "salesloop_app"
LEDGER_SQL, ACCESS_SQL = (
    (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("ledger.sql", "access.sql")
)


def migrate(admin_url: str, statements: Sequence[str] = ()) -> None:
    """Create or bring up to date everything salesloop needs in the database at `admin_url`.

    Idempotent and safe to run from several processes at once. `statements` is extra DDL (the
    read models'), run as the application's role. Raises psycopg.Error with nothing changed.
    """
    with psycopg.connect(admin_url) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        connection.execute(LEDGER_SQL)
        connection.execute(ACCESS_SQL)
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(APP_ROLE)))
        for statement in statements:
            connection.execute(statement)
