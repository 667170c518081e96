"""`--export`: any list as a file, here and from afar; there when it is whole, and not before."""

from __future__ import annotations

import asyncio
import csv
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from openpyxl import load_workbook
from typer.main import get_command

from api.engine.roles import Role
from api.engine.users import NewKey
from cli.main import app
from tests.cli.conftest import Terminal, environment
from tests.house import make_key, serving, settings_for

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT * FROM (%' AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def afar(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    url = terminal.env["DATABASE_URL"]
    key = NewKey("ops", Role.ADMIN)
    with serving(settings_for(url, tmp_path_factory.mktemp("served"))) as base:
        token = asyncio.run(make_key(url, key))
        yield Terminal(environment(SALESLOOP_URL=base, SALESLOOP_KEY=token, SALESLOOP_DATA="/nowhere"))


def rows(file: Path, separator: str = ",") -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened, delimiter=separator))


def there_are(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def exported(terminal: Terminal, file: Path, *arguments: str) -> str:
    done = terminal.run(*arguments, "--export", str(file))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        "deals list --status open --sort -amount",
        "customer list",
        "rep list",
        "agenda",
        "case list",
        "target list",
    ],
)
def test_a_list_becomes_the_same_file_here_and_from_afar(
    terminal: Terminal, afar: Terminal, tmp_path: Path, command: str
) -> None:
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    exported(terminal, here, *command.split())
    exported(afar, there, *command.split())
    assert here.read_bytes() == there.read_bytes()
    assert there_are(tmp_path) == ["here.csv", "there.csv"]


def test_a_file_has_all_of_the_list_and_not_a_page_of_it(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    said = exported(terminal, file, "deals", "list", "--limit", "1", "--status", "won")
    found = terminal.json("deals", "list", "--status", "won", "--limit", "200")
    assert [row["deal_id"] for row in rows(file)] == [one["deal_id"] for one in found["items"]]
    assert f"{len(found['items'])} rows in {file}" in said
    assert "note: the file has all that is found" in said
    assert "note:" not in exported(terminal, file, "deals", "list", "--status", "won")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_workbook_is_told_by_its_name_and_has_chinese_heads_in_chinese(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "deals.xlsx"
    said = exported(terminal, file, "deals", "list", "--tz", "Asia/Shanghai", "--lang", "zh")
    sheet = load_workbook(file).worksheets[0]
    head, *found = sheet.iter_rows(values_only=True)
    assert (head[0], "金额" in head, sheet.freeze_panes) == ("商机编号", True, "A2")
    assert f"{len(found)} 行" in said
    assert there_are(tmp_path) == ["deals.xlsx"]


def test_times_are_of_this_machines_zone_unless_another_is_named(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    exported(Terminal({**terminal.env, "TZ": "Asia/Shanghai"}), file, "deals", "list")
    assert rows(file)[0]["opened_at"].endswith("+08:00")


def test_separators_and_the_mark_are_as_they_are_asked_for(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    exported(terminal, file, "deals", "list", "--locale", "de-DE", "--bom")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfdeal_id;version;")
    assert any("," in row["probability"] for row in rows(file, ";"))


@pytest.mark.parametrize("name", ["deals.pdf", "deals", "nowhere/deals.csv"])
def test_what_cannot_be_written_is_refused_before_anything_is_asked(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    done = terminal.run("deals", "list", "--export", str(tmp_path / name))
    assert (done.returncode, there_are(tmp_path)) == (2, [])
    assert name.rpartition("/")[0] in done.stderr


def test_a_refusal_leaves_the_file_that_was_there_as_it_was(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("mine")
    done = terminal.run("deals", "list", "--export", str(file), "--locale", "xx")
    assert (done.returncode, file.read_text(), there_are(tmp_path)) == (1, "mine", ["deals.csv"])
    assert "--locale" in done.stderr


def test_who_interrupts_it_finds_no_half_file(terminal: Terminal, tmp_path: Path) -> None:
    file, url = tmp_path / "deals.csv", terminal.env["DATABASE_URL"]
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute("LOCK read.deal_board IN ACCESS EXCLUSIVE MODE")
        program = [sys.executable, "-m", "cli.main", "deals", "list", "--export", str(file)]
        with subprocess.Popen(program, env=dict(terminal.env), stderr=subprocess.PIPE, text=True) as running:
            while watcher.execute(WAITING).fetchone() != (1,):
                assert running.poll() is None, running.communicate()
            running.send_signal(signal.SIGINT)
            _, said = running.communicate()
        holder.rollback()
    assert (running.returncode, there_are(tmp_path)) == (130, [])
    assert "Traceback" not in said


def every_command(command: Any, name: str = "salesloop") -> Iterator[tuple[str, Any]]:
    for inner, found in getattr(command, "commands", {}).items():
        yield from every_command(found, f"{name} {inner}")
    if not hasattr(command, "commands"):
        yield name, command


def test_every_command_that_has_pages_has_a_file() -> None:
    paged = {
        name: command
        for name, command in every_command(get_command(app))
        if any(p.name == "cursor" for p in command.params)
    }
    assert len(paged) > 15
    assert all(any(p.name == "export" for p in command.params) for command in paged.values())


def test_every_list_command_can_be_a_file(terminal: Terminal, tmp_path: Path) -> None:
    """Of those that need nothing to be named."""
    for number, (name, command) in enumerate(every_command(get_command(app))):
        names = {one.name: one for one in command.params}
        if "export" not in names or any(one.required for one in command.params):
            continue
        file = tmp_path / f"{number}.csv"
        asked = name.split()[1:]
        if asked == ["figure", "events"]:
            asked += ["--period", "2026", "--metric", "deals-won"]
        exported(terminal, file, *asked)
        assert file.stat().st_size > 0, name


def test_an_event_log_is_the_same_here_and_from_afar(
    terminal: Terminal, afar: Terminal, tmp_path: Path
) -> None:
    for name in ("log.xes", "log.json", "log.sqlite"):
        for at, where in ((terminal, "here"), (afar, "there")):
            (tmp_path / where).mkdir(exist_ok=True)
            done = at.run("event-log", str(tmp_path / where / name), "--status", "won")
            assert done.returncode == 0, done.stderr
    for name in ("log.xes", "log.json"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
    won = terminal.json("deals", "list", "--status", "won", "--limit", "200")["items"]
    assert (tmp_path / "here" / "log.xes").read_bytes().count(b"<trace>") == len(won)
    refused = terminal.run("event-log", str(tmp_path / "log.csv"))
    assert (refused.returncode, "log.csv" in refused.stderr) == (2, True)
