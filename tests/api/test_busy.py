"""Nobody waits without end: a lock that somebody holds is a named refusal, nothing is recorded, and afterwards all goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

from runtime import database
from runtime.database import open_pool
from tests.house import House, opened

APPEND_LOCK = 7_205_003


@pytest.fixture
def hasty(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A house that waits a tenth of a second for a lock."""
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)
    with new_database() as url, opened(url, tmp_path) as made:
        yield made


def test_a_held_append_lock_is_told_and_nothing_is_recorded(hasty: House) -> None:
    body = {"name": "west"}
    key = {"Idempotency-Key": "once"}
    with psycopg.connect(hasty.settings.database_url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [APPEND_LOCK])
        answer = hasty.admin.post("/teams", json=body, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (503, "database-busy")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["retryable"] is True
        assert hasty.client("nobody").get("/healthz").status_code == 200
    again = hasty.admin.post("/teams", json=body, headers=key)
    assert again.status_code == 201
    assert again.json()["replayed"] is False


def test_a_read_model_of_an_earlier_release_is_told_to_be_rebuilt(hasty: House) -> None:
    with psycopg.connect(hasty.settings.database_url, autocommit=True) as operator:
        operator.execute("ALTER TABLE read.leads RENAME TO leads_of_before")
    answer = hasty.admin.get("/leads")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert "salesloop projections rebuild" in answer.json()["detail"]


async def test_a_statement_that_takes_too_long_is_cancelled_and_the_connection_goes_on(
    database_url: str,
) -> None:
    pool = await open_pool(database_url, min_size=1, max_size=1, statement_seconds=0.05)
    async with pool.connection() as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await connection.execute("SELECT pg_sleep(60)")
        assert (await (await connection.execute("SELECT 1")).fetchone()) == (1,)
    await pool.close()
