"""tests: a role counts as well while its loop beats, and no longer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runtime import health


async def test_a_beating_role_is_well(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    task = asyncio.create_task(health.beat(tmp_path, "follower", every=0.01))
    await eventually(lambda: health.fresh(tmp_path, "follower", time.time()))
    assert not health.fresh(tmp_path, "projections", time.time())
    task.cancel()


def test_a_role_that_stopped_beating_is_not(tmp_path: Path) -> None:
    file = health.beat_file(tmp_path, "follower")
    file.parent.mkdir()
    file.touch()
    os.utime(file, (1_000, 1_000))
    assert health.fresh(tmp_path, "follower", 1_000 + health.STALE - 1)
    assert not health.fresh(tmp_path, "follower", 1_000 + health.STALE)


def test_the_answer_is_the_exit_code(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SALESLOOP_DATA", str(tmp_path))
    assert health.main("follower") == 1
    health.beat_file(tmp_path, "follower").parent.mkdir()
    health.beat_file(tmp_path, "follower").touch()
    assert health.main("follower") == 0
