"""runtime: the versions of the database's schema, run by Alembic as raw SQL. To change the schema add the next file in `versions/`.

What is no table is no version: functions are made anew each time (`functions.sql`), read models are rebuilt where their shape changed.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
VERSIONS = HERE / "versions"
NEWEST = max(path.stem[:4] for path in VERSIONS.glob("[0-9]*.sql"))
"""The version that this release works with."""


def run(name: str) -> None:
    """The statements of a file in `versions/`, on the connection of the migration that is on its way."""
    from alembic import op

    execute(op.get_bind().connection.driver_connection, VERSIONS / name)


def execute(connection: object, file: Path) -> None:
    """All statements of a file at once, as they stand: nothing in them is a parameter."""
    import psycopg

    assert isinstance(connection, psycopg.Connection)
    connection.execute(file.read_bytes())
