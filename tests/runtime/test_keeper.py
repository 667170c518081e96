"""A program that ends at once is started again after longer and longer pauses, and one that lived for long after the first."""

from __future__ import annotations

import logging
import threading

import pytest

from runtime import keeper
from runtime.keeper import Keeper
from tests.conftest import PATIENCE

STARTS = 4


class Ending:
    """Ends as soon as somebody waits for its end."""

    pid = None

    def start(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@pytest.mark.parametrize(("settled", "growth"), [(0.0, 1), (PATIENCE, 2)], ids=["long", "short"])
def test_who_lived_for_long_is_started_after_the_first_pause(
    settled: float, growth: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(keeper, "SETTLED", settled)
    caplog.set_level(logging.WARNING, keeper.__name__)
    started = threading.Semaphore(0)
    kept = Keeper("ending", Ending(), started.release)
    kept.start()
    for _ in range(STARTS):
        assert started.acquire(timeout=PATIENCE)
    kept.stop()
    pauses = [record.args[1] for record in caplog.records if isinstance(record.args, tuple)][:STARTS]
    assert pauses == [0.001 * growth**n for n in range(STARTS)]
