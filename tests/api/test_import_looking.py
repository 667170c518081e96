"""tests: what a look at files writes into the log of the process."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from api.imports import looking
from api.imports.jobs import DATA
from runtime.imports.vendors.report import Answers

SECRET = "a cell of Ms Zhao"


def test_a_look_that_breaks_off_tells_where_and_nothing_of_the_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    (tmp_path / DATA).mkdir()
    (tmp_path / looking.ASKED).write_bytes(msgspec.json.encode(Answers()))
    (tmp_path / looking.DECLARED).write_bytes(b"{}")
    monkeypatch.setattr(looking, "prepare", broken)
    assert looking.main(tmp_path) == 2
    assert "ValueError:broken:" in caplog.text
    assert SECRET not in caplog.text
