"""tests: each test has a migrated database of its own, worn with the application's role."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg

from runtime.database import connect_sync


def test_the_database_is_migrated_and_the_role_is_on(database_url: str) -> None:
    with connect_sync(database_url) as connection:
        assert connection.execute("SELECT current_user, count(*) FROM ledger.events").fetchone() == (
            "salesloop_app",
            0,
        )


def test_two_databases_share_nothing(new_database: Callable[[], AbstractContextManager[str]]) -> None:
    with new_database() as one, new_database() as two:
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE only_in_one (n int)")
        with psycopg.connect(two) as connection:
            assert connection.execute("SELECT to_regclass('only_in_one')").fetchone() == (None,)
