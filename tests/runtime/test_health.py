"""tests: a role counts as well while its loop beats and it reaches the database, and else says in a sentence why not."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import worker
from runtime import health
from runtime.settings import Settings


async def well() -> str | None:
    return None


async def test_a_beating_role_is_well(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    task = asyncio.create_task(health.beat(tmp_path, "follower", well, every=0.01))
    await eventually(lambda: health.ails(tmp_path, "follower", time.time()) is None)
    assert "has not started" in str(health.ails(tmp_path, "projections", time.time()))
    task.cancel()


def test_a_role_that_stopped_beating_is_not(tmp_path: Path) -> None:
    file = health.beat_file(tmp_path, "follower")
    file.parent.mkdir()
    file.touch()
    os.utime(file, (1_000, 1_000))
    assert health.ails(tmp_path, "follower", 1_000 + health.STALE - 1) is None
    assert (
        health.ails(tmp_path, "follower", 1_000 + health.STALE)
        == "follower gave its last sign of life 30 s ago"
    )


def test_the_answer_is_the_exit_code_and_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SALESLOOP_DATA", str(tmp_path))
    assert health.main("follower") == 1
    assert "follower has not started" in capsys.readouterr().err
    file = health.beat_file(tmp_path, "follower")
    file.parent.mkdir()
    file.touch()
    assert health.main("follower") == 0
    file.write_text("the database does not answer")
    assert health.main("follower") == 1
    assert capsys.readouterr().err == "follower: the database does not answer\n"


@pytest.fixture
def stranger(database_url: str) -> str:
    """A login that may not put on the application's role."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN CREATE ROLE stranger LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    return make_conninfo(database_url, user="stranger", password="x")


@pytest.mark.parametrize("role", sorted(worker.ROLES))
async def test_a_role_that_never_reaches_the_database_is_ill_and_says_what_to_grant(
    stranger: str,
    role: str,
    tmp_path: Path,
    eventually: Callable[..., Any],
    temporal: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    playing = asyncio.create_task(worker.play(Settings(stranger, stranger, data_dir=tmp_path), [role]))
    file = health.beat_file(tmp_path, role)
    told = await eventually(lambda: file.exists() and health.ails(tmp_path, role, time.time()))
    assert told == (
        f"{role}: the login of DATABASE_URL may not put on the role salesloop_app: GRANT salesloop_app TO that login"
    )
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


def test_the_api_ends_with_the_reason_and_no_traceback(stranger: str, tmp_path: Path) -> None:
    env = {**os.environ, "DATABASE_URL": stranger, "SALESLOOP_DATA": str(tmp_path), "SALESLOOP_API_PORT": "0"}
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "api"], env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "the login of DATABASE_URL may not put on the role salesloop_app: GRANT salesloop_app TO that login\n"
    )


async def test_a_database_without_our_tables_is_told_to_be_migrated(postgres: Any) -> None:
    told = await health.unreachable(postgres.admin)
    assert told == "the database is not migrated yet: run `salesloop migrate`"


async def test_a_database_that_can_be_worked_with_has_nothing_to_say(database_url: str) -> None:
    assert await health.unreachable(database_url) is None
