"""`salesloop parquet`: every event of the ledger once, a folder a month, and the next run adds what came since."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import psycopg
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from runtime.parquet import NotWritten, write
from tests.cli.conftest import Terminal, environment

EVENTS = "SELECT position, stream_id::text, topic, occurred_at, meta->'actor'->>'id', data::text FROM ledger.events ORDER BY position"
COLUMNS = ["position", "stream_id", "topic", "occurred_at", "actor_id", "data"]


def rows_of(folder: Path) -> list[tuple[object, ...]]:
    table = ds.dataset(folder, partitioning="hive", exclude_invalid_files=True).to_table(columns=COLUMNS)
    return sorted(tuple(row[name] for name in COLUMNS) for row in table.to_pylist())


def recorded(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(EVENTS).fetchall()


def test_every_event_is_there_once_and_the_next_run_adds_what_came_since(
    terminal: Terminal, tmp_path: Path
) -> None:
    url, folder = terminal.env["DATABASE_URL"], tmp_path / "ledger"
    first = terminal.run("parquet", str(folder))
    assert first.returncode == 0, first.stderr
    before = recorded(url)
    assert rows_of(folder) == before
    assert terminal.run("team", "form", "Parquet Team").returncode == 0
    files = {*folder.rglob("*.parquet")}
    again = terminal.run("parquet", str(folder), "--lang", "zh")
    assert (again.returncode, "1 个事件" in again.stdout) == (0, True)
    assert rows_of(folder) == recorded(url) != before
    assert len({*folder.rglob("*.parquet")} - files) == 1
    assert "all of the ledger" in terminal.run("parquet", str(folder)).stdout


def test_a_run_that_was_interrupted_is_done_again(terminal: Terminal, tmp_path: Path) -> None:
    url, folder = terminal.env["DATABASE_URL"], tmp_path / "ledger"

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        write(url, folder, stop)
    assert not (folder / "position.json").exists()
    write(url, folder)
    # As if the machine had gone down after the files were there, and before it was noted how far they are.
    (folder / "position.json").unlink()
    write(url, folder)
    assert rows_of(folder) == recorded(url)
    assert not [*folder.rglob("*.part")]


def test_months_are_of_recording_and_times_are_times(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    write(terminal.env["DATABASE_URL"], folder)
    for file in folder.rglob("*.parquet"):
        table = pq.read_table(file, partitioning=None)
        months = {f"month={at:%Y-%m}" for at in table["recorded_at"].to_pylist()}
        assert months == {file.parent.name}
        assert str(table.schema.field("occurred_at").type) == "timestamp[us, tz=UTC]"
        json.loads(table["data"][0].as_py())


def test_a_folder_of_somebody_elses_is_left_alone(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    refused = terminal.run("parquet", str(tmp_path))
    assert (refused.returncode, [one.name for one in tmp_path.iterdir()]) == (1, ["letters.txt"])
    assert str(tmp_path) in refused.stderr
    ahead = tmp_path / "ahead"
    ahead.mkdir()
    (ahead / "position.json").write_text('{"position": 999999999}')
    with pytest.raises(NotWritten, match="another ledger"):
        write(terminal.env["DATABASE_URL"], ahead)


def test_it_is_the_operators(tmp_path: Path) -> None:
    afar = Terminal(environment(SALESLOOP_URL="http://127.0.0.1:9", SALESLOOP_KEY="sl_x_y"))
    assert afar.run("parquet", str(tmp_path / "ledger")).returncode == 2


def test_duckdb_reads_it(terminal: Terminal, tmp_path: Path) -> None:
    duckdb = pytest.importorskip(
        "duckdb", reason="DuckDB is not installed: nothing but pyarrow reads the ledger here"
    )
    folder = tmp_path / "ledger"
    write(terminal.env["DATABASE_URL"], folder)
    found = duckdb.sql(
        f"SELECT count(*), max(position) FROM read_parquet('{folder}/*/*.parquet', hive_partitioning = true)"
    ).fetchone()
    assert found[0] == found[1] == len(recorded(terminal.env["DATABASE_URL"]))
